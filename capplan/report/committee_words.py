"""What the committee's paper says in sentences: the decision asked for, the risks, and what is not known."""

from .carbon import carbon_words
from .committee_programme import data_words
from .document import Box, Grid
from .needs import must_do_needs
from .page_tables import table_of
from .register import BAD, FROM_LIST, NOBODY
from .results import headline_backlog
from .words import IF_DEFERRED, NEGLIGIBLE_GBP, counted, listed, money, percent, plain, pounds, year_label, years_span

GREEN, AMBER, RED = "Green", "Amber", "Red"
AWARDED_OR_OWN = ("awarded", "the trust's own", "what others pay")
MOST_NAMED = 4


def decision_box(read):
    """The decision asked for, on page one.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    Box
    """
    results, first = read.results, read.results.years[0]
    now = results.funded[results.funded.start_year == first]
    later = results.funded[results.funded.start_year > first]
    if not len(results.funded):
        points = [f"Note that no works are funded in {years_span(first, results.years[-1])}, and why (appendix D)."]
    elif not len(now):
        points = [f"Note that no works start in {year_label(first)}, the first year of the plan."]
    else:
        start = "starts" if len(now) == 1 else "start"
        points = [f"Approve {counted(len(now), 'scheme')} that {start} in {year_label(first)}, for "
                  f"{pounds(now.cost_gbp.sum())} (appendix B){_held(read, first)}."]
    if len(later):
        points.append(f"Note {counted(len(later), 'scheme')} for {money(later.cost_gbp.sum())} that "
                      f"{'follows' if len(later) == 1 else 'follow'} in {years_span(first + 1, results.years[-1])}; "
                      "each year's come back for approval.")
    points += _backlog_grows(results)
    waits = read.register
    if len(waits):
        nameless = int((waits.owner == NOBODY).sum())
        owners = f", and name an owner for {counted(nameless, 'need')} that {'has' if nameless == 1 else 'have'} none" \
            if nameless else ""
        points.append(f"Accept that {counted(len(waits), 'need')} "
                      f"{'waits' if len(waits) == 1 else 'wait'}, with the interim controls of appendix D{owners}.")
    return Box("Decision asked for", tuple(points))


def _backlog_grows(results):
    """That the money does not hold the backlog, where it does not."""
    first, last = results.years[0], results.years[-1] + 1
    now_gbp, end_gbp = (headline_backlog(results, "with", year) for year in (first, last))
    if end_gbp <= now_gbp + NEGLIGIBLE_GBP:
        return []
    return [f"Note that this money does not hold the backlog: with every work of the plan it goes from {money(now_gbp)} to "
            f"{money(end_gbp)} by September {last} as buildings wear on (capplan goal tells what would hold it)."]


def _held(read, year):
    """What to hold beside the works of a year so that four times in five they can be paid."""
    risk = read.results.cost_risk
    row = risk[(risk.scope == "year") & (risk.name == str(year))]
    more = float((row.p80_gbp - row.planned_gbp).iloc[0]) if len(row) else 0.0
    return f", and hold {money(more)} beside the year's spending, so that it suffices four times in five" \
        if more > NEGLIGIBLE_GBP else ""


def risks_grid(read, rules_in="appendix F"):
    """The main risks, each with a rating by a stated rule.

    Parameters
    ----------
    read : CommitteeRead
    rules_in : str
        Where the paper prints the rules.

    Returns
    -------
    Grid
    """
    rows = [_cost_risk(read), _reserves_risk(read), _grant_risk(read), _must_do_risk(read), _waiting_risk(read),
            _evidence_risk(read), _governance_risk(read)]
    return Grid(table_of("Risks. Green: nothing to do; Amber: watch; Red: act before the works are let. The rule of each is "
                         f"in {rules_in}.", "Risk|How it stands|Because", [("", rows)]), (2.2, 1.2, 7), True, (1,))


RISK_RULES = (
    "Cost: Red where the reserves cannot bear what makes the plan 80% sure; Amber where they can, or nobody worked it out; "
    "Green where nothing is planned.",
    "Reserves: Red where they fall below their floor in any year; Amber where they come below the share of income at which "
    "DfE may ask; else Green.",
    "Grants: Red where works of the first year rest on grants that are not awarded; Amber where only later years do; "
    "else Green.",
    "Must-do works: Red where any is not met; else Green.",
    "What waits: Red where a need at grade D, E or X or of priority 1 waits and nobody is named for it; Amber where "
    "somebody is; else Green.",
    "Evidence: as the rating of data, on the whole estate.",
    "Governance: Red where decisions against the programme were logged; Amber where it was not locked before results were "
    "opened, or figures are overdue for review; else Green.")


