"""Accounts of a programme: how the backlog moves by year, and what owning each place and meeting each need costs."""

import numpy as np
import pandas as pd

from .candidates import NO_WORKS, OUT_OF_USE, needs_met
from .condition.course import Works
from .condition.movement import FALLS, movement
from .condition.ownership import running_costs
from .errors import AuditError
from .finance import discount_factors, nominal_factors
from .outlook import URGENT

OPENING, PRICE, GONE, CLOSING = "opening", "price", "blocks gone", "closing"
FALL_ITEMS = ("worn to C", "worn from C to D", "failed")
WORKS_ITEMS = ("patch", "repair", "renew", URGENT, "refurbish", "rebuild", "demolish")
BRIDGE_ITEMS = (OPENING, *FALL_ITEMS, *WORKS_ITEMS, GONE, PRICE, CLOSING)
ITEMS = ("capital", "patching", "failures", "closures", "handed_on")
COSTS = [f"{name}{basis}_gbp" for basis in ("", "_present") for name in (*ITEMS, "total")]
LEVELS = {"school": "school_id", "block": "block_id", "element": "element"}
NOTHING, TRUST = "nothing", "all"
PENNIES = 100
MOST_ASTRAY_PENNIES = 100


def bridge_frame(programme, works, along):
    """How the backlog moves from the start of each year to the start of the next, and over the whole plan.

    Parameters
    ----------
    programme : Programme
    works : Works
        As ``results.treatments`` returns it.
    along : Course
        The course of the estate with those works.

    Returns
    -------
    DataFrame
        ``year`` (blank: the whole plan), ``item`` (each of ``BRIDGE_ITEMS``, in order, with the ways of taking blocks out of
        use that the programme has after the works), ``amount_gbp`` (real) and
        ``amount_nominal_gbp``. Everything between opening and closing adds up to the closing, to the penny.

    Raises
    ------
    AuditError
        If the movements and the closing are more than a pound apart (a defect).

    Notes
    -----
    In pounds of the day a year's movements are at the prices of that year, and the rise of prices acts on what is left at
    its end. Works of a kind take off what is expected at its grades when they start.
    """
    outlook = programme.candidates.outlook
    moved = movement(along.shares, outlook.costs_gbp, works.year, works.outcome, outlook.in_use)
    plan = outlook.scenario.plan
    level_gbp = (along.shares[:, :, 2:] * outlook.costs_gbp[:, 2:]).sum(axis=(1, 2))
    factors = nominal_factors(outlook.scenario.costs.tender_inflation, plan.years + 1, plan.first_year - plan.price_base)
    factors = factors * (1.0 + outlook.scenario.shocks.tender_step_share)
    kind, rows = _kind_of(programme), []
    works_items = (*WORKS_ITEMS, *(item for item in OUT_OF_USE if (kind == item).any()))
    items = (OPENING, *FALL_ITEMS, *works_items, GONE, PRICE, CLOSING)
    for year in range(plan.years):
        sums = {item: getattr(moved, name)[year].sum() for item, name in zip(FALL_ITEMS, FALLS, strict=True)}
        sums |= {item: moved.treated_gbp[year][kind == item].sum() for item in works_items}
        sums |= {GONE: moved.gone_gbp[year].sum()}
        rows.append((plan.first_year + year, _pennies(level_gbp[year: year + 2], sums, np.ones(2)),
                     _pennies(level_gbp[year: year + 2], sums, factors[year: year + 2])))
    rows.append((None, *(_whole([row[basis] for row in rows], items) for basis in (1, 2))))
    long = [[year, item, real[item] / PENNIES, nominal[item] / PENNIES] for year, real, nominal in rows
            for item in items]
    frame = pd.DataFrame(long, columns=["year", "item", "amount_gbp", "amount_nominal_gbp"])
    return frame.assign(year=frame.year.astype("Int64"))


def _kind_of(programme):
    """Name of the works the programme does to each component; blank where there are none."""
    candidates = programme.candidates
    kind = np.full(len(candidates.outlook.parts), "", dtype=object)
    for scheme in programme.choice:
        if scheme in candidates.members:
            kind[candidates.members[scheme]] = candidates.works[scheme]
    return kind


