"""A simulated delivery: one screen, and a page with fans of money and works, a timeline and the policies compared."""

import base64
import textwrap
from pathlib import Path

import pandas as pd

from .words import counted, money, percent, plain, shortened, year_label

TEMPLATES = Path(__file__).parent / "templates"
WIDE, SHOWN_EARLY, SHOWN_LINES, LETTERS = 110, 8, 30, 34
COPES_SHARE, BREACH_SHARE = 0.8, 0.2
FILL, INK, EDGE = "#8cc4e8", "#1a1a1a", "#333333"
FANS = {"paid_gbp": ("Paid for works and emergencies", "planned"),
        "reserves_gbp": ("Reserves at the end of the year", "floor"),
        "lapsed_gbp": ("Grant lapsed in the year", ""), "started": ("Schemes started by the end of the year", "planned")}


def copes(facts):
    """Whether the programme copes, in a sentence.

    Parameters
    ----------
    facts : dict
        What stands in ``simulation.json``.

    Returns
    -------
    str
    """
    if not facts["schemes"]:
        return "Nothing is planned, so nothing can slip; what fails is met as an emergency."
    on_time, breach = facts["on_time_share"], facts["below_floor_share"]
    good = on_time >= COPES_SHARE and breach <= BREACH_SHARE
    verb = "copes" if good else "does not cope"
    return (f"The programme {verb}: {percent(on_time)} of works start in their planned year, "
            f"and the reserves end a year below their floor in {percent(breach)} of futures"
            + (f" (by {money(facts['below_floor_gbp']['p50'])} at the deepest in the middle one)." if breach > 0.5 else "."))


def findings(tables, facts):
    """What the futures say, in sentences.

    Parameters
    ----------
    tables : dict of DataFrame
        As the folder holds them.
    facts : dict
        What stands in ``simulation.json``.

    Returns
    -------
    list of str
    """
    sure, share = facts["contingency_for_80_gbp"], facts["contingency_for_80_share"]
    said = [copes(facts), f"{money(sure)} beside the plan ({percent(share)} of it) is enough in four of five futures for no "
            "work to wait for money and nothing to come from below the floor."]
    waits = tables["schemes"]
    if len(waits):
        late = 1.0 - waits.on_time_share
        why = late.groupby(waits.waits_for).sum().drop("", errors="ignore").sort_values(ascending=False)
        if len(why):
            said.append("Works wait for " + ", then for ".join(why.index) + " (by schemes, the commonest cause of each).")
    policies = tables["policies"].set_index("policy")
    for name in policies.index[1:]:
        said.append(f"{name[0].upper()}{name[1:]}, on the same futures: {_against(policies.loc[name])}.")
    return said


def _against(row):
    gain, width = row.gain_gbp, row.gain_half_width_gbp
    if abs(gain) <= width:
        words = "no difference in the loss avoided that can be told"
    else:
        words = f"{money(abs(gain))} {'more' if gain > 0 else 'less'} loss avoided (give or take {money(width)})"
    return f"{words}; {row.late:.0f} schemes late and {row.undone:.0f} undone on average"


