"""One page for the head and the governors of a school: what it needs, what is funded when, what waits, and the money.

The statements of all schools and the centre add up to the programme; ``sums_document`` prints the sums.
"""

from ..candidates.blocks import WHOLE_BLOCK
from .document import LEAD, SMALL, Document, Grid, Heading, Points, Text
from .page_tables import plan_span, table_of
from .school_facts import energy_words, is_pfi, need_words, place_words, rule_words, temporary_words
from .schools_read import CENTRE, COUNTS, LEDGER, SUMS, programme_sums
from .words import IF_DEFERRED, counted, inside, money, pence, plain, pounds, shortened, year_label, years_span

MOST_WORKS_NAMED, MOST_WAITING, MOST_NAME, MOST_YEARS, MOST_CONTROL, MOST_BUILDINGS = 3, 3, 90, 10, 170, 3
NOT_KNOWN = "not known"


def school_statement(schools, school_id):
    """The one-page statement of a school.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str
        The school; blank: the centre.

    Returns
    -------
    Document

    Raises
    ------
    KeyError
        If there is no such school.
    """
    name = schools.name_of(school_id)
    return Document(shortened(name, MOST_NAME), f"Statement of the buildings programme, {plan_span(schools.results)} - "
                    f"{shortened(schools.results.solution['trust'], 60)}", schools.dated,
                    tuple(statement_blocks(schools, school_id)), foot_of(schools))


def statement_blocks(schools, school_id):
    """The blocks of the statement of a school, for the page and for the plan that goes on from it.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of blocks
    """
    blocks = [Text(_lead(schools, school_id), LEAD)]
    buildings = temporary_words(schools, school_id) if school_id != CENTRE else []
    named = MOST_WORKS_NAMED if len(buildings) <= MOST_BUILDINGS else 1
    if school_id != CENTRE:
        blocks += [Heading("What the school needs"), Text(" ".join(need_words(schools, school_id)))]
    blocks += [Heading("What is funded, and when"), *_funded(schools, school_id, named),
               Heading("What waits"), *_waiting(schools, school_id),
               Heading("Money in and out over the plan"), Grid(sums_table(schools, school_id), (7, 3), small=True)]
    if school_id != CENTRE:
        blocks += [Heading("Buildings that are not meant to last"), *_buildings(buildings),
                   Heading("Energy, places and how the rules treated the school"),
                   *_points([*energy_words(schools, school_id), *place_words(schools, school_id),
                             *rule_words(schools, school_id)])]
    return [*blocks, Text(_sources(schools), SMALL)]


def sums_table(schools, school_id):
    """What the statement adds up to, to the penny.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    dict
        As ``table_of`` makes it.
    """
    own = schools.sums.loc[school_id]
    rows = [(said, sum_words(name, own[name])) for name, said in SUMS.items() if name not in COUNTS]
    return table_of("Pounds of the day, over the whole plan. Grants come on top of the common money.", "Sum|#Amount",
                    [("", rows)])


def sum_words(name, amount):
    """A sum of ``SUMS`` in words: a count, pounds and pence, or that nobody knows it."""
    if amount != amount:
        return NOT_KNOWN
    return f"{int(amount):,}" if name in COUNTS else pence(amount)


def sums_document(schools):
    """How the statements of all schools add up to the programme.

    Parameters
    ----------
    schools : SchoolsRead

    Returns
    -------
    Document
        One row for each statement, what they come to, and what the programme has; and whether the two are the same.
    """
    total, aim = schools.sums[list(SUMS)].sum(skipna=False), programme_sums(schools.results, schools.deferred)
    blocks = [Text(agreement(schools), LEAD)]
    for said, names in (("Works of the programme", [name for name in SUMS if name not in LEDGER]),
                        ("The trust's common money", list(LEDGER))):
        rows = [(shortened(row["name"], 60), *(sum_words(name, row[name]) for name in names))
                for _, row in schools.sums.iterrows()]
        rows.append(("The statements together", *(sum_words(name, total[name]) for name in names)))
        table = table_of(f"{said}: what each statement says, in pounds of the day over the plan.",
                         "|".join(["Statement", *(f"#{SUMS[name]}" for name in names)]), [("", rows)],
                         ("The programme", *(sum_words(name, aim[name]) for name in names)))
        blocks += [Heading(said), Grid(table, (4, *[2] * len(names)), small=True)]
    blocks.append(Text("The row of the programme is added up from other tables than the statements: schemes from "
                       "schemes.csv, pounds from what leaves the pots in cashflow.csv. The two sides of the common money, "
                       "the schools' and the centre's, cancel.", SMALL))
    return Document("How the statements add up", f"{plan_span(schools.results)} - "
                    f"{shortened(schools.results.solution['trust'], 60)}", schools.dated, tuple(blocks), foot_of(schools),
                    landscape=True)


def agreement(schools):
    """Whether the statements add up to the programme, in a sentence."""
    apart = differing(schools)
    papers = counted(len(schools.sums), "statement")
    if apart:
        return f"WARNING: {papers} do not add up to the programme: {'; '.join(apart)}."
    works = pence(schools.sums.works_gbp.sum())
    return f"{papers} add up to the programme to the penny: {works} of works in " \
           f"{counted(schools.sums.schemes.sum(), 'scheme')}."


