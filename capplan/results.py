"""What a results folder says of a programme: its tables and its proof, as frames."""

import hashlib
from datetime import date
from importlib.metadata import version

import numpy as np
import pandas as pd

from .candidates import OUT_OF_USE
from .certainty import programme_certainty, scheme_certainty
from .condition.backlog import facility_condition_index
from .condition.course import Works
from .energy.measures import register
from .energy_results import energy_figures
from .explanations import reasons, scheme_figures
from .funding.budget import in_year_deficit, share_of_income, watch_band
from .need_accounts import unused_controls
from .outlook import OLD_SURVEY_YEARS, URGENT
from .programme_energy import money_with, told_of_bills
from .reference import component_types, load

MOST_NAMED = 8
"""How many figures a note names before it counts the rest."""


def treatments(programme):
    """What the programme does to each component, and when.

    Returns
    -------
    Works
        One row for each row of ``outlook.parts``; the year is that in which works are finished, -1: nothing is done, or
        finished, in the plan.
    """
    candidates = programme.candidates
    outlook, grades = candidates.outlook, np.arange(5)
    n, first = len(outlook.parts), outlook.scenario.plan.first_year
    works = Works(np.full(n, -1), np.tile(grades, (n, 1)), np.zeros((n, 5), dtype=int))
    finish = candidates.scheme_years.set_index(["scheme_id", "start_year"]).finish_year
    for scheme, start in programme.choice.items():
        rows, year = candidates.members.get(scheme), int(finish[scheme, start])
        if rows is not None and year < first + outlook.horizon:
            treatment = outlook.treatments[candidates.works[scheme]]
            rows = rows[treatment.applies[rows, start - first]]
            works.year[rows], works.outcome[rows], works.after[rows] = year - first, treatment.outcome, treatment.after
    return works


def schemes_frame(programme):
    """Every candidate, funded or not, with year, cost, value, pots and the reason.

    Returns
    -------
    DataFrame
        Columns as the README's list of results has them.
    """
    candidates = programme.candidates
    figures, sure = scheme_figures(programme), scheme_certainty(programme)
    names = candidates.outlook.estate.schools.set_index("school_id")["name"]
    frame = candidates.schemes.set_index("scheme_id", drop=False)
    paid = programme.draws.groupby(["scheme_id", "pot_id"], sort=False).amount_gbp.sum()
    pots = {}
    for (scheme, pot), amount in paid.items():
        pots.setdefault(scheme, []).append(f"{pot} {amount:.0f}")
    return pd.DataFrame({
        "scheme_id": frame.scheme_id, "school_id": frame.school_id, "school_name": frame.school_id.map(names).fillna(""),
        "site_id": frame.site_id, "block_id": frame.block_id, "element": frame.element, "kind": frame.kind,
        "description": frame.description, "exclusion_group": frame.exclusion_group,
        "also_meets": frame.also_meets,
        "must_do": np.where(frame.must_do != "", "yes", "no"), "must_start_by": frame.must_do,
        "priority": frame.priority.astype("Int64"), "worst_grade": frame.worst_grade,
        "surveyed_share": frame.surveyed_share, "start_year": figures.start_year.astype("Int64"),
        "cost_gbp": figures.cost_gbp.round(2), "value_gbp": figures.value_gbp.round(2),
        "value_per_gbp": figures.value_per_gbp.round(4),
        "cost_a_year_later_gbp": figures.cost_a_year_later_gbp.round(2),
        "loss_a_year_later_gbp": figures.loss_a_year_later_gbp.round(2),
        **sure[["stage", "cost_p50_gbp", "cost_p80_gbp", "contributed_gbp", "accounted_as"]],
        "pots": ["; ".join(pots.get(scheme, ())) for scheme in frame.scheme_id],
        "reason": reasons(programme, figures)}).reset_index(drop=True)


