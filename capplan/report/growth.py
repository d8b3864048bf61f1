"""Growth of the trust on one screen, on a page, and as charts: fans over many futures, and timelines of single ones."""

import base64
import textwrap
from pathlib import Path

import numpy as np

from ..simulation.growth import JOINED
from ..simulation.growth_findings import first_sca, spread_of
from ..simulation.growth_inputs import day_of
from ..simulation.growth_runs import half_width
from .words import counted, money, percent, plain, shortened, year_label

TEMPLATES = Path(__file__).parent / "templates"
WIDE = 118
BAND, LINE, INK = "#cfe3f2", "#1f5f8b", "#1a1a1a"
KWH_PER_MWH = 1000.0
STAGES = (("asks to join", "waits for assessment", "#ffffff", ""), ("assessment begins", "assessment", "#f6dfa4", "---"),
          ("board agrees", "order, legal work, land", "#8cc4e8", "///"), ("ready", "ready, waits to join", "#e39a7c", "xxx"),
          (JOINED, "in the trust", "#b5e0cb", ""))
FANS = (("schools", "Schools", "{:,.0f}"), ("pupils", "Pupils", "{:,.0f}"),
        ("central_use", "Central team: load over capacity", "{:.0%}"),
        ("estates_use", "Estates team: load over capacity", "{:.0%}"),
        ("paused_months", "Months paused in the year", "{:.0f}"), ("reserves_gbp", "Reserves", ""))


def sca_words(runs):
    """When the trust is first allocated SCA, in words.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    str
    """
    when = first_sca(runs)
    reached = np.isfinite(when).mean()
    if not reached:
        return "No future reaches the threshold of SCA within the plan."
    early, middle, late = (f"April {year:.0f}" if np.isfinite(year) else "not in the plan" for year in spread_of(when))
    return (f"SCA in place of bidding from {middle} (P10 {early}, P90 {late}); {percent(reached)} of futures get there "
            "within the plan.")


def precision_words(runs):
    """How well the mean is known, in words.

    Parameters
    ----------
    runs : GrowthRuns

    Returns
    -------
    str
    """
    width, wanted = half_width(runs.last_schools), runs.case.growth.half_width_schools
    text = (f"{len(runs.runs):,} futures: the mean number of schools at the end, {runs.last_schools.mean():.2f}, is known "
            f"to within {width:.2f} either way (95 cases of 100); asked for: {wanted:g}.")
    if width > wanted:
        text += f" That takes about {int(np.ceil(len(runs.runs) * (width / wanted) ** 2)):,} futures."
    return text