def differing(schools):
    """Every sum of which the statements together are not what the programme has: a list of sentences."""
    total, aim = schools.sums[list(SUMS)].sum(skipna=False), programme_sums(schools.results, schools.deferred)
    return [f"{SUMS[name]}: {sum_words(name, total[name])} against {sum_words(name, aim[name])}" for name in SUMS
            if sum_words(name, total[name]) != sum_words(name, aim[name]) and aim[name] == aim[name]]


def foot_of(schools):
    """Which run the figures come from, for the foot of a page."""
    solution = schools.results.solution
    run = f", run {schools.run_id[:12]}" if schools.run_id else ""
    return f"capplan {plain(solution['capplan_version'])}, scenario {shortened(solution['scenario'], 40)}{run}"


def _lead(schools, school_id):
    own = schools.sums.loc[school_id]
    if not own.schemes:
        planned = "No works are planned" + (" here" if school_id != CENTRE else " that belong to no school")
    else:
        first = schools.results.funded.query("school_id == @school_id").start_year.min()
        planned = f"{counted(own.schemes, 'scheme')} for {pounds(own.works_gbp)} {'is' if own.schemes == 1 else 'are'} " \
                  f"planned over {counted(len(schools.results.years), 'year')}, the first in {year_label(first)}"
    waits = f"{counted(own.waiting, 'need')} of {pounds(own.waiting_gbp)} {'waits' if own.waiting == 1 else 'wait'}" \
        if own.waiting else "no need waits"
    return f"{planned}; {waits}."


def _funded(schools, school_id, named):
    """A row for each year in which works start: the dearest by name, the others counted."""
    funded = schools.results.funded
    funded = funded[funded.school_id == school_id]
    if not len(funded):
        return [Text("Nothing is funded in this plan.")]
    years = sorted(set(funded.start_year))
    groups = [[year] for year in years] if len(years) <= MOST_YEARS else [
        *([year] for year in years[:MOST_YEARS - 1]), years[MOST_YEARS - 1:]]
    rows = []
    for group in groups:
        own = funded[funded.start_year.isin(group)].sort_values(["cost_gbp", "scheme_id"], ascending=[False, True])
        rows.append((years_span(group[0], group[-1]), f"{len(own):,}", works_named(own, named), pounds(own.cost_gbp.sum())))
    total = ("All years", f"{len(funded):,}", "", pounds(funded.cost_gbp.sum()))
    return [Grid(table_of("Works by the year they start, the dearest named; cost in pounds of the day.",
                          "Starts|#Schemes|Dearest works|#Cost", [("", rows)], total), (1.4, 1.2, 9, 1.8), small=True)]


def works_named(own, most):
    """The dearest works of a year by element and block, so many of them; the others are counted."""
    named = [f"{work_name(row)} ({money(row.cost_gbp)})" for row in own.head(most).itertuples()]
    rest = len(own) - len(named)
    return "; ".join(named) + (f"; and {rest:,} smaller" if rest else "")


def work_name(row):
    """A scheme in few words: what is done to which element of which block, or what the trust's list calls it."""
    if row.kind == "listed":
        return shortened(row.description, 50)
    where = row.block_id or (f"grounds of {row.site_id}" if row.site_id else "")
    whole = row.element in ("", WHOLE_BLOCK)
    what = row.kind if whole else f"{row.kind} {inside(row.element)}"
    return shortened(f"{what}, {where}" if where else what, 60)


def _waiting(schools, school_id):
    """The needs of most value that wait, each with its interim control; the others counted."""
    left = schools.deferred[schools.deferred.school_id == school_id]
    if not len(left):
        return [Text(_none_wait(schools, school_id))]
    rows = [(work_name(row), row.worst_grade or "none", pounds(row.cost_gbp),
             shortened(schools.control_of(row), MOST_CONTROL)) for row in left.head(MOST_WAITING).itertuples()]
    rest = left.iloc[MOST_WAITING:]
    more = f"and {len(rest):,} more, {pounds(rest.cost_gbp.sum())}, in the asset management plan" if len(rest) else ""
    return [Grid(table_of("Needs that wait, bad ones first, then the largest expected loss. Cost "
                          f"{IF_DEFERRED}, pounds of the day.",
                          "Need|Worst grade|#Cost|Interim control", [("", rows)], more=more), (4, 1.3, 1.6, 6), small=True)]


def _none_wait(schools, school_id):
    if school_id == CENTRE:
        return "Nothing belongs to the centre alone."
    if is_pfi(schools, school_id):
        return "Lifecycle works here are the PFI contractor's: ask it for its own plan of the needs above."
    return ("No need that was put to the plan waits. Not put to it: works too small for a scheme, and in blocks that are "
            "to go all but the urgent ones.")


def _buildings(sentences):
    """A point for each building; where there are many, all in one paragraph of small type, so that the page holds them."""
    return _points(sentences) if len(sentences) <= MOST_BUILDINGS else [Text(" - ".join(sentences), SMALL)]


def _points(sentences):
    return [Points(tuple(sentences))] if sentences else []


def _sources(schools):
    base = schools.results.solution["price_base"]
    return (f"Pounds of the day unless it says otherwise; backlog at {base} prices, expected by the forecast and not only "
            "what surveyors saw. Backlog: cost of bringing what is at grade C, D or E (poor, bad, failed) to A. Figures are "
            "those of the results folder of the run named below; assumptions.csv there lists what is assumed and by whom.")