def _pennies(level_gbp, sums_gbp, factors):
    """One year in whole pennies at given prices; the last penny of rounding goes to what wears to C."""
    items = {item: round(amount * factors[0] * PENNIES) for item, amount in sums_gbp.items()}
    opening, closing = (round(level * factor * PENNIES) for level, factor in zip(level_gbp, factors, strict=True))
    items |= {OPENING: opening, CLOSING: closing, PRICE: round(level_gbp[1] * (factors[1] - factors[0]) * PENNIES)}
    left = closing - sum(amount for item, amount in items.items() if item != CLOSING)
    if abs(left) > MOST_ASTRAY_PENNIES:
        raise AuditError(f"The movements of the backlog are £{left / PENNIES:,.2f} short of its closing (a defect; please "
                         "report it).")
    return {**items, FALL_ITEMS[0]: items[FALL_ITEMS[0]] + left}


def _whole(years, items):
    """All years as one: the first opening, the sum of each movement, the last closing."""
    return {item: years[0][item] if item == OPENING else years[-1][item] if item == CLOSING
            else sum(year[item] for year in years) for item in items}


def ownership_frame(programme, along):
    """What each school, block and element costs over the plan, without and with the programme.

    Parameters
    ----------
    programme : Programme
    along : Course
        The course of the estate with the programme.

    Returns
    -------
    DataFrame
        ``level`` (trust, school, block or element), ``place`` (of the trust: all), ``plan`` (without or with) and
        ``COSTS``: capital, yearly patching, failures, closures and what is handed on, with their total, first as they
        fall (real) and then discounted to the start of the plan.

    Notes
    -----
    What works on the trust's own list avoid is not known by component and is not in here; what they cost is.
    *Counterexample:* a new boiler on the list saves gas, which stands in its worth and not here.
    """
    outlook, places = programme.candidates.outlook, _places(programme.candidates.outlook.parts)
    schemes = programme.candidates.schemes.set_index("scheme_id").loc[list(programme.choice)]
    schemes = schemes[~schemes.kind.isin(NO_WORKS)]
    homes, works = _places(schemes), {scheme: programme.choice[scheme] for scheme in schemes.index}
    pieces = []
    for plan, course in (("without", outlook.nothing), ("with", along)):
        running = _running(outlook, course)
        capital = _capital(programme.candidates, works) if plan == "with" else np.zeros((0, 2))
        for level in ("trust", *LEVELS):
            frame = running.groupby(places[level].to_numpy()).sum()
            spent = pd.DataFrame(capital, columns=["capital_gbp", "capital_present_gbp"]).groupby(
                homes[level].to_numpy()[:len(capital)]).sum()
            frame = frame.reindex(frame.index.union(spent.index), fill_value=0.0).join(spent)
            pieces.append(frame.rename_axis("place").reset_index().assign(level=level, plan=plan))
    return _with_totals(pd.concat(pieces, ignore_index=True), ["level", "place", "plan"])


def options_frame(programme):
    """What each way of meeting a need costs over the plan, beside doing nothing.

    Parameters
    ----------
    programme : Programme

    Returns
    -------
    DataFrame
        ``need, option`` (nothing, or the kind of works), ``scheme_id, school_id, block_id, element, start_year``,
        ``chosen`` (yes or no) and ``COSTS`` of the components of the need. Alternatives start in the same year where they
        may: that of the programme or, where none is chosen, the first in which any may; else in their own first.

    Notes
    -----
    Each kind of works is worked out with nothing else done. *Counterexample:* with knock-on damage counted, what lies
    above is renewed in the same comparison.
    """
    candidates, outlook = programme.candidates, programme.candidates.outlook
    table = _options(programme)
    nothing = _running(outlook, outlook.nothing)
    rows = []
    for kind, options in table.groupby("option", sort=False):
        running = _running(outlook, outlook.course(_done(outlook, candidates, kind, options)))
        capital = _capital(candidates, dict(zip(options.scheme_id, options.start_year, strict=True)))
        for option, (real, present) in zip(options.to_dict("records"), capital, strict=True):
            costs = running.iloc[candidates.members[option["scheme_id"]]].sum()
            rows.append({**option, **costs, "capital_gbp": real, "capital_present_gbp": present})
    first, needs = table.drop_duplicates("need"), needs_met(candidates.schemes)
    taken = {need.split(" ", 1)[1] for scheme in programme.choice for need in needs[scheme]}
    for option in first.to_dict("records"):
        costs = nothing.iloc[candidates.members[option["scheme_id"]]].sum()
        rows.append({**option, **costs, "option": NOTHING, "scheme_id": "", "start_year": pd.NA,
                     "chosen": "no" if option["need"] in taken else "yes", "capital_gbp": 0.0, "capital_present_gbp": 0.0})
    keys = ["need", "option", "scheme_id", "school_id", "block_id", "element", "start_year", "chosen"]
    items = [name for name in COSTS if not name.startswith("total")]
    frame = _with_totals(pd.DataFrame(rows, columns=[*keys, *items]), keys)
    order = {name: place for place, name in enumerate((NOTHING, *WORKS_ITEMS, *OUT_OF_USE))}
    frame = frame.assign(start_year=frame.start_year.astype("Int64"), order=frame.option.map(order))
    return frame.sort_values(["need", "order"], kind="stable").drop(columns="order").reset_index(drop=True)