def growth_text(facts):
    """What the simulation found, on one screen.

    Parameters
    ----------
    facts : dict
        As ``growth_job`` gathers it.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: growth, {year_label(facts['first_year'])} to {year_label(facts['last_year'])} "
             f"(scenario {facts['scenario']}, seed {facts['seed']})", "",
             f"{'End of year':12}{'Schools':>15}{'Pupils':>23}{'Central team':>17}{'Estates team':>17}{'Paused':>11}"
             f"{'Reserves':>18}",
             f"{'':12}{'P10 P50 P90':>15}{'P10 / P50 / P90':>23}{'P50 / P90':>17}{'P50 / P90':>17}{'mths P50':>11}"
             f"{'P10 / P50':>18}"]
    for row in facts["years"]:
        lines.append(f"{year_label(row['year']):12}" + f"{' '.join(_figures(row['schools'], ',.0f')):>15}"
                     + f"{' / '.join(_figures(row['pupils'], ',.0f')):>23}"
                     + "".join(f"{' / '.join(_figures(row[name], '.0%')[1:]):>17}"
                               for name in ("central_use", "estates_use"))
                     + f"{_figures(row['paused_months'], '.0f')[1]:>11}"
                     + f"{' / '.join(money(value) for value in row['reserves_gbp'][:2]):>18}")
    lines += ["", "Phases begin (P10 / P50 / P90): " + "; ".join(_phase_words(row) for row in facts["phases"][1:])]
    lines += [facts["sca"], _backlog_words(facts), "", *_pause_lines(facts), ""]
    lines += [*_school_lines(facts), *_policy_lines(facts), "", facts["precision"], *facts["notes"]]
    return "\n".join(part for line in lines
                     for part in (textwrap.wrap(line, WIDE, subsequent_indent="  ") if len(line) > WIDE else [line]))


def _school_lines(facts):
    """A line for each school that may join."""
    if not facts["prospects"]:
        return ["No school is listed that may join (prospects.csv)."]
    lines = [f"{'May join':32}{'joins':>7}{'declined':>10}{'draws back':>12}{'P10':>10}{'P50':>10}{'P90':>10}"
             f"{'dowry P50':>13}"]
    for row in facts["prospects"]:
        dowry_gbp = row["dowry_p50_gbp"]
        shares = (f"{row[f'{name}_share']:.0%}" for name in ("joined", "declined", "withdrew"))
        lines.append(f"{shortened(row['name'], 30):32}"
                     + "".join(f"{share:>{wide}}" for share, wide in zip(shares, (7, 10, 12), strict=True))
                     + "".join(f"{row[name][:7] or 'never':>10}" for name in ("p10", "p50", "p90"))
                     + f"{money(dowry_gbp) if dowry_gbp == dowry_gbp else '':>13}")
    return [*lines, "Dowry: what would have to come with it for the trust to be no worse off; negative: it pays for itself."]


def _figures(values, form):
    return [format(value, form) if value == value else "no staff" for value in values]


def _phase_words(row):
    return f"{row['phase']} ({row['least_schools']} schools) " + " / ".join(row[name][:7] or "never"
                                                                            for name in ("p10", "p50", "p90"))


def _backlog_words(facts):
    low, middle, high = facts["years"][-1]["backlog_joined_gbp"]
    return (f"Backlog found at the schools that join: {money(middle)} (P10 {money(low)}, P90 {money(high)}), beside "
            f"{money(facts['backlog_gbp'])} of the schools there are. {_energy_words(facts)}")


def _energy_words(facts):
    last = facts["years"][-1]
    kwh, tonnes = last["energy_joined_kwh"], last["footprint_joined_tco2e"]
    return (f"They bring {kwh[1] / KWH_PER_MWH:,.0f} MWh of energy a year (P10 {kwh[0] / KWH_PER_MWH:,.0f}, P90 "
            f"{kwh[2] / KWH_PER_MWH:,.0f}) and {tonnes[1]:,.0f} tCO2e by {year_label(last['year'])} (P10 {tonnes[0]:,.0f}, "
            f"P90 {tonnes[2]:,.0f}), estimated from schools of their kind.")


def _pause_lines(facts):
    every, *reasons = facts["pauses"]
    known = [f"{row['reason']} {row['mean_months']:.1f}" for row in reasons if row["mean_months"]]
    return [f"Growth is paused for {every['p50']:.0f} months of the plan (P10 {every['p10']:.0f}, P90 {every['p90']:.0f}). "
            f"Mean months by reason: {', '.join(known) or 'none'}."]


def _policy_lines(facts):
    first, *others = facts["policies"]
    return ["" for _ in others[:1]] + [
        f"{policy['policy']} against {first['policy']} on the same futures: "
        + "; ".join(f"{row['measure']} {_signed(row)}" for row in policy["measures"]) + "." for policy in others]


def _signed(row):
    if "[GBP]" in row["measure"]:
        sign = "+" if row["difference"] >= 0 else "-"
        return f"{sign}{money(abs(row['difference']))}"
    return f"{row['difference']:+.1f} ({row['low']:+.1f} to {row['high']:+.1f})"


def draw_fans(facts, ax=None):
    """Fans of schools, pupils, teams, pauses and reserves over the years.

    Parameters
    ----------
    facts : dict
    ax : None
        The chart is of several axes, and has a figure of its own.

    Returns
    -------
    Axes
        The first of them.
    """
    from matplotlib.figure import Figure

    axes = Figure(figsize=(10, 7.6), layout="constrained").subplots(3, 2)
    years = [row["year"] for row in facts["years"]]
    for ax, (name, title, form) in zip(axes.flat, FANS, strict=True):
        low, middle, high = (np.array([row[name][place] for row in facts["years"]], dtype=float) for place in range(3))
        ax.fill_between(years, low, high, facecolor=BAND, edgecolor="#7fb8dd", linewidth=0.8)
        ax.plot(years, middle, color=LINE, linewidth=1.8, marker="o", markersize=3)
        for last in sorted({values[-1] for values in (low, middle, high) if np.isfinite(values[-1])}):
            ax.annotate(form.format(last) if form else money(last), (years[-1], last), (5, 0), textcoords="offset points",
                        va="center", fontsize=8)
        ax.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
        _plain_axis(ax, years, form)
    return axes.flat[0]


def _plain_axis(ax, years, form):
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    ax.set_xticks(years, [str(year) for year in years], fontsize=8)
    ax.set_xlim(years[0] - 0.2, years[-1] + 1.4)
    ax.yaxis.set_major_formatter(lambda value, _: form.format(value) if form else money(value))
    ax.tick_params(labelsize=8)
    ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def draw_threshold(facts, ax=None):
    """What bidding and allocation would each bring, grant year by grant year, with the chance of SCA.

    Parameters
    ----------
    facts : dict
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.figure import Figure

    ax = ax or Figure(figsize=(10, 3.8), layout="constrained").subplots()
    rows = facts["threshold"]
    places = np.arange(len(rows))
    for shift, name, label, fill, hatch in ((-0.2, "bids_gbp", "bidding would bring", "#f6dfa4", "---"),
                                            (0.2, "sca_gbp", "allocation would bring", "#8cc4e8", "///")):
        ax.bar(places + shift, [row[name] for row in rows], 0.37, label=label, facecolor=fill, edgecolor="#333333",
               hatch=hatch, linewidth=0.6)
    ax.plot(places, [row["received_gbp"] for row in rows], color=INK, marker="s", markersize=4, linewidth=1.2,
            label="expected, by the regime of each future")
    for place, row in zip(places, rows, strict=True):
        ax.annotate(f"SCA {row['sca_share']:.0%}", (place, max(row["bids_gbp"], row["sca_gbp"])), (0, 4),
                    textcoords="offset points", ha="center", fontsize=8)
    ax.set_xticks(places, [f"April {row['grant_year']}" for row in rows], fontsize=8)
    ax.yaxis.set_major_formatter(lambda value, _: money(value))
    ax.set_title(textwrap.fill(facts["sca"], 95), loc="left", fontsize=11, fontweight="bold", color=INK)
    ax.legend(fontsize=8, frameon=False, loc="upper left")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def draw_timeline(story, ax=None):
    """One future: each school's way, and the months in which growth is paused.

    Parameters
    ----------
    story : dict
        ``title``; ``schools``, a list of (name, events, outcome) with events (month, what); ``paused``, whether growth is
        paused in each month; ``first_year``.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    rows = story["schools"]
    ax = ax or Figure(figsize=(10, 1.3 + 0.34 * max(len(rows), 2)), layout="constrained").subplots()
    months = len(story["paused"])
    for month in np.flatnonzero(story["paused"]):
        ax.axvspan(month, month + 1, facecolor="#e4e4e4", linewidth=0)
    looks = {event: (fill, hatch) for event, _, fill, hatch in STAGES}
    for place, (_, events, outcome) in enumerate(rows):
        for month, end, what in spells(events, months):
            fill, hatch = looks[what]
            ax.barh(place, end - month, 0.6, left=month, facecolor=fill, edgecolor="#333333", hatch=hatch, linewidth=0.5)
        if outcome != JOINED and events and events[-1][1] == outcome:
            ax.annotate(f" {outcome}", (events[-1][0], place), va="center", fontsize=7.5)
    ax.set_yticks(range(len(rows)), [shortened(name, 30) for name, _, _ in rows], fontsize=8)
    ax.invert_yaxis()
    ax.set_xlim(0, months)
    years = range(months // 12 + 1)
    ax.set_xticks([12 * year for year in years], [str(story["first_year"] + year) for year in years], fontsize=8)
    ax.set_title(story["title"], loc="left", fontsize=10, fontweight="bold", color=INK)
    keys = [Patch(facecolor=fill, edgecolor="#333333", hatch=hatch, label=label) for _, label, fill, hatch in STAGES]
    ax.figure.legend(handles=[*keys, Patch(facecolor="#e4e4e4", label="growth paused")], fontsize=7.5, ncols=6,
                     frameon=False, loc="outside lower center")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def spells(events, months):
    """The stages of a school's way, one after the other without a gap.

    Parameters
    ----------
    events : list of tuple
        Month and what happened, in order.
    months : int
        End of the plan.

    Returns
    -------
    list of tuple
        First month, end, and the event that began the stage.

    Examples
    --------
    >>> spells([(1, "asks to join"), (1, "assessment begins"), (4, "board agrees"), (5, "academy order"),
    ...     (8, "withdrew")], 120)
    [(1, 1, 'asks to join'), (1, 4, 'assessment begins'), (4, 8, 'board agrees')]
    """
    begins = {event for event, *_ in STAGES}
    marks = [(month, what) for month, what in events if what in begins or what == events[-1][1] != "academy order"]
    ends = [month for month, _ in marks[1:]] + [months]
    return [(month, end, what) for (month, what), end in zip(marks, ends, strict=True) if what in begins]


def stories(runs, names):
    """The futures a reader is shown: few schools, the middle, many.

    Parameters
    ----------
    runs : GrowthRuns
    names : dict
        Names of schools by id.

    Returns
    -------
    list of dict
        As ``draw_timeline`` takes them.
    """
    order = np.lexsort((runs.counted["pupils"][:, -1], runs.last_schools))
    told = []
    for label, share in (("Few schools", 0.1), ("The middle", 0.5), ("Many schools", 0.9)):
        row = int(order[min(int(share * len(order)), len(order) - 1)])
        run = runs.runs[row]
        schools = [(names.get(coming.owner, f"{coming.owner}, like {coming.prospect.name}"),
                    [(month, what) for month, owner, what in run.events if owner == coming.owner],
                    run.outcomes[coming.owner]) for coming in run.coming]
        told.append({"title": f"{label} (future {row + 1}): {counted(runs.last_schools[row], 'school')} at the end",
                     "schools": [one for one in schools if one[1]], "paused": runs.months["paused"][row] > 0,
                     "first_year": runs.case.first_year,
                     "words": "; ".join(f"{plain(name)} {outcome}" + (
                         f" {day_of(runs.case.first_year, events[-1][0]):%B %Y}" if outcome == JOINED else "")
                         for name, events, outcome in schools if events)})
    return told


def growth_html(facts, told):
    """The page: fans, the threshold, why growth pauses, the schools, policies, timelines of three futures.

    Parameters
    ----------
    facts : dict
    told : list of dict
        From ``stories``.

    Returns
    -------
    str
        A whole page that refers to nothing outside itself.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .charts import svg

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    pages.filters.update(money=money, share=percent, year=year_label)
    charts = {"fans": svg(draw_fans, facts), "threshold": svg(draw_threshold, facts)}
    timelines = [(story, base64.b64encode(svg(draw_timeline, story)).decode("ascii")) for story in told]
    return pages.get_template("growth.html.j2").render(
        title=f"{plain(facts['trust'])}: growth to {year_label(facts['last_year'])}", facts=facts,
        charts={name: base64.b64encode(chart).decode("ascii") for name, chart in charts.items()}, timelines=timelines,
        backlog=_backlog_words(facts), pauses=_pause_lines(facts)[0], signed=_signed)
