"""Weights, objectives in order and trade-offs, each on one screen, and the frontier as a chart."""

import textwrap

from .words import counted, percent

WIDE, SHOWN, WHOLE_FROM = 110, 10, 100.0
LINE_COLOUR = "#1f4e5f"


def figure(amount):
    """An amount of any unit as it is read aloud.

    Examples
    --------
    >>> figure(47591687.05), figure(0.25), figure(-12.5)
    ('47,591,687', '0.25', '-12.5')
    """
    return f"{amount:,.0f}" if abs(amount) >= WHOLE_FROM else f"{amount:.4g}"


def weigh_text(sheet, plans, orders, facts):
    """What weights do to the programme and to the order of schemes.

    Parameters
    ----------
    sheet, plans, orders : DataFrame
        What stands in ``weights.csv``, ``plans.csv`` and ``orders.csv``.
    facts : dict
        What stands in ``weigh.json``.

    Returns
    -------
    str
    """
    lines = [f"{'Criterion':<28}{'worst':>16}{'best':>16}{'points':>9}{'weight':>9}"]
    lines += [f"{row.criterion[:27]:<28}{figure(row.worst):>16}{figure(row.best):>16}{row.points:>9g}{row.weight:>9.1%}"
              for row in sheet.itertuples()]
    further = list(plans.columns[4:])
    lines += ["", f"{'Programme':<14}{'schemes':>9}{'value':>16}{'points':>10}"
              + "".join(f"{name[:17]:>18}" for name in further)]
    for _, row in plans.iterrows():
        lines.append(f"{row.plan:<14}{row.schemes:>9,}{figure(row.value):>16}{row.points:>10.2f}"
                     + "".join(f"{figure(row[name]):>18}" for name in further))
    gained, lost = plans.points[1] - plans.points[0], plans.value[0] - plans.value[1]
    share = f" ({percent(lost / plans.value[0])})" if plans.value[0] > 0 else ""
    lines += ["", *textwrap.wrap(
        f"Going by points gains {gained:.2f} points of 100 and gives up {figure(lost)} of value{share}. "
        f"{counted(facts['in_both'], 'scheme')} are in both programmes, {facts['by_value_only']} only by value and "
        f"{facts['by_points_only']} only by points.", WIDE)]
    lines += ["", f"The {min(SHOWN, len(orders))} schemes that bring most value for a pound, and where points put them "
              "(orders.csv has all):"]
    lines += [f"  {row.rank_by_value:>5} {row.rank_by_points:>5}  {row.scheme_id[:40]}"
              for row in orders.head(SHOWN).itertuples()]
    lines += ["", f"Worksheet SHA-256 {facts['worksheet_sha256']}. Proved to {percent(facts['gap_by_value'])} (value) and "
              f"{percent(facts['gap_by_points'])} (points)."]
    return "\n".join(lines)


def order_text(frame, facts):
    """What each objective reaches where they are taken one after the other.

    Parameters
    ----------
    frame : DataFrame
        What stands in ``stages.csv``.
    facts : dict
        What stands in ``order.json``.

    Returns
    -------
    str
    """
    slack = facts["slack_share"]
    lines = ["Objectives one after the other, each without giving up "
             + ("any of those before it:" if not slack else f"more than {percent(slack)} of those before it:"), "",
             f"{'Objective':<32}{'best':>16}{'cannot exceed':>16}{'in the programme':>18}"]
    lines += [f"{place}. {row.criterion[:28]:<29}{figure(row.best):>16}{figure(row.cannot_exceed):>16}"
              f"{figure(row.in_the_programme):>18}"
              for place, row in enumerate(frame.itertuples(), 1)]
    return "\n".join(lines)


def frontier_text(frame, facts):
    """What more of one criterion costs in another.

    Parameters
    ----------
    frame : DataFrame
        What stands in ``frontier.csv``.
    facts : dict
        What stands in ``tradeoff.json``.

    Returns
    -------
    str
    """
    first, second = facts["first"], facts["second"]
    lines = [f"{'plan':>5}{first[:19]:>20}{second[:19]:>20}{'schemes':>9}{'cost of one more of the second':>32}"]
    lines += [f"{row.plan:>5}{figure(row.first):>20}{figure(row.second):>20}{row.schemes:>9,}"
              + (f"{figure(row.first_per_unit_of_second):>32}" if row.plan > frame.plan.iloc[0] else "")
              for row in frame.itertuples()]
    if len(frame) == 1:
        lines += ["", f"One programme is best at both: {first} and {second} do not pull apart here."]
    else:
        ends = {name: [figure(frame[name].iloc[place]) for place in (0, -1)] for name in ("first", "second")}
        lines += ["", *textwrap.wrap(f"From the most of {first} to the most of {second}: {first} goes from "
                                     f"{' to '.join(ends['first'])}, {second} from {' to '.join(ends['second'])}.", WIDE)]
    return "\n".join(lines)


def draw_frontier(frame, facts):
    """The frontier of two criteria, each programme numbered.

    Parameters
    ----------
    frame : DataFrame
        What stands in ``frontier.csv``.
    facts : dict
        What stands in ``tradeoff.json``.

    Returns
    -------
    Figure
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.5, 4.6), layout="constrained")
    axes = drawn.subplots()
    axes.plot(frame["second"], frame["first"], color=LINE_COLOUR, marker="o", markersize=5)
    for row in frame.itertuples():
        axes.annotate(str(row.plan), (row.second, row.first), (5, 5), textcoords="offset points", fontsize=9)
    axes.set_xlabel(facts["second"], fontsize=10)
    axes.set_ylabel(facts["first"], fontsize=10)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: figure(value))
    axes.grid(color="#d8d8d8", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"What more of {facts['second']} costs in {facts['first']}", loc="left", fontsize=11, fontweight="bold")
    return drawn
