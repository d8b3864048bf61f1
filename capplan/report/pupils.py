"""The forecast of pupils for a reader: one screen, a chart of the trust and one of its schools, one page."""

import base64
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd

from .words import listed, percent, plain, shortened

TEMPLATES = Path(__file__).parent / "templates"
INK, BAND, LINE = "#1a1a1a", "#cfe3f2", "#1f5f8b"
ACROSS, MOST_CHARTS = 4, 40
WIDE = 120
AHEAD = (1, 5)


def history(forecast):
    """Pupils counted at each census by school, and of the schools of the latest one together (blank).

    Parameters
    ----------
    forecast : PupilForecast

    Returns
    -------
    DataFrame
        ``school_id, census_year, pupils``; the trust's only for censuses with all of those schools. [pupils]
    """
    census = forecast.estate.census
    census = census[census.school_id.isin(forecast.schools) & (census.census_year <= forecast.origin)]
    own = census.groupby(["school_id", "census_year"], sort=False).pupils.sum().reset_index()
    whole = own.groupby("census_year").pupils.agg(["sum", "size"])
    whole = whole["sum"][whole["size"] == len(forecast.schools)].rename("pupils").reset_index().assign(school_id="")
    return pd.concat([whole, own], ignore_index=True)[["school_id", "census_year", "pupils"]]


def draw_trust(forecast, ax=None):
    """Pupils of the trust: counted, then the central forecast inside its 80% band.

    Parameters
    ----------
    forecast : PupilForecast
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own otherwise.

    Returns
    -------
    Axes
    """
    from matplotlib.figure import Figure

    ax = ax or Figure(figsize=(10, 4.2), layout="constrained").subplots()
    totals = forecast.totals()
    rows = totals[totals.school_id == ""]
    _draw(ax, history(forecast), totals, "")
    last = rows.iloc[-1]
    for name, value in (("high", last.high), ("central", last.pupils), ("low", last.low)):
        ax.annotate(f"{name} {value:,}", (last.census_year, value), (5, 0), textcoords="offset points", va="center",
                    fontsize=9)
    ax.set_xlim(right=last.census_year + 1.3)
    ax.set_title("\n".join(textwrap.wrap(trust_finding(forecast), 90)), loc="left", fontsize=12, fontweight="bold",
                 color=INK)
    ax.set_xlabel("Spring census. Solid: counted. Dashed: central forecast. Shaded: 80% band of the trust's total.",
                  fontsize=9)
    return ax