def _options(programme):
    """Each scheme that treats components, the need it meets and the year it is looked at."""
    candidates = programme.candidates
    schemes = candidates.schemes[candidates.schemes.scheme_id.isin(candidates.members)].copy()
    schemes["need"] = schemes.exclusion_group.where(schemes.exclusion_group != "", schemes.scheme_id)
    schemes["option"] = schemes.scheme_id.map(candidates.works)
    schemes["chosen"] = np.where(schemes.scheme_id.isin(programme.choice), "yes", "no")
    starts = candidates.scheme_years.groupby("scheme_id").start_year.agg(set)
    schemes = schemes[schemes.scheme_id.isin(starts.index)]
    earliest = schemes.scheme_id.map(starts.map(min))
    own = schemes.scheme_id.map(programme.choice)
    wanted = own.groupby(schemes.need).transform("max").fillna(earliest.groupby(schemes.need).transform("min")).astype(int)
    may = [year in starts[scheme] for scheme, year in zip(schemes.scheme_id, wanted, strict=True)]
    return schemes.assign(start_year=wanted.where(may, earliest).astype(int))[
        ["need", "option", "scheme_id", "school_id", "block_id", "element", "start_year", "chosen"]]


def _done(outlook, candidates, kind, options):
    """One kind of works done to the components of every need that offers it."""
    n, treatment = len(outlook.parts), outlook.treatments[kind]
    works = Works(np.full(n, -1), np.tile(np.arange(5), (n, 1)), np.zeros((n, 5), dtype=int))
    finish = candidates.scheme_years.set_index(["scheme_id", "start_year"]).finish_year
    first = outlook.scenario.plan.first_year
    for scheme, start in zip(options.scheme_id, options.start_year, strict=True):
        rows, year = candidates.members[scheme], int(finish[scheme, start]) - first
        if year >= outlook.horizon:
            continue
        rows = rows[treatment.applies[rows, start - first]]
        works.year[rows], works.outcome[rows], works.after[rows] = year, treatment.outcome, treatment.after
    return works


def _running(outlook, course):
    """Patching, failures, closures and what is handed on of each component over the plan, real and present."""
    closure_gbp = np.nan_to_num(outlook.pupil_days_by_year[:-1]) * outlook.scenario.loss.pupil_day_gbp
    costs, frame = running_costs(course, outlook.loss, closure_gbp), {}
    for basis, rate in (("", 0.0), ("_present", outlook.scenario.plan.discount_rate)):
        items = costs.by_component(discount_factors(rate, outlook.horizon + 1))
        frame |= {f"{name}{basis}_gbp": amounts for name, amounts in items.items()}
    return pd.DataFrame(frame)


def _capital(candidates, choice):
    """Real cost of each scheme of a choice in its year, as it falls and discounted; shape (schemes, 2). [GBP]"""
    plan = candidates.outlook.scenario.plan
    rows = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    discount = discount_factors(plan.discount_rate, plan.years)
    real = np.array([rows[pair] for pair in choice.items()], dtype=float)
    when = np.array([year - plan.first_year for year in choice.values()], dtype=int)
    return np.column_stack([real, real * discount[when]])


def _places(frame):
    """Trust, school, block (or grounds) and element of each row."""
    block = frame.block_id.where(frame.block_id != "", frame.site_id + ".grounds")
    return pd.DataFrame({"trust": TRUST, "school": frame.school_id, "block": block, "element": frame.element}, frame.index)


def _with_totals(frame, keys):
    """The costs with their totals, rounded to the penny so that the items add up to them."""
    for basis in ("", "_present"):
        names = [f"{name}{basis}_gbp" for name in ITEMS]
        frame[names] = frame[names].astype(float).fillna(0.0).round(2)
        frame[f"total{basis}_gbp"] = frame[names].sum(axis=1).round(2)
    return frame[[*keys, *COSTS]]