def reserves_frame(programme):
    """Free reserves year by year, with the works they pay for (nominal GBP).

    Returns
    -------
    DataFrame
        ``year, opening_gbp, income_gbp, costs_gbp, loan_service_gbp, top_slice_gbp, surplus_gbp, spent_on_works_gbp,
        closing_gbp, floor_gbp, bills_saved_gbp`` (already taken off the costs), ``reserves_share`` [-], ``watch_band`` and
        ``in_year_deficit`` in words.
    """
    money, pots = money_with(programme), programme.candidates.pots
    own = pots.pot_id[pots.route == "reserves"]
    spent = programme.draws[programme.draws.pot_id.isin(own)].groupby("year").amount_gbp.sum()
    frame = money.reserves.copy()
    frame["spent_on_works_gbp"] = frame.year.map(spent).fillna(0.0).round(2)
    for name in ("income_gbp", "loan_service_gbp", "top_slice_gbp", "surplus_gbp", "floor_gbp"):
        frame[name] = frame[name].round(2)
    frame["costs_gbp"] = (frame.income_gbp - frame.loan_service_gbp - frame.surplus_gbp).round(2)
    moved = frame.surplus_gbp - frame.spent_on_works_gbp
    frame["closing_gbp"] = (round(float(money.reserves.opening_gbp.iloc[0]), 2) + moved.cumsum()).round(2)
    frame["opening_gbp"] = (frame.closing_gbp - moved).round(2)
    frame["reserves_share"] = share_of_income(frame.closing_gbp, frame.income_gbp).round(6)
    bands = load("watch_bands").set_index("band").income_share
    frame["watch_band"] = watch_band(share_of_income(frame.closing_gbp, frame.income_gbp), bands["below"], bands["above"])
    frame["in_year_deficit"] = in_year_deficit(frame.surplus_gbp, frame.spent_on_works_gbp)
    names = ["opening_gbp", "income_gbp", "costs_gbp", "loan_service_gbp", "top_slice_gbp", "surplus_gbp",
             "spent_on_works_gbp", "closing_gbp", "floor_gbp", "bills_saved_gbp"]
    return frame[["year", *names, "reserves_share", "watch_band", "in_year_deficit"]]


def backlog_frame(programme, key, along):
    """Backlog and condition index by school, block or element, now and at the end, without and with the programme.

    Parameters
    ----------
    programme : Programme
    key : str
        ``school_id``, ``block_id`` (grounds as ``SITE.grounds``) or ``element``.
    along : Course
        The course of the estate with the programme.

    Returns
    -------
    DataFrame
        Backlog at grades C to E, real GBP; ``fci_now`` is the backlog in blocks as a share of the cost of rebuilding
        them, or for an element of renewing all of it; ``spend_gbp`` is nominal.
    """
    outlook, end = programme.candidates.outlook, programme.candidates.outlook.horizon
    schemes = programme.candidates.schemes.set_index("scheme_id")
    paid = programme.draws.groupby("scheme_id").amount_gbp.sum()
    paid = paid[~paid.index.isin(schemes.index[schemes.site_id == ""])] if key == "block_id" else paid
    spend = paid.groupby(_place(schemes.reindex(paid.index), key).to_numpy()).sum()
    places = _place(outlook.parts, key)
    frame = pd.DataFrame({
        "backlog_now_gbp": outlook.backlog_by(places, 0), "backlog_end_without_gbp": outlook.backlog_by(places, end),
        "backlog_end_with_gbp": outlook.backlog_by(places, end, along)})
    frame = frame.reindex(frame.index.union(spend.index), fill_value=0.0)
    if key == "element":
        frame["renewal_gbp"] = pd.Series(outlook.costs_gbp[:, 3]).groupby(places.to_numpy()).sum().reindex(frame.index)
        frame["fci_now"] = facility_condition_index(frame.backlog_now_gbp, frame.renewal_gbp.fillna(0.0)).round(4)
    else:
        frame["replacement_gbp"] = outlook.replacement_gbp(key).reindex(frame.index)
        in_blocks = outlook.backlog_by(places.where(outlook.parts.block_id != ""), 0).reindex(frame.index).fillna(0.0)
        frame["fci_now"] = facility_condition_index(in_blocks, frame.replacement_gbp.fillna(0.0)).round(4)
    frame["spend_gbp"] = spend.reindex(frame.index).fillna(0.0)
    if key == "school_id":
        frame = _with_school_facts(frame, programme)
    money = [name for name in frame if name.endswith("_gbp")]
    return frame.assign(**frame[money].round(2)).rename_axis(key).reset_index()