def delivery_text(tables, facts):
    """What was found, on one screen.

    Parameters
    ----------
    tables : dict of DataFrame
    facts : dict

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: {counted(facts['schemes'], 'scheme')} delivered in {facts['futures']:,} futures "
             f"(scenario {plain(facts['scenario'])}, seed {facts['seed']})", "", *textwrap.wrap(copes(facts), WIDE), "",
             f"{'':<38}{'plan':>9}{'P10':>9}{'P50':>9}{'P90':>9}"]
    for label, key, plan, of in _measures(facts):
        lines.append(f"{label:<38}{plan:>9}" + "".join(f"{of(facts[key][part]):>9}" for part in ("p10", "p50", "p90")))
    lines.append("")
    for sentence in findings(tables, facts)[1:]:
        lines += textwrap.wrap(sentence, WIDE, subsequent_indent="  ")
    lines += ["", *_early_lines(facts)]
    precise = "as asked" if facts["precise"] else f"{percent(facts['precision_share'])} was asked: take more futures"
    if facts["outturn_half_width_gbp"] is not None:
        mean, width = money(facts["outturn_mean_gbp"]), money(facts["outturn_half_width_gbp"])
        lines.append(f"Mean outturn {mean}, give or take {width} ({precise}). "
                     f"{facts['assumptions']} of the figures are assumptions (assumptions.csv).")
    return "\n".join(lines)


def _measures(facts):
    def whole(number):
        """A count."""
        return f"{number:,.0f}"

    yield "Outturn with emergencies", "outturn_gbp", money(facts["planned_gbp"]), money
    yield "Schemes started in a later year", "late", "0", whole
    yield "Schemes not started in the plan", "undone", "0", whole
    yield "Grant lapsed", "lapsed_gbp", money(facts["lapsed_in_plan_gbp"]), money
    yield "Reserves below floor at a year's end", "below_floor_gbp", "£0", money
    yield "Emergencies", "emergencies", "", whole
    yield "Cost of emergencies", "emergency_gbp", "", money


def _early_lines(facts):
    early = facts["start_early"]
    if not early:
        yield "No procurement has to begin earlier to be done in time four times in five."
        return
    yield f"Begin procurement earlier ({counted(len(early), 'scheme')}):"
    for row in early[:SHOWN_EARLY]:
        yield (f"  {shortened(row['scheme_id'], 40):<41}planned {year_label(row['planned_year'])}: by {row['begin_by']}, "
               f"{row['weeks']:.0f} weeks earlier (late in {percent(row['late_share'])} of futures)")
    if len(early) > SHOWN_EARLY:
        yield f"  and {len(early) - SHOWN_EARLY} more in schemes.csv"


def delivery_html(tables, facts):
    """The page: what was found, fans of money and works, a timeline, what to begin early, policies side by side.

    Parameters
    ----------
    tables : dict of DataFrame
    facts : dict

    Returns
    -------
    str
        A whole page that refers to nothing outside itself.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .charts import svg

    def picture(draw, of):
        """A chart inside the page."""
        return base64.b64encode(svg(draw, of)).decode("ascii")

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    shown = _shown(tables["schemes"])
    return pages.get_template("delivery.html.j2").render(
        title=f"{plain(facts['trust'])}: delivering the programme", facts=facts, findings=findings(tables, facts),
        measures=[(label, plan, *(of(facts[key][part]) for part in ("p10", "p50", "p90")))
                  for label, key, plan, of in _measures(facts)],
        fans=picture(draw_fans, (tables["years"], facts)), fans_alt=_fans_alt(tables["years"]),
        timeline=picture(draw_timeline, shown) if len(shown) else "", timeline_alt=_timeline_alt(shown),
        early=[(row["scheme_id"], year_label(row["planned_year"]), row["begin_by"], f"{row['weeks']:.0f}",
                percent(row["late_share"])) for row in facts["start_early"]],
        policies=[_policy_cells(row) for row in tables["policies"].itertuples()])


def _policy_cells(row):
    own = money(row.gain_gbp) + f" ± {money(row.gain_half_width_gbp)}" if row.gain_half_width_gbp > 0 else ""
    return (row.policy, money(row.outturn_p50_gbp), money(row.outturn_p90_gbp), f"{row.late:.1f}", f"{row.undone:.1f}",
            f"{row.emergencies:.1f}",
            money(row.lapsed_gbp), percent(row.below_floor_share), money(row.contingency_gbp), money(row.value_gbp), own)


def _shown(schemes):
    """The works whose lateness weighs most, in the order they are planned."""
    weight = (1.0 - schemes.on_time_share) * schemes.planned_gbp
    kept = schemes[weight > 0].assign(weight=weight).nlargest(SHOWN_LINES, "weight", keep="first")
    return kept.sort_values(["planned_start", "scheme_id"], kind="stable")


