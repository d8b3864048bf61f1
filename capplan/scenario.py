"""A scenario: everything that is assumed about money, time and rules. Frozen, strict, and a difference from another."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, Field, ValidationError

from . import reference, shipped
from .errors import ScenarioError
from .finance import nominal_by_year
from .scenario_carbon import Carbon, Measures
from .scenario_delivery import Delivery
from .scenario_energy import Energy
from .scenario_growth import Growth
from .scenario_parts import (
    Allocations,
    BlockWorks,
    Condition,
    Costs,
    ElementWorks,
    Loss,
    Part,
    Plan,
    Pooling,
    Profile,
    Refurbishment,
    ReservesRule,
    SchemeRules,
    Shocks,
    Solver,
    Stability,
    StandIn,
    Surveys,
    Targets,
)
from .scenario_pupils import Places, Pupils


@dataclass(frozen=True)
class OnCosts:
    """What is added to works: preliminaries as a share of works, the others as shares of works with preliminaries. [-]"""

    preliminaries_share: float
    fees_share: float
    allowance_share: float

    @property
    def factor(self):
        """Works with all of it, as a multiple of works. [-]"""
        return (1.0 + self.preliminaries_share) * (1.0 + self.fees_share + self.allowance_share)

    @property
    def fees_part(self):
        """Fees as a part of the whole cost. [-]"""
        return self.fees_share / (1.0 + self.fees_share + self.allowance_share)


class Scenario(Part):
    """Everything assumed. Read one with ``read_scenario``."""

    name: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+-]*$")
    """Short name, printed on every page."""
    description: str = Field(min_length=1, max_length=500)
    """One sentence saying what is different about this scenario."""
    applied_overlays: tuple[str, ...] = Field((), strict=False)
    """Overlays put on top of the file, by name; filled in when it is read."""
    plan: Plan
    condition: Condition
    costs: Costs
    profile: Profile
    loss: Loss
    patch: ElementWorks
    repair: ElementWorks
    renew: ElementWorks
    refurbish: Refurbishment
    rebuild: BlockWorks
    demolish: BlockWorks
    targets: Targets = Targets()
    surveys: Surveys
    shocks: Shocks
    allocations: Allocations
    reserves: ReservesRule
    pooling: Pooling
    stand_in: StandIn
    schemes: SchemeRules
    places: Places
    energy: Energy
    pupils: Pupils
    stability: Stability = Stability()
    measures: Measures
    carbon: Carbon
    delivery: Delivery
    growth: Growth | None = None
    solver: Solver

    @property
    def years(self):
        """Planning years, in order."""
        return list(range(self.plan.first_year, self.plan.first_year + self.plan.years))

    @property
    def on_cost_factor(self):
        """Works at the stage of the survey with all that is added to them, as a multiple of works. [-]"""
        return self.on_costs(self.costs.survey_stage).factor

    def on_costs(self, stage):
        """What is added to works whose cost is at a stage.

        Parameters
        ----------
        stage : str
            One of ``tables.STAGES``.

        Returns
        -------
        OnCosts

        Notes
        -----
        Either the contingency stands for the optimism bias, or the greater of the two is added: contingency is what is
        expected to be drawn, and lies inside the bias. Never both. *Counterexample:* a contingency kept for changes the
        school asks for, which no bias foresees.
        """
        costs, due = self.costs, reference.load("cost_stages").set_index("stage").loc[stage]
        allowance = costs.contingency_share
        if not costs.optimism_bias_in_contingency:
            allowance = max(allowance, reference.optimism_bias(stage))
        return OnCosts(float(costs.preliminaries_share * due.preliminaries_due_share),
                       float(costs.fees_share * due.fees_due_share), allowance)

    def nominal_factors(self, years=None):
        """What a pound of works at the price base costs in the money of each planning year, shape (years,); left out: those
        of the plan. [-]"""
        plan, costs = self.plan, self.costs
        yearly = nominal_by_year(costs.tender_inflation_by_year, costs.tender_inflation, years or plan.years,
                                 plan.first_year - plan.price_base)
        return yearly * (1.0 + self.shocks.tender_step_share)

    def register(self):
        """Every figure of the scenario with where its usual value comes from.

        Returns
        -------
        list of dict
            ``figure`` (``section.key``), ``value``, ``meaning``, ``source``, ``status`` (published, choice or ASSUMPTION).
        """
        rows = []
        for section, part in self:
            for key, info in (type(part).model_fields.items() if isinstance(part, BaseModel) else ()):
                if info.json_schema_extra and getattr(part, key) is not None:
                    rows.append({"figure": f"{section}.{key}", "value": getattr(part, key),
                                 "meaning": info.description, **info.json_schema_extra})
        return rows

    def to_toml(self):
        """The scenario as TOML, every value written out.

        Returns
        -------
        str
        """
        return _dump(self.model_dump(exclude_none=True))


def sections(model=Scenario):
    """The sections of a scenario by name, those it may lack too.

    Parameters
    ----------
    model : type
        The scenario, or a section.

    Returns
    -------
    dict
        Name to the class that declares the section.

    Examples
    --------
    >>> sections()["growth"].__name__
    'Growth'
    """
    kinds = {name: (info.annotation, *get_args(info.annotation)) for name, info in model.model_fields.items()}
    return {name: kind for name, own in kinds.items() for kind in own
            if isinstance(kind, type) and issubclass(kind, BaseModel)}


def read_scenario(path, *overlays):
    """Read a scenario, what it extends, and overlays on top of it.

    Parameters
    ----------
    path : str or Path
        A TOML file. If there is no such file, a shipped scenario of that file name.
    *overlays : str
        Names of ``[overlays.NAME]`` tables of the file or of what it extends.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        Unknown keys, values out of range (all of them at once), overlays that disagree, or a circle of ``extends``.
    """
    content, known = _gather(_locate(path), ())
    content = _merge(content, _overlay(known, overlays, path))
    if overlays:
        content["name"] = " + ".join([str(content.get("name", "")), *overlays])
        content["applied_overlays"] = list(overlays)
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise ScenarioError(_explain(path, error)) from None


def _locate(path):
    path = Path(path)
    if path.is_file():
        return path
    for name in (path.name, f"{path.name}.toml"):
        if (found := shipped.folder("scenarios") / name).is_file():
            return found
    names = sorted(file.name for file in shipped.folder("scenarios").glob("*.toml"))
    raise ScenarioError(f"No scenario {str(path)!r}: neither a file nor a shipped scenario ({', '.join(names)}).")


def _gather(path, seen):
    if path.resolve() in seen:
        raise ScenarioError(f"{path.name} extends itself in a circle.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name} is not TOML: {error}") from None
    overlays = content.pop("overlays", {})
    base = content.pop("extends", None)
    if not isinstance(overlays, dict) or not all(isinstance(table, dict) for table in overlays.values()):
        raise ScenarioError(f"{path.name}: overlays must be tables, each [overlays.NAME.section].")
    if base is None:
        return content, overlays
    beside = path.parent / f"{base}.toml"
    under, inherited = _gather(beside if beside.is_file() else _locate(f"{base}.toml"), (*seen, path.resolve()))
    return _merge(under, content), {**inherited, **overlays}


def _overlay(known, names, path):
    merged, owner = {}, {}
    for name in names:
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise ScenarioError(f"{Path(path).name} has no overlay {name!r}; it has: {has}.")
        for key, value in _leaves(known[name]):
            if key in owner and owner[key][1] != value:
                other, theirs = owner[key]
                raise ScenarioError(f"The overlays {other} and {name} disagree: {'.'.join(key)} is {theirs!r} in one "
                                    f"and {value!r} in the other. Leave one out.")
            owner[key] = (name, value)
        merged = _merge(merged, known[name])
    return merged


def _leaves(table, prefix=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*prefix, key))
        else:
            yield (*prefix, key), value


def _merge(under, over):
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _explain(path, error):
    lines = [f"{error.error_count()} problem{'s' if error.error_count() != 1 else ''} in {Path(path).name}"]
    for fault in error.errors():
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            text = f"unknown key; this section has: {', '.join(_known_keys(fault['loc'][:-1]))}"
        elif fault["type"] == "missing":
            text = "missing; give it, or let the scenario extend baseline"
        elif fault["type"] == "value_error":
            text = fault["msg"].removeprefix("Value error, ")
        else:
            text = f"got {fault['input']!r}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
        lines.append(f"  {key}  {text}")
    return "\n".join(lines)


def _known_keys(location):
    model = Scenario
    for part in location:
        model = sections(model)[part]
    return model.model_fields


def _dump(content, prefix=""):
    lines = [f"{key} = {_literal(value)}" for key, value in content.items() if not isinstance(value, dict)]
    for key, value in content.items():
        if isinstance(value, dict):
            lines += ["", f"[{prefix}{key}]", _dump(value, f"{prefix}{key}.").rstrip("\n")]
    return "\n".join(lines) + "\n"


def _literal(value):
    if isinstance(value, str):
        plain = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in plain) + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return repr(value).lower() if isinstance(value, bool) else repr(value)
