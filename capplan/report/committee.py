"""The committee's paper: two pages that ask for a decision and say why, and appendices with every figure behind it."""

from .committee_changes import changes_blocks, changes_summary
from .committee_charts import five_charts
from .committee_programme import priority_programme, programme_grid, scheme_rules, short_grid
from .committee_words import (
    RISK_RULES,
    decision_box,
    governance_words,
    risks_grid,
    unknown_box,
    waiting_words,
)
from .document import LEAD, SMALL, Document, Grid, Heading, NewPage, Points, Text
from .page_tables import plan_span, table_of
from .register import register_grid
from .results import CONTRIBUTIONS, PLANS, RESERVES, headline_backlog, spend_by_pot
from .summary import answer, provenance
from .words import counted, money, plain, pounds, shortened, year_label

MOST_FIRST, MOST_FULL, MOST_WAITING, MOST_CHANGED = 12, 120, 120, 60
MOST_NAME = 60


def committee_paper(read, figures=None):
    """The paper for a decision.

    Parameters
    ----------
    read : CommitteeRead
    figures : list of Figure, optional
        The charts, the first of them for page one; left out: the five of ``committee_charts``.

    Returns
    -------
    Document
        Page one asks for the decision and answers for it, page two says what comes first, what changed, the risks and what
        is not known; then appendices A to F: charts, the programme, later years, what waits, what changed, governance.
    """
    results = read.results
    frame = priority_programme(read)
    trust = shortened(results.solution["trust"], MOST_NAME)
    first, *rest = answer(results)
    backlog, *charts = figures or five_charts(read)
    blocks = [
        decision_box(read), Text(first, LEAD), Points(tuple(rest)), Heading("The plan year by year"), years_grid(results),
        backlog, NewPage(), Heading("What comes first"),
        short_grid(frame, MOST_FIRST) if len(frame) else Text("No scheme is funded."),
        Heading("What changed since the last approval"), *changes_summary(read.changes),
        Heading("What waits"), Text(waiting_words(read)), Heading("Main risks"), risks_grid(read), unknown_box(read),
        NewPage(), *_appendices(read, frame, charts)]
    return Document(f"Priority programme of building works, {plan_span(results)}",
                    f"{trust}. Paper for the committee, for decision. Pounds of the day unless it says otherwise.",
                    read.dated, tuple(blocks), foot_of(read))


def _appendices(read, frame, charts):
    results = read.results
    now, later = frame[frame.start_year == results.years[0]], frame[frame.start_year > results.years[0]]
    return [
        Heading("Appendix A. Money, reserves, schools and movements"), *charts,
        NewPage(True), Heading(f"Appendix B. Schemes that start in {year_label(results.years[0])}"),
        programme_grid(now, MOST_FULL) if len(now) else Text("No works start in this year."),
        NewPage(), Heading("Appendix C. Schemes of later years"),
        programme_grid(later, MOST_FULL) if len(later) else Text("No works start in later years."),
        NewPage(), Heading("Appendix D. Register of what waits"), register_grid(read.register, MOST_WAITING),
        Heading("Bad now, and waiting for a later year of the plan", 2), waiting_grid(read),
        NewPage(False), Heading("Appendix E. What changed"), *_changed(read, MOST_CHANGED),
        Heading("Appendix F. How it was decided, and where figures come from"), Points(tuple(governance_words(read))),
        Heading("How risks and schemes are rated", 2), Points(RISK_RULES + scheme_rules()),
        Heading("Read with this", 2), Points(tuple(plain(note) for note in results.solution["notes"])),
        Heading("Where the figures come from", 2), *(Text(sentence, SMALL) for sentence in provenance(results))]


def _changed(read, most):
    if read.changes is None:
        return changes_summary(None)
    names = read.results.schools.set_index("school_id").name
    return changes_blocks(read.changes, names, most)


def years_grid(results):
    """The plan year by year: works, money, reserves and backlog.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Grid
    """
    spend, reserves = spend_by_pot(results), results.reserves.set_index("year")
    started = results.funded.groupby("start_year").size()
    risk = results.cost_risk
    p80 = risk[risk.scope == "year"].set_index("name").p80_gbp
    rows = []
    for year, amounts in spend.iterrows():
        own = amounts.get(RESERVES, 0.0)
        grants = amounts.sum() - own - amounts.get(CONTRIBUTIONS, 0.0)
        sure = p80.get(str(year))
        ends = [money(reserves[name][year]) if year in reserves.index else "none" for name in ("closing_gbp", "floor_gbp")]
        rows.append((year_label(year), f"{started.get(year, 0):,}", money(amounts.sum()), money(grants), money(own),
                     "not known" if sure is None else money(sure), *ends,
                     *(money(headline_backlog(results, plan, year + 1)) for plan in PLANS)))
    whole = spend.sum()
    own, others = whole.get(RESERVES, 0.0), whole.get(CONTRIBUTIONS, 0.0)
    total = ("All years", f"{len(results.funded):,}", money(whole.sum()), money(whole.sum() - own - others), money(own),
             *[""] * 5)
    base = results.solution["price_base"]
    return Grid(table_of(f"Money in pounds of the day; backlog of grades C to E at the end of the year, at {base} prices, "
                         "without and with the programme. Four cases in five: what the works of the year come to, or less.",
                         "Year|#Schemes start|#Spent|#From grants|#From reserves|#Four cases in five|#Reserves at end|"
                         "#Their floor|#Backlog without|#Backlog with", [("", rows)], total), small=True)


def waiting_grid(read):
    """The bad needs whose works start after the first year, with what is done meanwhile."""
    rows = [(shortened(row.school_name, 40), f"{row.element}, {row.block_id or 'grounds'}", row.worst_grade or "none",
             year_label(row.start_year), pounds(row.cost_gbp), row.control, row.look_again, row.owner)
            for row in read.waiting.head(MOST_WAITING).itertuples()]
    rest = read.waiting.iloc[len(rows):]
    more = f"and {counted(len(rest), 'need')} more in schemes.csv" if len(rest) else ""
    return Grid(table_of("Needs at grade D, E or X on record, or of priority 1, whose works start after the first year. "
                         "Cost in pounds of the day of the start.",
                         "School|Need|Grade|Works start|#Cost|Interim control|Look again|Owner", [("", rows)], more=more),
                (2.4, 3, 1, 1.3, 1.4, 5.2, 1.3, 1.5), small=True)


def foot_of(read):
    """Which run the figures come from, for the foot of every page."""
    solution = read.results.solution
    run = f", run {read.run_id[:12]}" if read.run_id else ""
    lock = read.governed.get("lock") if read.governed else None
    held = f", lock {lock['lock_sha256'][:12]}" if lock else ""
    return f"capplan {plain(solution['capplan_version'])}, scenario {shortened(solution['scenario'], 40)}{run}{held}"
