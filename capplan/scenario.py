"""A scenario: everything that is assumed about money, time and rules. Frozen, strict, and a difference from another."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from . import shipped
from .errors import ScenarioError
from .tables import ELEMENTS

CHOICE = "the trust's choice"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True,
                              allow_inf_nan=False)


def _value(source, *, assumption=False, chosen=False, **limits):
    """A field that has to be given, with where its usual value comes from."""
    status = "ASSUMPTION" if assumption else "choice" if chosen or source == CHOICE else "published"
    return Field(json_schema_extra={"source": source, "status": status}, **limits)


class Plan(_Part):
    """Time and prices."""

    first_year: int = _value(CHOICE, ge=1990, le=2100)
    """First planning year y: 1 September y to 31 August y+1."""
    years: int = _value(CHOICE, ge=1, le=40)
    """Planning years in the programme."""
    price_base: int = _value(CHOICE, ge=1990, le=2100)
    """Year whose prices all real figures are in."""
    discount_rate: float = _value("green-book", ge=0, le=0.2)
    """Real discount rate, as a fraction a year."""


class Condition(_Part):
    """How old surveys and worn components are treated."""

    oldest_survey_years: int = _value("dfe-survey-guidance-2026", ge=0, le=40)
    """Years a survey is aged to the first planning year, at most. Older surveys are aged this far and named."""
    modelled_years: int = _value(CHOICE, ge=0, le=40)
    """Years that modelled components are aged to the first planning year; 0 takes their grades as of today."""
    scale_least: float = _value("capplan-assumption", assumption=True, ge=0, le=1)
    """Least the surveyor's cost may scale the unit costs at grades not surveyed."""
    scale_most: float = _value("capplan-assumption", assumption=True, ge=1, le=100)
    """Most the surveyor's cost may scale the unit costs at grades not surveyed."""
    model: Literal["markov", "weibull"] = _value(CHOICE)
    """How components wear: markov (the chance of dropping a grade depends on the grade) or weibull (and on years in it)."""
    weibull_shape: float = _value("capplan-assumption", assumption=True, ge=0.5, le=10)
    """Shape of the weibull model; above 1 the chance of dropping grows with the years in a grade. 1 is the markov model."""
    by_block: bool = _value(CHOICE)
    """Whether exposure, build quality and maintenance of a block vary how fast it wears."""
    knock_on: bool = _value(CHOICE)
    """Whether a component at grade D or E harms what lies beneath it, as the table knock_on has it."""
    knock_on_scale: float = _value("capplan-assumption", assumption=True, ge=0, le=20)
    """Multiplies the extra hazard of knock-on damage; 0 is none, 1 as the table has it."""
    rate_spread: float = _value("capplan-assumption", assumption=True, ge=0, le=2)
    """How sure the rates of wear are: standard deviation of the logarithm of each element's rate."""

    @model_validator(mode="after")
    def _one_memory(self):
        if self.knock_on and self.model == "weibull":
            raise ValueError("knock_on needs the markov model: years in a grade and knock-on damage cannot both be kept")
        return self


