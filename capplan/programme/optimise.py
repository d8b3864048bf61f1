"""The step that chooses: solve, compare with the rules of thumb, pay, audit."""

import time
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import pandas as pd

from ..candidates import CONTRIBUTIONS, Candidates
from ..errors import AuditError, SolverError
from . import formulation
from .arrays import arrays
from .audit import audit
from .infeasible import explain
from .instance import instance, total_value
from .kept import remembered
from .payments import draws as pay
from .payments import draws_or_none
from .rules_of_thumb import RULES, by_rule
from .search import LEAST_TIME_S, Search, tighten, whole
from .solver import SOLVERS, Answer, InfeasibleModelError, relative_gap, solve

SMALL_MODEL_STARTS, SETTLED_MODEL_STARTS, LARGE_MODEL_STARTS = 2000, 6000, 20_000
"""Up to the first, a model is solved as it is; up to the second its core has nothing settled; above the third neither
cuts nor the whole model are tried once there is a programme: they prove little, and HiGHS looks at its clock too seldom."""
PART_SHARE = 3 / 4
"""Share of the time left that goes to improving a programme part by part, before the whole model: ten trusts of 300 schemes
came to 0.13% in 15 s with nearly all of it, and to 0.17% with an eighth (mean)."""
DEFAULTS = {"name": "highs", "gap": 0.001, "time_limit_s": 60.0}


@dataclass(frozen=True)
class Programme:
    """Which schemes start when, who pays, and how good that is proved to be. Carries its parents.

    ``choice`` maps each chosen scheme to its start year. ``draws`` has one row per payment (nominal GBP). ``rules`` are
    the programmes the rules of thumb would have made on the same money.
    """

    candidates: Candidates = field(repr=False)
    choice: dict = field(repr=False)
    draws: pd.DataFrame = field(repr=False)
    answer: Answer = field(repr=False)
    rules: tuple = field(repr=False)
    found_by: str = "solver"

    @property
    def objective(self):
        """Value of the programme, in pounds (real) or points."""
        return self.answer.objective

    @property
    def bound(self):
        """Value that no programme under these rules can exceed."""
        return self.answer.bound

    @property
    def gap(self):
        """How far the value may be from the best possible, as a fraction of it."""
        return self.answer.gap

    def spend_by_year(self):
        """Spending by year (nominal GBP).

        Returns
        -------
        Series
        """
        return self.draws.groupby("year").amount_gbp.sum()

    def schemes(self):
        """The schemes with their start year; blank where not chosen.

        Returns
        -------
        DataFrame
        """
        frame = self.candidates.schemes
        return frame.assign(start_year=frame.scheme_id.map(self.choice))

    def cashflow(self):
        """Every pot in every year of its window: opening, in, out, lapsed, closing (nominal GBP).

        Returns
        -------
        DataFrame
            ``pot_id, route, year, opening_gbp, in_gbp, out_gbp, lapsed_gbp, closing_gbp``. A pot comes in whole in its
            first year; what is left after its last lapses, or, of reserves, is carried on. A pot whose window runs past
            the plan is shown to the plan's last year, with what is then still open. A pot that comes with a scheme (a bid, a
            loan) comes in when that starts, if it does; what others contribute comes in as it goes out.
        """
        outlook = self.candidates.outlook
        end = outlook.scenario.years[-1] if outlook is not None else float("inf")
        out = self.draws.groupby(["pot_id", "year"]).amount_gbp.sum().to_dict()
        rows = []
        for pot in self.candidates.pots.itertuples():
            held, route, scheme = 0.0, getattr(pot, "route", ""), getattr(pot, "with_scheme", "")
            taken = self.choice.get(scheme, float("inf")) if isinstance(scheme, str) and scheme else pot.first_year
            comes = max(pot.first_year, taken)
            for year in range(int(pot.first_year), int(min(pot.last_year, end)) + 1):
                opening, received = held, float(pot.amount) if year == comes else 0.0
                spent = round(out.get((pot.pot_id, year), 0.0), 2)
                held = round(opening + received - spent, 2)
                lapsed = held if year == pot.last_year and route != "reserves" else 0.0
                held = round(held - lapsed, 2)
                rows.append([pot.pot_id, route, year, opening, received, spent, lapsed, held])
        rows += [[CONTRIBUTIONS, "contribution", year, 0.0, round(amount, 2), round(amount, 2), 0.0, 0.0]
                 for (pot, year), amount in sorted(out.items()) if pot == CONTRIBUTIONS]
        return pd.DataFrame(rows, columns=["pot_id", "route", "year", "opening_gbp", "in_gbp", "out_gbp", "lapsed_gbp",
                                           "closing_gbp"])

    def gains(self):
        """What the programme gains over each rule of thumb on the same money and yardstick.

        Returns
        -------
        DataFrame
            ``rule, value_gbp, feasible, gain_gbp, gain_share``.
        """
        rows = [[rule.rule, rule.value, rule.feasible, self.objective - rule.value,
                 (self.objective - rule.value) / rule.value if rule.value > 0 else float("nan")] for rule in self.rules]
        return pd.DataFrame(rows, columns=["rule", "value_gbp", "feasible", "gain_gbp", "gain_share"])

    def __str__(self):
        return (f"{len(self.choice):,} of {len(self.candidates.schemes):,} schemes, "
                f"£{self.draws.amount_gbp.sum():,.0f} (nominal); value {self.objective:,.0f}, proved within "
                f"{self.gap:.2%} of the best possible ({self.answer.status}, {self.answer.seconds:.1f} s)")