def _cost_risk(read):
    risk, reserves = read.results.solution.get("cost_risk"), read.results.reserves
    if not len(read.results.funded):
        return "Cost", GREEN, "No works are planned."
    if not risk:
        return "Cost", AMBER, "How sure the cost is was not worked out in this run."
    more = risk["p80_gbp"] - risk["planned_gbp"]
    room = float((reserves.closing_gbp - reserves.floor_gbp).min()) if len(reserves) else 0.0
    held = f"the reserves have {money(max(room, 0.0))} above their floor in their leanest year"
    return ("Cost", AMBER if room >= more else RED, f"Four times in five the plan comes to {money(risk['p80_gbp'])} or "
            f"less, {money(more)} more than planned; {held}.")


def _reserves_risk(read):
    reserves = read.results.reserves
    if not len(reserves):
        return "Reserves", GREEN, "This plan has no reserves of its own."
    room = (reserves.closing_gbp - reserves.floor_gbp).reset_index(drop=True)
    year = year_label(reserves.year.iloc[room.idxmin()])
    below = int((room < -NEGLIGIBLE_GBP).sum())
    if below:
        return "Reserves", RED, f"Below their floor in {counted(below, 'year')}, at worst by {money(-room.min())} in {year}."
    asked = reserves[reserves.watch_band == "below"]
    told = f"{money(room.min())} above their floor in the leanest year, {year}"
    if len(asked):
        return "Reserves", AMBER, f"{told}; below the share of income at which DfE may ask in {counted(len(asked), 'year')}."
    return "Reserves", GREEN, f"{told}."


def _grant_risk(read):
    draws = read.results.draws
    unsure = draws[~draws.pot_id.map(lambda pot: read.awards.get(pot) in AWARDED_OR_OWN)]
    if not len(unsure):
        return "Grants", GREEN, "All that pays for the works is awarded or the trust's own."
    now = unsure.amount_gbp[unsure.year == read.results.years[0]].sum()
    share = unsure.amount_gbp.sum() / draws.amount_gbp.sum()
    return ("Grants", RED if now > NEGLIGIBLE_GBP else AMBER, f"{money(unsure.amount_gbp.sum())} ({percent(share)}) of the "
            f"plan rests on grants expected and not awarded, {money(now)} of it in {year_label(read.results.years[0])}.")


def _must_do_risk(read):
    needed, met = must_do_needs(read.results)
    if met < needed:
        return "Must-do works", RED, f"{needed - met} of {counted(needed, 'must-do need')} not met."
    return "Must-do works", GREEN, f"All {needed:,} are met." if needed else "There are none."


def _waiting_risk(read):
    bad = read.register[read.register.condition == BAD]
    if not len(bad):
        return "What waits", GREEN, "No need at grade D, E or X, or of priority 1, waits beyond the plan."
    nameless = int((bad.owner == NOBODY).sum())
    return ("What waits", RED if nameless else AMBER, f"{counted(len(bad), 'bad need')} of {money(bad.cost_gbp.sum())} "
            f"{'waits' if len(bad) == 1 else 'wait'} beyond the plan; {nameless or 'none'} without an owner. "
            f"{counted(len(read.waiting), 'other')} wait for a later year of it.")


def _evidence_risk(read):
    rating, _, told = data_words(read).partition(": ")
    return "Evidence", rating, f"{told[:1].upper()}{told[1:]}."


def _governance_risk(read):
    told, worst = [], GREEN
    if not read.governed:
        return "Governance", AMBER, "The folder has no record of its run, so that nothing can be said of locks and reviews."
    if read.governed["lock"] is None:
        told, worst = ["not locked before results were opened"], AMBER
    late = read.governed["overdue"]
    if len(late):
        told, worst = [*told, f"{counted(len(late), 'figure')} overdue for review"], AMBER
    if read.governed["overrides"]:
        told, worst = [*told, f"{counted(len(read.governed['overrides']), 'decision')} against the programme logged"], RED
    text = listed(told) or "locked, nothing overdue, no decision against the programme"
    return "Governance", worst, f"{text[:1].upper()}{text[1:]}."