class ElementWorks(_Part):
    """Works on the components of one element of a block: what sets them off, what they cost, what they bring."""

    offered: bool = _value(CHOICE)
    """Whether such works are candidates."""
    grades: str = _value("capplan-assumption", assumption=True, pattern="^[BCDE]{1,4}$")
    """Grades they act on, such as CD; what is at another grade is left alone."""
    brings_to: Literal["A", "one better"] = _value("capplan-assumption", assumption=True)
    """Grade they bring a component to: A, or one grade better."""
    cost_share: float = _value("capplan-assumption", assumption=True, ge=0, le=5)
    """Cost as a share of the cost of bringing it to A from its grade."""
    wear_after: float = _value("capplan-assumption", assumption=True, gt=0, le=20)
    """How many times as fast a component wears afterwards that was repaired, not replaced (to A from D or E)."""
    on_x: bool = _value("capplan-assumption", assumption=True)
    """Whether they are possible on a component the surveyor marked X, only to be replaced."""
    from_age_years: int = _value(CHOICE, ge=0, le=200)
    """Least age of a component whose year of installation is known."""
    elements: tuple[str, ...] = Field((), strict=False, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Elements they are offered for; left out: all."""

    @field_validator("elements")
    @classmethod
    def _known(cls, elements):
        if strange := sorted(set(elements) - set(ELEMENTS)):
            raise ValueError(f"no such element: {', '.join(strange)}; there are {', '.join(ELEMENTS)}")
        return elements


class BlockWorks(_Part):
    """Works on a whole block."""

    offered: bool = _value(CHOICE)
    """Whether such works are candidates."""
    least_backlog_share: float = _value("capplan-assumption", assumption=True, ge=0, le=100)
    """Backlog at C to E, as a share of the cost of rebuilding the block, from which they are candidates."""


class Refurbishment(BlockWorks):
    """The renewal of all elements of a block together."""

    saving_share: float = _value("capplan-assumption", assumption=True, ge=0, le=0.9)
    """Saved on the works of the elements by doing them together: scaffold, preliminaries, decanting."""


class Costs(_Part):
    """From a surveyor's or a national unit cost to what a scheme costs the trust."""

    fees_share: float = _value("capplan-assumption", assumption=True, ge=0, le=1)
    """Professional fees, as a share of works. CIF expects less than 10% of the project."""
    contingency_share: float = _value("capplan-assumption", assumption=True, ge=0, le=1)
    """Contingency, as a share of works."""
    vat_rate_voluntary_aided: float = _value("capplan-assumption", assumption=True, ge=0, le=1)
    """VAT that a voluntary-aided school cannot reclaim. Academies reclaim theirs and pay none."""
    tender_inflation: float = _value("bcis-outlook-2026", ge=-0.1, le=0.3)
    """Yearly rise of tender prices, as a fraction."""
    rebuild_gbp_per_m2: float = _value("dfe-rebuild-2018", gt=0, le=20000)
    """Cost of rebuilding, for the facility condition index, in the prices of ``rebuild_price_base``."""
    rebuild_price_base: int = _value("dfe-rebuild-2018", ge=1990, le=2100)
    """Year whose prices the costs of rebuilding and demolishing are in."""
    demolish_gbp_per_m2: float = _value("capplan-assumption", assumption=True, ge=0, le=5000)
    """Cost of demolishing a block and making good, by floor area."""


class Loss(_Part):
    """How the rates of ``loss_rates`` are used; 1 leaves them as they are."""

    failure_scale: float = _value("capplan-assumption", assumption=True, ge=0, le=100)
    """Multiplies the loss at failure of every element."""
    reactive_scale: float = _value("capplan-assumption", assumption=True, ge=0, le=100)
    """Multiplies the yearly patching of every element."""
    handed_on_share: float = _value("capplan-assumption", assumption=True, ge=0, le=10)
    """Share of the cost of bringing all that is below A at the end of the plan back to A that counts as loss."""
    pupil_day_gbp: float = _value("capplan-assumption", assumption=True, ge=0, le=10000)
    """Loss for each pupil and school day lost to a closure, in the prices of the plan."""


class Targets(_Part):
    """Service levels every school must have reached by the end of the plan; left out: none."""

    most_share_at_d: float | None = Field(None, ge=0, le=1, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most of a school, by cost of renewal, that may be expected at grade D or E."""
    most_condition_index: float | None = Field(None, ge=0, le=10, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Highest facility condition index of a school: backlog in its blocks over the cost of rebuilding them."""


class Surveys(_Part):
    """What surveys cost and how far they are believed, for the value of a new one."""

    gbp_per_m2: float = _value("capplan-assumption", assumption=True, ge=0, le=100)
    """Cost of a condition survey by floor area, in the prices of the plan."""
    least_gbp: float = _value("capplan-assumption", assumption=True, ge=0, le=1e6)
    """Least cost of surveying a block."""
    one_grade_off: float = _value("capplan-assumption", assumption=True, ge=0, le=0.5)
    """Chance that a surveyor records the grade above or below the true one, each."""


class ReservesRule(_Part):
    """The floor under free reserves: the greater of the two, in every year."""

    floor_share: float = _value("dfe-reserves-2024", chosen=True, ge=0, le=1)
    """Floor as a share of the year's income. There is no set level; DfE takes below 5% as a warning."""
    floor_gbp: float = _value(CHOICE, ge=0, le=1e9)
    """Floor as a sum (nominal)."""


class StandIn(_Part):
    """Money per m2 that stands in where an estate folder has no grants or no reserves table."""

    sca_gbp_per_m2: float = _value("capplan-assumption", assumption=True, ge=0, le=1000)
    """School condition allocation of a grant year (nominal, flat)."""
    income_gbp_per_m2: float = _value("capplan-assumption", assumption=True, ge=0, le=10000)
    """Income of the first planning year."""
    income_growth: float = _value("capplan-assumption", assumption=True, ge=-0.2, le=0.3)
    """Yearly growth of income, as a fraction."""
    opening_share: float = _value("capplan-assumption", assumption=True, ge=0, le=2)
    """Free reserves at the start, as a share of the first year's income."""
    surplus_share: float = _value("capplan-assumption", assumption=True, ge=-0.5, le=0.5)
    """Surplus before works, as a share of each year's income."""


class SchemeRules(_Part):
    """Which works become candidates."""

    minimum_scheme_gbp: float = _value("capplan-assumption", assumption=True, ge=0, le=1e7)
    """Works below this (real) are revenue maintenance and no scheme."""
    replace_unsupported: bool = _value(CHOICE)
    """Whether equipment must be replaced by the year its maker's support ends."""
    schemes_per_site_per_year: int | None = Field(None, ge=1)
    """Most schemes started on one site in one year; left out: no limit."""


class Solver(_Part):
    """How hard the optimiser tries."""

    name: str = Field("highs", pattern="^(highs|cbc)$")
    """The solver: highs, or cbc."""
    gap: float = Field(0.001, ge=0, le=1)
    """Stop when the programme is proved to be this close to the best possible, as a fraction."""
    time_limit_s: float = Field(60, gt=0, le=86400)
    """Stop after this many seconds and report the gap reached."""


class Scenario(_Part):
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
    loss: Loss
    patch: ElementWorks
    repair: ElementWorks
    renew: ElementWorks
    refurbish: Refurbishment
    rebuild: BlockWorks
    demolish: BlockWorks
    targets: Targets = Targets()
    surveys: Surveys
    reserves: ReservesRule
    stand_in: StandIn
    schemes: SchemeRules
    solver: Solver

    @property
    def years(self):
        """Planning years, in order."""
        return list(range(self.plan.first_year, self.plan.first_year + self.plan.years))

    @property
    def on_cost_factor(self):
        """Works with fees and contingency, as a multiple of works. [-]"""
        return 1.0 + self.costs.fees_share + self.costs.contingency_share

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
    if (found := shipped.folder("scenarios") / path.name).is_file():
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
        model = model.model_fields[part].annotation
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