def optimise(candidates, gap=None, time_limit_s=None, solver=None, threads=1, seed=0, known=None, compared=True):
    """Choose the programme of greatest value that obeys every rule.

    Parameters
    ----------
    candidates : Candidates
    gap : float, optional
        Relative gap at which to stop; left out: the scenario's, or 0.1%. [-]
    time_limit_s : float, optional
        Time limit; left out: the scenario's, or 60. [s]
    solver : str, optional
        ``highs`` or ``cbc``; left out: the scenario's, or HiGHS.
    threads : int
        Threads the solver may use.
    seed : int
        Seed of the solver's own random choices.
    known : dict, optional
        A programme to start from, scheme to start year; left aside where it breaks a rule of these candidates.
    compared : bool
        Whether to set it beside the rules of thumb, and where no programme obeys every rule to look for a smallest set of
        rules in conflict; neither is needed of one programme among many, and both take time.

    Returns
    -------
    Programme
        Never worse than the rules of thumb on the same money, where it is compared with them; its bound is true
        whatever stopped the search.

    Raises
    ------
    InfeasibleError
        Where no programme obeys all the rules, saying which and by how much.
    SolverError
        Where the solver failed, or found nothing within the time limit.
    AuditError
        Where plain arithmetic disagrees with the result (a defect).
    """
    settings = _settings(candidates, gap, time_limit_s, solver)
    inst = instance(candidates)
    if any(not pairs for pairs in inst.must.values()):
        raise explain(inst, settings, compared)
    rules = tuple(by_rule(candidates, inst, rule) for rule in RULES if compared)
    best = max((rule for rule in rules if rule.feasible), key=lambda rule: rule.value, default=None)
    if known is not None and (_broken(candidates, inst, known) or (best and total_value(inst, known) <= best.value)):
        known = None
    known = (known, "given programme") if known is not None else (best.choice, best.rule) if best else None
    try:
        asked = {**settings, "threads": threads, "seed": seed, "known": known and [sorted(known[0].items()), known[1]]}
        answer, found_by = remembered(candidates, inst, asked, lambda: _search(inst, known, settings, threads, seed))
    except InfeasibleModelError:
        raise explain(inst, settings, compared) from None
    answer = _without_idle(candidates, inst, answer)
    choice = answer.choice
    draws = pay(inst, choice)
    wrong = audit(candidates, choice, draws, answer.objective)
    if wrong:
        raise AuditError("The audit does not accept the programme (a defect; please report it): " + "; ".join(wrong[:10]))
    return Programme(candidates, choice, draws, answer, rules, found_by)