def unknown_box(read):
    """What is not known, said plainly.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    Box
    """
    results, evidence, points = read.results, read.results.solution["evidence"], []
    modelled = evidence.get("modelled_share")
    if modelled:
        points.append(f"{percent(modelled)} of the components are modelled, not surveyed; nobody has seen what wear "
                      "has done since the surveys: it is forecast.")
    risk = results.cost_risk
    early = risk[(risk.scope == "scheme") & risk.stage.isin(("concept", "feasibility"))].planned_gbp.sum()
    if early > NEGLIGIBLE_GBP:
        points.append(f"{money(early)} of the works are costed from surveys or first ideas: no tender has been opened.")
    points.append(_futures_words(read))
    if not carbon_words(results):
        points.append("Carbon and energy were not measured in this run (overlay energy).")
    nobody = read.needs[read.needs.pupils.isna()] if len(read.needs) else read.needs
    if len(nobody) or not len(read.needs):
        which = f"of {counted(len(nobody), 'need')}" if len(nobody) else "of any need"
        points.append(f"How many pupils depend on the place {which} is not known.")
    assumed = int((read.register.control_from == FROM_LIST).sum())
    if assumed:
        points.append(f"{counted(assumed, 'interim control is', 'interim controls are')} from capplan's general list, an "
                      "assumption; nobody has looked whether they fit the place.")
    points += [note for note in results.solution["notes"] if "assumptions of capplan" in note]
    if results.solution["stand_in_money"]:
        points.insert(0, "Some of the money stands in for figures the trust has not given.")
    return Box("What we do not know", tuple(plain(point) for point in points))


def _futures_words(read):
    if read.core is None:
        return "In how many futures each scheme would be chosen was not sampled (capplan explain)."
    planned = read.core[read.core.planned == "yes"]
    doubtful = int((~planned.need_core.isin(("always", "usually"))).sum())
    return (f"Of {counted(len(planned), 'planned scheme')}, {doubtful:,} "
            f"{'is' if doubtful == 1 else 'are'} for a need met in fewer than most of the futures sampled.")


def overdue_words(read):
    """The figures that are overdue for review, in a sentence; none where nothing is known or overdue."""
    late = read.governed.get("overdue")
    if late is None or not len(late):
        return []
    named = [f"{row.figure} ({row.owner or 'no owner'}, {row.days_overdue:,} days)"
             for row in late.head(MOST_NAMED).itertuples()]
    more = f" and {len(late) - MOST_NAMED} more" if len(late) > MOST_NAMED else ""
    return [f"Overdue for review on {read.dated}: {listed(named)}{more}."]


def governance_words(read):
    """Which lock the run was made under, its state, and what was decided against it.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    list of str
    """
    if not read.governed:
        return ["The folder has no record of its run (run.json): lock, state and reviews are not known."]
    lock = read.governed["lock"]
    told = [f"State of this run: {read.governed['state'] or 'none given'}."]
    if lock is None:
        told.append("Weights and rules were not locked before results were opened (capplan lock set).")
    else:
        told.append(f"Locked on {lock['at'][:10]} by {plain(lock['by'])}, after {counted(lock['runs_before'], 'run')}: "
                    f"{lock['scenario']}{' with ' + listed(lock['files']) if lock['files'] else ''}; "
                    f"hash {lock['lock_sha256']}.")
    told += [f"Against the programme: {override['scheme']} {'put in' if override['decision'] == 'in' else 'kept out'} by "
             f"{plain(override['by'])}: {plain(override['why'])}; it costs between {money(override['cost_least_gbp'])} and "
             f"{money(override['cost_most_gbp'])} of loss no longer avoided." for override in read.governed["overrides"]]
    return told + overdue_words(read)


def waiting_words(read, register_in="Appendix D"):
    """What waits, in a sentence that says where the register of it is."""
    waits, bad = read.register, read.register[read.register.condition == BAD]
    if not len(waits):
        return "No need waits beyond the plan."
    return (f"{counted(len(waits), 'need')} of {money(waits.cost_gbp.sum())} ({IF_DEFERRED}) "
            f"{'waits' if len(waits) == 1 else 'wait'} beyond the plan, {len(bad):,} of them at grade D, E or X or of "
            f"priority 1. {counted(len(read.waiting), 'bad need waits', 'bad needs wait')} for a later year of it. "
            f"{register_in} has each, with its interim control and its owner.")