def components_frame(programme, treated_in):
    """Every component in use: where it stands, what is expected of it, and when the programme treats it.

    Parameters
    ----------
    programme : Programme
    treated_in : array
        As ``treatments`` returns it.

    Returns
    -------
    DataFrame
        ``expected_life_years`` is the mean time to failure (grade E) from the expected condition at the start of the
        plan; ``poor_at_start`` and ``poor_at_end`` the chance of being at grade C or worse if nothing is done.
    """
    outlook = programme.candidates.outlook
    parts, types = outlook.parts, component_types()
    start, end = outlook.shares(0), outlook.shares(outlook.horizon)
    frame = parts[["component_id", "school_id", "site_id", "block_id", "element", "type_id", "quantity", "grade"]].copy()
    frame["construction_type"] = types.construction_type.to_numpy()[parts.type_index]
    frame["surveyed"] = parts.surveyed.dt.strftime("%Y-%m-%d").fillna("modelled")
    frame["surveyor_life_years"] = parts.remaining_life_years
    frame["expected_life_years"] = outlook.years_to_failure().round(1)
    frame["poor_at_start"] = start[:, 2:].sum(axis=1).round(4)
    frame["poor_at_end"] = end[:, 2:].sum(axis=1).round(4)
    frame["fails_in_first_year"] = outlook.nothing.failures[0].round(4)
    frame["pupil_days_at_failure"] = outlook.pupil_days.round(1)
    frame["cost_to_a_gbp"] = (start * outlook.costs_gbp).sum(axis=1).round(2)
    frame["treated_in"] = pd.Series(treated_in, frame.index).add(outlook.scenario.plan.first_year).where(treated_in >= 0)
    return frame.assign(treated_in=frame.treated_in.astype("Int64"))


def _place(frame, key):
    """School, element or block of each row; the grounds of a site stand for a block where there is none."""
    return frame[key] if key != "block_id" else frame.block_id.where(frame.block_id != "", frame.site_id + ".grounds")


def _with_school_facts(frame, programme):
    """The schools' own facts beside their backlog, one row for every school of the trust."""
    outlook = programme.candidates.outlook
    estate, parts = outlook.estate, outlook.parts
    schools = estate.schools.set_index("school_id")
    schemes = programme.candidates.schemes
    chosen = schemes[schemes.scheme_id.isin(programme.choice)].groupby("school_id").size()
    gifa = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").groupby("school_id").gifa_m2.sum()
    facts = pd.DataFrame({"name": schools["name"], "gifa_m2": gifa.reindex(schools.index).fillna(0.0)})
    frame = facts.join(frame)
    zeros = [name for name in frame if name.endswith("_gbp") and name != "replacement_gbp"]
    frame[zeros] = frame[zeros].fillna(0.0)
    frame["replacement_gbp"] = outlook.replacement_gbp("school_id").reindex(frame.index).fillna(0.0)
    frame["schemes_funded"] = chosen.reindex(frame.index).fillna(0).astype(int)
    frame["surveyed_share"] = (~parts.modelled).groupby(parts.school_id).mean().reindex(frame.index).round(4)
    return frame