def _without_idle(candidates, inst, answer):
    """The answer without the loans and bids that it can do without: they are worth nothing by themselves, and where money is
    plenty the solver does not care."""
    for scheme in dict.fromkeys(terms.with_scheme for terms in inst.terms.values()):
        start = answer.choice.get(scheme)
        if start is not None and inst.starts[scheme, start].value <= 0:
            less = {name: year for name, year in answer.choice.items() if name != scheme}
            if not _broken(candidates, inst, less):
                value = total_value(inst, less)
                answer = replace(answer, choice=less, objective=value, bound=max(answer.bound, value))
    return answer


def _broken(candidates, inst, choice):
    """Whether a programme breaks a rule of the candidates, or cannot be paid for."""
    if any(pair not in inst.starts for pair in choice.items()):
        return True
    draws = draws_or_none(inst, choice)
    return draws is None or bool(audit(candidates, choice, draws, total_value(inst, choice)))


def _settings(candidates, gap, time_limit_s, solver):
    settings = dict(DEFAULTS)
    if candidates.outlook is not None:
        settings = candidates.outlook.scenario.solver.model_dump()
    given = {"name": solver, "gap": gap, "time_limit_s": time_limit_s}
    settings |= {key: value for key, value in given.items() if value is not None}
    if settings["name"] not in SOLVERS:
        raise SolverError(f"No solver is called {settings['name']!r} here; use {' or '.join(SOLVERS)}.")
    return settings


def _search(inst, known, settings, threads, seed):
    """Quick programme first; then, if it is not proved close enough, the whole model with what is known.

    Returns the answer, which is the best of all that was found with the tightest bound, and what found it.
    """
    began, limit = time.perf_counter(), settings["time_limit_s"]
    bound, status, solver = float("inf"), "time limit", ("highs", version("highspy"))
    by_parts = settings["name"] == "highs" and len(inst.pairs) > SMALL_MODEL_STARTS
    if by_parts:
        search = _by_parts(inst, known, settings["gap"], limit, threads, seed)
        bound = search.bound
        for _, choice in reversed(search.found):
            better = _best(inst, known, (choice, "search"))
            if better is not known:
                known = better
                break
    if known is None or relative_gap(total_value(inst, known[0]), bound) > settings["gap"]:
        left = limit - (time.perf_counter() - began)
        if known is None or (left > LEAST_TIME_S and not (by_parts and len(inst.pairs) > LARGE_MODEL_STARTS)):
            model = formulation.build(inst)
            start = {model.starts[pair].name: 1.0 for pair in known[0].items()} if known else None
            answer = solve(model, settings["name"], settings["gap"], max(1.0, left), threads, seed, start)
            known = _best(inst, known, (answer.choice, "solver"))
            bound, status, solver = min(bound, answer.bound), answer.status, (answer.solver, answer.version)
    if known is None:
        raise SolverError(f"No programme was found within the time limit ({limit:g} s); allow more time.")
    value = total_value(inst, known[0])
    status = "optimal" if relative_gap(value, bound) <= settings["gap"] else status
    answer = Answer(known[0], value, max(bound, value), time.perf_counter() - began, status, *solver)
    return answer, known[1]


def _by_parts(inst, known, gap, limit, threads, seed):
    """The search on the arrays: relaxation, core, parts, and, while it is not close, the whole model in the time left."""
    search = Search(arrays(inst, handed_on=True), gap, limit, seed, known[0] if known else None)
    search.greedy()
    (search.core if search.model.starts > SETTLED_MODEL_STARTS else search.small_core)(search.left_s() / 2)
    if not search.close and search.model.starts <= LARGE_MODEL_STARTS:
        tighten(search, search.left_s() / 4, threads)
    large = search.model.starts > LARGE_MODEL_STARTS and search.best is not None
    search.improve(search.left_s() if large else PART_SHARE * search.left_s())
    if not search.close and search.left_s() > LEAST_TIME_S and not large:
        whole(search, search.left_s(), threads)
    return search


def _best(inst, known, other):
    """Whichever of two (choice, what found it) is worth more, if the pots can pay for it to the penny.

    ``known`` may be ``None``, the choice of ``other`` too. A solver works to a tolerance; money does not.
    """
    if other[0] is None or (known is not None and total_value(inst, other[0]) <= total_value(inst, known[0])):
        return known
    return other if draws_or_none(inst, other[0]) is not None else known
