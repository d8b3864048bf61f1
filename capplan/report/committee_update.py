"""The two-monthly update for the board: what moved since the programme it knows, why, and what needs its attention."""

from .committee import foot_of, years_grid
from .committee_changes import changes_blocks, changes_in_words
from .committee_words import RISK_RULES, governance_words, overdue_words, risks_grid, unknown_box, waiting_words
from .document import LEAD, SMALL, Box, Document, Heading, NewPage, Points, Text
from .page_tables import plan_span
from .register import register_grid
from .summary import provenance
from .words import counted, money, shortened, year_label

FEW_CHANGED, MOST_CHANGED, MOST_WAITING, MOST_NAME = 8, 200, 60, 60


def committee_update(read):
    """The update, for noting.

    Parameters
    ----------
    read : CommitteeRead
        With ``changes``.

    Returns
    -------
    Document
        Page one says what moved and why, page two how the plan stands; then the register of what waits and
        every scheme that changed.

    Raises
    ------
    ValueError
        If it is not told what moved.
    """
    if read.changes is None:
        raise ValueError("an update tells what moved since an earlier run")
    results = read.results
    first, *rest = changes_in_words(read.changes)
    names = results.schools.set_index("school_id").name
    blocks = [
        Box("For noting", tuple(_noting(read))), Text(first, LEAD), Points(tuple(rest)),
        Heading("What changed, and why"), *changes_blocks(read.changes, names, FEW_CHANGED),
        NewPage(), Heading("The plan as it stands"), years_grid(results), Heading("What waits"),
        Text(waiting_words(read, "Appendix A")),
        Heading("Main risks"), risks_grid(read, "appendix C"), unknown_box(read),
        Heading("How it was decided"), Points(tuple(governance_words(read))),
        NewPage(True), Heading("Appendix A. Register of what waits"), register_grid(read.register, MOST_WAITING),
        *_all_changes(read.changes, names),
        NewPage(False), Heading("Appendix C. How risks are rated, and where figures come from"), Points(RISK_RULES),
        *(Text(sentence, SMALL) for sentence in provenance(results))]
    return Document(f"Update on the programme of building works, {plan_span(results)}",
                    f"{shortened(results.solution['trust'], MOST_NAME)}. What moved since {read.changes.called}, to note.",
                    read.dated, tuple(blocks), foot_of(read))


def _all_changes(changes, names):
    """Every scheme that changed, where page one has not named them all."""
    if len(changes.changes) <= FEW_CHANGED:
        return []
    return [Heading("Appendix B. Schemes that changed"), changes_blocks(changes, names, MOST_CHANGED)[-1]]


def _noting(read):
    """What the board must have seen: what is let this year, what changed most, what is overdue."""
    results, year = read.results, read.results.years[0]
    now = results.funded[results.funded.start_year == year]
    told = [f"{counted(len(now), 'scheme')} for {money(now.cost_gbp.sum())} "
            f"{'starts' if len(now) == 1 else 'start'} in {year_label(year)}."]
    changed = read.changes.changes
    for kind, said in (("dropped", "no longer in the plan"), ("added", "new in the plan")):
        own = changed[changed.change == kind]
        cost = own.first_cost_gbp if kind == "dropped" else own.second_cost_gbp
        if len(own):
            told.append(f"{counted(len(own), 'scheme')} of {money(cost.sum())} {'is' if len(own) == 1 else 'are'} {said}.")
    return told + (overdue_words(read) or ["No figure with a day of review is overdue." if read.governed else
                                           "Whether figures are overdue for review is not known."])