def solution(programme, seed, commit=None, inputs=None):
    """What proves the programme and where it came from, ready for JSON.

    Returns
    -------
    dict
    """
    answer, candidates = programme.answer, programme.candidates
    base = {"objective": answer.objective, "bound": _known(answer.bound), "gap": _known(answer.gap),
            "seconds": round(answer.seconds, 3),
            "status": answer.status, "solver": answer.solver, "version": answer.version, "found_by": programme.found_by,
            "capplan_version": version("capplan"), "git_commit": commit, "seed": seed, "audit": "clean",
            "baselines": [{"rule": rule.rule, "value_gbp": rule.value, "feasible": rule.feasible}
                          for rule in programme.rules]}
    outlook = candidates.outlook
    if outlook is None:
        return base
    parts, plan = outlook.parts, outlook.scenario.plan
    assumed = assumptions_frame(programme)
    notes = [*candidates.notes, *_told_of_owners(outlook.estate.owners, assumed, date.today()),
             *_told_of_controls(programme), *_going_blocks(programme), *told_of_bills(programme),
             "Expected loss counts yearly patching, failures, and the cost of bringing what is left below A at the end back "
             "to A.",
             f"{(assumed.status == 'ASSUMPTION').sum()} of the figures used are assumptions of capplan, not published ones: "
             "the loss rates by element, fees and contingency among them. assumptions.csv lists them."]
    evidence = {"components": len(parts), "surveyed_share": float((~parts.modelled).mean()),
                "modelled_share": float(parts.modelled.mean()),
                "older_than_five_years_share": float((parts.survey_years_old > OLD_SURVEY_YEARS).mean())}
    return {"trust": outlook.estate.trust["name"], "scenario": outlook.scenario.name,
            "scenario_sha256": hashlib.sha256(outlook.scenario.to_toml().encode()).hexdigest(),
            "overlays": list(outlook.scenario.applied_overlays), **base,
            "price_base": plan.price_base, "first_year": plan.first_year, "last_year": plan.first_year + plan.years - 1,
            "stand_in_money": candidates.money.stand_in, "notes": notes, "evidence": evidence,
            "cost_risk": programme_certainty(programme, seed),
            "inputs": inputs or {}}


def _told_of_owners(owners, figures, today):
    """What has to be said of figures whose review is overdue, and of owners of figures that the run does not use."""
    late = figures[pd.to_datetime(figures.review_by) < pd.Timestamp(today)].sort_values(["review_by", "figure"])
    if len(late):
        named = [f"{row.figure} ({row.owner}, by {row.review_by:%d %B %Y})" for row in late.head(MOST_NAMED).itertuples()]
        more = f", and {len(late) - MOST_NAMED} more (assumptions.csv)" if len(late) > MOST_NAMED else ""
        yield f"Overdue for review on {today:%d %B %Y}: {', '.join(named)}{more}."
    unused = [name for name in owners.figure if name not in set(figures.figure)]
    if unused:
        more = f" and {len(unused) - MOST_NAMED} more" if len(unused) > MOST_NAMED else ""
        yield f"owners.csv names figures that this run does not use: {', '.join(unused[:MOST_NAMED])}{more}."


def _told_of_controls(programme):
    """What has to be said of needs that the trust's own controls name and the plan does not have."""
    unused = unused_controls(programme)
    if unused:
        more = f" and {len(unused) - MOST_NAMED} more" if len(unused) > MOST_NAMED else ""
        yield f"controls.csv names needs that this plan does not have: {', '.join(unused[:MOST_NAMED])}{more}."


def _going_blocks(programme):
    """What has to be said of urgent works in blocks that the programme rebuilds or demolishes."""
    schemes = programme.candidates.schemes
    chosen = schemes[schemes.scheme_id.isin(programme.choice)]
    yield from _set_aside(programme, chosen)
    going = chosen.block_id[chosen.kind.isin(("rebuild", "demolish", "mothball", "let"))]
    works = programme.candidates.works
    urgent = chosen.block_id[[works.get(scheme) == URGENT for scheme in chosen.scheme_id]]
    both = sorted(set(going) & set(urgent) - {""})
    if both:
        yield (f"Blocks that the programme rebuilds, demolishes or closes have urgent works in it too: {', '.join(both)}. "
               "Where the block goes soon after, ask whether an interim control would do.")


