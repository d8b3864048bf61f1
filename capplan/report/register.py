"""The register of deferred works: each need that waits, how it will get worse, and what is done about it meanwhile."""

from ..reference import load
from .document import Grid
from .needs import deferred_needs, is_bad, need_of
from .page_tables import table_of
from .words import IF_DEFERRED, counted, pounds, shortened

BAD, POOR, ANY = "bad", "poor", "any"
FROM_TRUST, FROM_LIST = "the trust", "capplan's list (an assumption)"
NOBODY = "nobody named"
URGENT = 1
MOST_LETTERS = 160
OF_NEED = ["grade_now", "grade_in_three_years", "poor_in_three_years_share", "pupils", "statutory", "owner", "control",
           "look_again_by"]


def deferred_register(results):
    """The needs no scheme was chosen for, worst first, each with its owner and its interim control.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Rows and columns of ``needs.deferred_needs``, with ``need``; ``grade_now, grade_in_three_years`` and ``pupils``
        as needs.csv has them (blank where the folder has no such table); ``condition`` (bad: grade D, E or X on record, or
        priority 1; else poor); ``owner`` (``NOBODY``: none is named), ``control``, ``control_from`` (the trust, or capplan's
        list) and ``look_again``. Bad before poor, then the largest expected loss first.

    Notes
    -----
    Controls of capplan's list go by the element alone. *Counterexample:* a roof over a store needs less than one over a
    hall; the trust's own control for the need (``controls.csv`` of the estate) takes its place.
    """
    return _in_order(_with_controls(results, deferred_needs(results)))


def waiting_register(results):
    """Funded needs that are bad now and wait beyond the first year of the plan for their works, each with its control.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame
        Rows of ``schemes`` with the columns that ``deferred_register`` adds; ``start_year`` says when the works start.
    """
    funded = results.funded
    left = _with_controls(results, funded[(funded.start_year > results.years[0]) & (funded.also_meets == "")])
    return _in_order(left[left.condition == BAD])


def _in_order(left):
    return left.sort_values(["condition", "value_gbp", "scheme_id"], ascending=[True, False, True]).reset_index(drop=True)


def _with_controls(results, schemes):
    """Schemes, one for each need, with what is expected of the need and what is done about it meanwhile."""
    left = schemes.assign(need=need_of(schemes))
    told = results.table("needs").set_index("need")
    left = left.join(told[OF_NEED], on="need") if len(told) else left.assign(**dict.fromkeys(OF_NEED))
    texts = [name for name in OF_NEED if name not in ("poor_in_three_years_share", "pupils")]
    left[texts] = left[texts].astype(object).fillna("")
    left["condition"] = (is_bad(left) | (left.priority == URGENT)).map({True: BAD, False: POOR})
    left["control_from"] = (left.control != "").map({True: FROM_TRUST, False: FROM_LIST})
    table = load("interim_controls").set_index(["element", "condition"])
    listed = {place: (row.control, int(row.look_again_weeks)) for place, row in table.iterrows()}
    own = [listed.get((row.element, row.condition), listed[ANY, row.condition]) for row in left.itertuples()]
    left["look_again"] = [f"by {day}" if day else _weeks(weeks)
                          for day, (_, weeks) in zip(left.look_again_by, own, strict=True)]
    left["control"] = [given or control for given, (control, _) in zip(left.control, own, strict=True)]
    left["owner"] = left.owner.replace("", NOBODY)
    return left


def controls_by_scheme(register):
    """The interim control of each deferred need by the scheme that stands for it.

    Parameters
    ----------
    register : DataFrame
        As ``deferred_register`` returns it.

    Returns
    -------
    dict of str to str
    """
    return dict(zip(register.scheme_id, register.control, strict=True))


def register_grid(register, most=None, with_school=True):
    """The register as a table.

    Parameters
    ----------
    register : DataFrame
        As ``deferred_register`` returns it, or some of its rows.
    most : int, optional
        Most rows; the rest are counted. Left out: all.
    with_school : bool
        Whether the school stands before each need.

    Returns
    -------
    Grid
    """
    shown = register if most is None else register.head(most)
    rows = [(*([shortened(row.school_name, 40)] if with_school else []), place_of(row), grades_of(row), _priority(row),
             pounds(row.cost_gbp), shortened(row.control, MOST_LETTERS), row.look_again, shortened(row.owner, 40))
            for row in shown.itertuples()]
    rest = register.iloc[len(shown):]
    more = f"and {counted(len(rest), 'need')} more, {pounds(rest.cost_gbp.sum())}, in schemes.csv" if len(rest) else ""
    assumed = int((shown.control_from == FROM_LIST).sum())
    mark = f" {assumed:,} of the controls are capplan's list by element, an assumption, until the trust names its own." \
        if assumed else ""
    table = table_of(f"Needs that wait, bad ones first, then the largest expected loss. Cost {IF_DEFERRED}, pounds of the "
                     f"day. Grade on record, then expected in three years if nothing is done.{mark}",
                     ("School|" if with_school else "") + "Need|Grade, then|Priority|#Cost|Interim control|Look again|Owner",
                     [("", rows)], more=more)
    return Grid(table, (*([2.4] if with_school else []), 3, 1.2, 1, 1.4, 5.2, 1.3, 1.5), small=True)


def place_of(row):
    """Element and block of a need, or what the trust's list calls it.

    Parameters
    ----------
    row : namedtuple
        ``kind, description, element, block_id, site_id``.

    Returns
    -------
    str
    """
    if row.kind == "listed":
        return shortened(row.description, 60)
    where = row.block_id or (f"grounds of {row.site_id}" if row.site_id else "")
    return f"{row.element}, {where}" if where else row.element


def grades_of(row):
    """Worst grade on record, and the grade expected in three years if nothing is done: ``D, then E``.

    Parameters
    ----------
    row : namedtuple
        ``worst_grade, grade_in_three_years``.

    Returns
    -------
    str
    """
    if not row.worst_grade:
        return "not graded"
    return f"{row.worst_grade}, then {row.grade_in_three_years}" if row.grade_in_three_years else row.worst_grade


def _priority(row):
    return "none" if row.priority != row.priority else f"{row.priority:.0f}"


def _weeks(weeks):
    return "every week" if weeks == 1 else f"every {weeks} weeks"