def draw_fans(given):
    """Fans of money and works by year: a line for the middle future, a band for eight in ten, a broken line for the plan.

    Parameters
    ----------
    given : tuple of (DataFrame, dict)
        ``years`` and the facts.

    Returns
    -------
    array of Axes
    """
    from matplotlib.figure import Figure

    table, facts = given
    years = list(range(facts["first_year"], facts["last_year"] + 1))
    figure = Figure(figsize=(10, 6.6), layout="constrained")
    axes = figure.subplots(2, 2)
    for ax, (measure, (title, against)) in zip(axes.ravel(), FANS.items(), strict=True):
        own = table[table.measure == measure]
        ax.fill_between(own.year, own.p10, own.p90, facecolor=FILL, hatch="///", edgecolor="#5a8fb0", linewidth=0.4,
                        label="eight futures in ten")
        ax.plot(own.year, own.p50, color=INK, linewidth=1.6, marker="o", markersize=3.5, label="middle future")
        if against:
            planned = facts["by_year"][measure]
            ax.plot(years, planned, color="#b03a1a", linewidth=1.4,
                    linestyle="--", label=against)
        ax.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
        if measure.endswith("_gbp"):
            ax.yaxis.set_major_formatter(lambda value, _: money(value))
        ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
        ax.set_xticks(years, [year_label(year) for year in years], rotation=90, fontsize=8)
        ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        if len(own):
            ax.legend(frameon=False, fontsize=8)
    return axes.ravel()[0]


def _fans_alt(years):
    last = years[years.year == years.year.max()].set_index("measure") if len(years) else pd.DataFrame()
    said = [f"{title}: in the last year P10 {_figure(name, last.p10[name])}, P50 {_figure(name, last.p50[name])}, P90 "
            f"{_figure(name, last.p90[name])}" for name, (title, _) in FANS.items() if name in last.index]
    return "Fans over the futures by year. " + "; ".join(said) + "."


def _figure(name, value):
    return money(value) if name.endswith("_gbp") else f"{value:,.0f}"


def draw_timeline(schemes):
    """When works start: as planned (triangle), in the middle future (dot), and by when in nine of ten futures (end of line).

    Parameters
    ----------
    schemes : DataFrame
        Rows of the folder's ``schemes.csv``.

    Returns
    -------
    Axes
    """
    from matplotlib.dates import date2num
    from matplotlib.figure import Figure

    ax = Figure(figsize=(10, 1.3 + 0.3 * len(schemes)), layout="constrained").subplots()
    latest = [day for name in ("start_p50", "start_p90", "planned_start") for day in schemes[name] if day is not None]
    end = date2num(max(latest)) + 200
    for place, row in enumerate(schemes.itertuples()):
        planned = date2num(row.planned_start)
        sure = end if row.start_p90 is None else date2num(row.start_p90)
        ax.plot([planned, sure], [place, place], color=EDGE, linewidth=1.4, linestyle=":" if row.start_p90 is None else "-")
        if row.start_p90 is not None:
            ax.plot([sure], [place], marker="|", color=EDGE, markersize=9)
        if row.start_p50 is not None:
            ax.plot([date2num(row.start_p50)], [place], marker="o", color=FILL, markeredgecolor=INK, markersize=6)
        ax.plot([planned], [place], marker=">", color=INK, markersize=6)
        ax.annotate(f"{percent(row.on_time_share)} on time" + (f"; {row.waits_for}" if row.waits_for else ""), (end, place),
                    (6, 0), textcoords="offset points", va="center", fontsize=7.5, annotation_clip=False)
    ax.set_yticks(range(len(schemes)), [shortened(name, LETTERS) for name in schemes.scheme_id], fontsize=8)
    ax.set_ylim(len(schemes) - 0.4, -0.6)
    ax.set_xlim(right=end)
    ax.xaxis_date()
    ax.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_title("Start as planned (triangle), in the middle future (dot), in nine of ten (bar; dotted: not in the plan)",
                 loc="left", fontsize=10, fontweight="bold", color=INK)
    return ax


def _timeline_alt(schemes):
    return "; ".join(f"{row.scheme_id}: planned {row.planned_start}, middle future {row.start_p50 or 'not in the plan'}, "
                     f"{percent(row.on_time_share)} on time" for row in schemes.itertuples()) + "."