def _set_aside(programme, chosen):
    """What has to be said of the backlog of blocks that are closed and kept, or let: it is not put right."""
    candidates = programme.candidates
    out = chosen[chosen.kind.isin(OUT_OF_USE)]
    if len(out):
        outlook = candidates.outlook
        rows = np.concatenate([candidates.members[scheme] for scheme in out.scheme_id]).astype(int)
        end = (outlook.shares(outlook.horizon)[rows, 2:] * outlook.costs_gbp[rows, 2:]).sum()
        yield (f"The programme takes {', '.join(out.scheme_id)} out of use. What they would cost to put right, "
               f"£{end:,.0f} at the end of the plan, is set aside: it is in no total with the programme, and comes back "
               "with the blocks. They count as handed on at that cost, or at that of demolishing them where it is less.")


def assumptions_frame(programme):
    """Every figure the run took from its scenario and the reference tables of loss and wear, with source and status.

    Returns
    -------
    DataFrame
        ``figure, value, meaning, source, status``; money that stands in is left out where the trust has its own. Then
        ``owner, dated, review_by`` as the estate's table of owners has them, blank where it says nothing.
    """
    owners = programme.candidates.outlook.estate.owners.set_index("figure")
    frame = _figures_used(programme)
    for name in ("owner", "dated", "review_by"):
        frame[name] = owners[name].reindex(frame.figure).array
    return frame


def _figures_used(programme):
    """Every figure of the run, without its owner."""
    candidates = programme.candidates
    frame = pd.DataFrame(candidates.outlook.scenario.register())
    frame = frame[~frame.figure.str.startswith("delivery.")]
    if not candidates.money.stand_in:
        frame = frame[~frame.figure.str.startswith("stand_in.")]
    if not candidates.outlook.scenario.places.included:
        frame = frame[~frame.figure.str.startswith("places.") | (frame.figure == "places.included")]
    if not candidates.outlook.scenario.energy.included:
        of_energy = frame.figure.str.startswith(("energy.", "measures.", "carbon."))
        frame = frame[~of_energy | (frame.figure == "energy.included")]
    rules = candidates.outlook.scenario.condition
    types = set(candidates.outlook.parts.type_id)
    further = _figures("further_types", ["type_id"])
    further = further[further.figure.str.split(".", n=2).str[2].isin(types)]
    used = {"loss_rates": ["element"], "criticality": ["element", "block_use"],
            "cost_stages": ["stage"], "optimism_bias": ["stage"],
            **({"life_factors": ["factor", "level"]} if rules.by_block else {}),
            **({"knock_on": ["child"]} if rules.knock_on else {}),
            **({"area_guidelines": ["phase"], "place_rules": ["rule"], "place_location_factors": ["region"]}
               if candidates.outlook.places is not None else {}),
            **({"u_values": ["element", "age_band"], "pv_yield": ["district"]} if candidates.energy else {})}
    energy = [energy_figures(candidates.outlook.energy)] if candidates.outlook.energy else []
    energy += [register()] if candidates.energy else []
    return pd.concat([frame, *(_figures(name, keys) for name, keys in used.items()), further, *energy], ignore_index=True)


def _figures(name, keys):
    """Every number of a reference table, one row each, with its meaning, source and status."""
    table = load(name)
    long = table.melt([*keys, "status", "source", "note"], list(table.select_dtypes("number")), value_name="amount")
    named = long[keys].agg(".".join, axis=1)
    long["figure"] = name + "." + long.variable + "." + named
    return long.rename(columns={"note": "meaning", "amount": "value"})[["figure", "value", "meaning", "source", "status"]]


def _known(figure):
    """A figure for JSON, which has no infinity: ``None`` where nothing is proved."""
    return figure if np.isfinite(figure) else None