def draw_schools(forecast):
    """A small chart for each school, as ``draw_trust`` has the trust, each with the band of its own total.

    Parameters
    ----------
    forecast : PupilForecast

    Returns
    -------
    Axes
        The first of them.
    """
    from matplotlib.figure import Figure

    shown = forecast.schools[:MOST_CHARTS]
    down = -(-len(shown) // ACROSS)
    axes = Figure(figsize=(10, 1.9 * down + 0.4), layout="constrained").subplots(down, ACROSS, squeeze=False)
    names = forecast.estate.schools.set_index("school_id").name
    past, totals = history(forecast), forecast.totals()
    for ax, school in zip(axes.flat, shown, strict=False):
        _draw(ax, past, totals, school)
        ax.set_title(shortened(names[school], 30), loc="left", fontsize=8.5, color=INK)
        ax.tick_params(labelsize=7)
        ax.xaxis.get_major_locator().set_params(nbins=4)
    for ax in list(axes.flat)[len(shown):]:
        ax.set_visible(False)
    return axes.flat[0]


def _draw(ax, past, totals, school):
    from matplotlib.ticker import MaxNLocator

    counted, ahead = past[past.school_id == school], totals[totals.school_id == school]
    ax.fill_between(ahead.census_year, ahead.p10, ahead.p90, facecolor=BAND, edgecolor="#7fb8dd", linewidth=0.7)
    ax.plot(counted.census_year, counted.pupils, color=INK, linewidth=1.6, marker="o", markersize=2.5)
    ax.plot(ahead.census_year, ahead.pupils, color=LINE, linewidth=1.6, linestyle="--")
    ax.set_ylim(bottom=0, top=1.12 * max(counted.pupils.max() if len(counted) else 0, ahead.p90.max()))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def trust_finding(forecast):
    """The trust's numbers in a sentence."""
    rows = forecast.totals()
    rows = rows[rows.school_id == ""]
    first, last = rows.iloc[0], rows.iloc[-1]
    change = last.pupils / first.pupils - 1.0 if first.pupils else 0.0
    way = f"{percent(abs(change))} {'more' if change > 0 else 'fewer'} than"
    way = "about as many as" if abs(change) < 0.005 else way
    return (f"{last.pupils:,} pupils expected in {last.census_year}, {way} the {first.pupils:,} of {first.census_year}; "
            f"80% sure: {last.low:,} to {last.high:,}")


def card_words(card):
    """The back-test card in sentences, one for each horizon.

    Parameters
    ----------
    card : DataFrame
        As ``PupilForecast.card``.

    Returns
    -------
    list of str
    """
    lines = []
    for row in card.itertuples():
        ahead = f"{row.horizon} year{'s' if row.horizon > 1 else ''} ahead"
        if not row.origins:
            lines.append(f"{ahead}: cannot be tested, for too few censuses.")
            continue
        better = "better" if row.wape_school_year_group < row.wape_pooled3 else "no better"
        lines.append(f"{ahead} ({row.origins} earlier censuses): year groups missed by "
                     f"{percent(row.wape_school_year_group)}, {better} than three-year ratios "
                     f"({percent(row.wape_pooled3)}); school totals by {percent(row.mape_school_total)}, "
                     f"{percent(row.coverage80_school_total)} of them inside their 80% band.")
    return lines


def line_words(line):
    """How the trust lies to the line of pupils for SCA, in a sentence.

    Parameters
    ----------
    line : DataFrame
        As ``PupilForecast.around_the_line``.

    Returns
    -------
    str
    """
    rows = line[line.chance_below.between(0.0005, 0.9995)]
    least = line.loc[line.p10.idxmin()]
    text = (f"Pupils as the test for SCA counts them: for grant year {int(least.grant_year)} at the least "
            f"{least.p10:,.0f} to {least.p90:,.0f} (80%), the line is {least.line:,.0f}")
    if not len(rows):
        side = "above" if least.chance_below < 0.5 else "below"
        return f"{text}: {side} it in every draw."
    worst = rows.loc[rows.chance_below.idxmax()]
    return f"{text}; the chance of being below it is greatest for {int(worst.grant_year)}, {percent(worst.chance_below)}."


def _table(forecast):
    """Each school and the trust: now and some censuses ahead, with bands, as text cells."""
    totals, names = forecast.totals(), forecast.estate.schools.set_index("school_id").name
    years = [forecast.origin + ahead for ahead in AHEAD if forecast.origin + ahead < forecast.census_years[-1]]
    years.append(forecast.census_years[-1])
    rows = []
    for school in (*forecast.schools, ""):
        own = totals[totals.school_id == school].set_index("census_year")
        cells = [f"{own.pupils[forecast.origin]:,}"]
        for year in years:
            cells += [f"{own.pupils[year]:,}", f"{own.p10[year]:,.0f} to {own.p90[year]:,.0f}"]
        rows.append((plain(names[school]) if school else "The trust", cells))
    return years, rows


def pupils_text(forecast):
    """The forecast on one screen.

    Parameters
    ----------
    forecast : PupilForecast

    Returns
    -------
    str
    """
    years, rows = _table(forecast)
    wide = max(len(name) for name, _ in rows)
    lines = [*textwrap.wrap(f"{plain(forecast.estate.trust['name'])}: {trust_finding(forecast)}.", WIDE), ""]
    lines.append(f"{'':{wide}} {forecast.origin:>7}" + "".join(f"{year:>8} {'80% band':>15}" for year in years))
    for name, cells in rows:
        lines.append(f"{name:{wide}} {cells[0]:>7}" + "".join(f"{cells[i]:>8} {cells[i + 1]:>15}" for i in range(
            1, len(cells), 2)))
    lines += ["", "Bands are of each total by itself: those of schools do not add up to the trust's, which is surer.", ""]
    for text in (line_words(forecast.around_the_line()), "Back-test on the trust's own censuses:",
                 *card_words(forecast.card), *forecast.notes):
        lines += textwrap.wrap(text, WIDE, subsequent_indent="  ")
    return "\n".join(lines)


def pupils_html(forecast):
    """The page: charts, a table of totals, the card, what each intake rests on, the notes.

    Parameters
    ----------
    forecast : PupilForecast

    Returns
    -------
    str
        A whole page that refers to nothing outside itself.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .charts import svg

    years, rows = _table(forecast)
    charts = [base64.b64encode(svg(draw, forecast)).decode("ascii") for draw in (draw_trust, draw_schools)]
    names = forecast.estate.schools.set_index("school_id").name
    methods = [(plain(names[row.school_id]), _group_name(row.year_group), row.method, plain(row.basis))
               for row in forecast.methods.itertuples()]
    line = [(row.grant_year, row.census_year, f"{row.p10:,.0f}", f"{row.p50:,.0f}", f"{row.p90:,.0f}", f"{row.line:,.0f}",
             percent(row.chance_below)) for row in forecast.around_the_line().itertuples()]
    more = len(forecast.schools) - MOST_CHARTS
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    return pages.get_template("pupils.html.j2").render(
        title=f"{plain(forecast.estate.trust['name'])}: pupils to {forecast.census_years[-1]}",
        finding=trust_finding(forecast), scenario=forecast.scenario.name, origin=forecast.origin,
        years=years, rows=rows, charts=charts, more=max(more, 0),
        card=card_words(forecast.card), methods=methods, line=line, line_words=line_words(forecast.around_the_line()),
        notes=forecast.notes, alt=_alt(rows, years, forecast.origin))


def _alt(rows, years, origin):
    each = [f"{name} {cells[0]} in {origin}, {cells[-2]} in {years[-1]} ({cells[-1]})" for name, cells in rows]
    return f"Pupils counted and forecast: {listed(each)}."


def _group_name(group):
    """A year group as schools call it."""
    return {-1: "Nursery", 0: "Reception"}.get(int(group), f"Year {int(group)}")


def facts_of(forecast):
    """What stands in ``pupils.json``.

    Parameters
    ----------
    forecast : PupilForecast

    Returns
    -------
    dict
    """
    totals = forecast.totals()
    return {"trust": forecast.estate.trust["name"], "scenario": forecast.scenario.name, "origin": forecast.origin,
            "census_years": list(forecast.census_years), "replicates": int(forecast.draws.shape[-1]),
            "seed": forecast.scenario.pupils.seed, "level": forecast.scenario.pupils.level,
            "band_scales": [float(scale) for scale in np.round(forecast.scales, 3)], "notes": list(forecast.notes),
            "trust_totals": totals[totals.school_id == ""].drop(columns="school_id").to_dict("records"),
            "schools": totals[totals.school_id != ""].to_dict("records"),
            "around_the_line": forecast.around_the_line().to_dict("records"), "card": forecast.card.to_dict("records")}
