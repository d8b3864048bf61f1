"""Sensitivity for a reader: one screen, one chart for each headline, one page."""

import base64
import textwrap
from pathlib import Path

import numpy as np

from .words import money, plain

TEMPLATES = Path(__file__).parent / "templates"
TITLES = {"backlog_end_gbp": "Backlog at the end of the plan", "loss_avoided_gbp": "Expected loss avoided",
          "pupil_days": "Pupil-days lost to closures over the plan", "least_headroom_gbp": "Least headroom of the reserves",
          "value_gbp": "Value of the programme"}
BASIS = {"backlog_end_gbp": "pounds at the plan's prices (real)",
         "loss_avoided_gbp": "pounds, real and discounted, from the condition of every component",
         "pupil_days": "school days of pupils", "value_gbp": "pounds, real and discounted, as the optimiser adds it up",
         "least_headroom_gbp": "pounds of the day above the floor; below nought: what cannot be paid for without going "
         "below it"}
ASKED = {"paid_for": "It can no longer be paid for",
         "better_than_a_rule": "The programme of value per pound is worth as much",
         "better_than_nothing": "It avoids no more than it costs"}
MOST_BARS, SCREEN_BARS = 12, 4
LOW, HIGH, INK = ("#f6dfa4", "..."), ("#7fb8dd", "///"), "#1a1a1a"


def shown(headline, value):
    """A headline figure in words: pounds, or pupil-days.

    Examples
    --------
    >>> shown("value_gbp", 1_234_567), shown("pupil_days", 1357.4)
    ('£1.2m', '1,357')
    """
    if value != value:
        return "none"
    return f"{value:,.0f}" if headline == "pupil_days" else money(value)


def bars(frame, headline, most=MOST_BARS):
    """The rows of one headline that move it, the largest swing first."""
    rows = frame[(frame.headline == headline) & (frame.swing > 0)]
    return rows.head(most)


def tornado_text(frame, switches, facts):
    """What moves each headline most and where the programme switches, on one screen.

    Parameters
    ----------
    frame, switches : DataFrame
        As ``sensitivity.tornado`` and ``sensitivity.switching`` return them; the second may be empty.
    facts : dict
        What stands in ``sensitivity.json``.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: what would change the answer (scenario {plain(facts['scenario'])}; the programme "
             f"{facts['plan']}; one figure at a time)"]
    for headline, title in TITLES.items():
        own = frame[frame.headline == headline]
        lines += ["", f"{title}: {shown(headline, own.result.iloc[0])}"]
        for row in bars(frame, headline, SCREEN_BARS).itertuples():
            lines.append(f"  {row.figure:<32}{row.low_value:>9.4g} {shown(headline, row.result_low):>9}"
                         f"   {row.high_value:>9.4g} {shown(headline, row.result_high):>9}")
        if not (own.swing > 0).any():
            lines.append("  no figure within its range moves it")
    sentences = switching_words(switches)
    if sentences:
        lines += ["", "Switching values of the programme as it is:"]
    for sentence in sentences:
        lines += textwrap.wrap(sentence, 110, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines)


def switching_words(switches):
    """The switching values in sentences, one for each question; none where nothing was asked."""
    if not len(switches):
        return []
    lines = []
    for question, asked in ASKED.items():
        rows = switches[switches.question == question]
        at = [f"{row.figure} at {row.switches_at:.4g} (own {row.own_value:.4g})" for row in rows.itertuples()
              if row.switches_at == row.switches_at]
        if (rows.verdict == "already so").all():
            words = "already so with the scenario's own figures"
        elif rows.verdict.str.startswith("cannot").all():
            words = "cannot be asked: the rule misses a must-do"
        else:
            words = "; ".join(at) if at else f"none within the range of any of {len(rows)} figures"
        lines.append(f"{asked}: {words}.")
    return lines


def draw_tornado(frame, headline):
    """One headline with each figure at its low and high value, as bars from its own value.

    Parameters
    ----------
    frame : DataFrame
        As ``sensitivity.tornado`` returns it.
    headline : str
        One of ``TITLES``.

    Returns
    -------
    Axes
    """
    from matplotlib.figure import Figure

    rows = bars(frame, headline)
    own = frame[frame.headline == headline].result.iloc[0]
    axes = Figure(figsize=(10, 1.7 + 0.42 * max(len(rows), 1)), layout="constrained").subplots()
    for place, row in enumerate(rows.itertuples()):
        ends = [(row.result_low, row.low_value, LOW, "low value of the figure"),
                (row.result_high, row.high_value, HIGH, "high value of the figure")]
        ends = [end for end in ends if end[0] == end[0]]
        same_side = len({end[0] > own for end in ends if end[0] != own}) == 1 and all(end[0] != own for end in ends)
        for result, value, (fill, hatch), label in sorted(ends, key=lambda end: -abs(end[0] - own)):
            axes.barh(place, result - own, 0.62, left=own, facecolor=fill, hatch=hatch, edgecolor="#333333", linewidth=0.7,
                      label=label if place == 0 else None)
            if result != own and not (same_side and abs(result - own) < max(abs(end[0] - own) for end in ends)):
                axes.annotate(f"{value:.4g}: {shown(headline, result)}", (result, place), (4 if result > own else -4, 0),
                              textcoords="offset points", va="center", ha="left" if result > own else "right", fontsize=8.5)
    axes.axvline(own, color=INK, linewidth=1.4)
    axes.set_yticks(range(len(rows)), list(rows.figure), fontsize=9)
    axes.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    reach = np.nanmax(np.abs(rows[["result_low", "result_high"]].to_numpy() - own), initial=1.0)
    axes.set_xlim(own - 1.45 * reach, own + 1.45 * reach)
    axes.xaxis.set_major_formatter(lambda value, _: shown(headline, value))
    axes.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    handles = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    if handles:
        axes.legend(handles.values(), handles, loc="lower right", frameon=False, fontsize=8.5)
    axes.set_title(f"{TITLES[headline]}: {shown(headline, own)} with the scenario's own figures", loc="left", fontsize=12,
                   fontweight="bold", color=INK)
    axes.set_xlabel(BASIS[headline], fontsize=9)
    return axes


def tornado_html(frame, switches, facts):
    """The page: for each headline its chart, in words and as a table, and the switching values.

    Parameters as for ``tornado_text``. Returns a whole page that refers to nothing outside itself.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .charts import svg

    figures = []
    for headline, title in TITLES.items():
        def draw(chosen):
            """The chart of one headline."""
            return draw_tornado(frame, chosen)
        data = base64.b64encode(svg(draw, headline)).decode("ascii")
        figures.append({"id": headline, "heading": title, "alt": _alt(frame, headline), "data": data,
                        "table": _table(frame, headline)})
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    rows = [(row.figure, ASKED[row.question], f"{row.own_value:.4g}", row.verdict) for row in switches.itertuples()
            if row.verdict != "none within the range"]
    return pages.get_template("tornado.html.j2").render(
        title=f"{plain(facts['trust'])}: what would change the answer", facts=facts, figures=figures,
        switching=switching_words(switches), switches=rows, notes=facts["notes"])


def _alt(frame, headline):
    rows = bars(frame, headline)
    if not len(rows):
        return f"{TITLES[headline]}: no figure within its range moves it."
    each = [f"{row.figure} at {row.low_value:.4g} gives {shown(headline, row.result_low)}, at {row.high_value:.4g} "
            f"{shown(headline, row.result_high)}" for row in rows.itertuples()]
    return f"{TITLES[headline]}, bars on both sides of its own value: {'; '.join(each)}."


def _table(frame, headline):
    rows = frame[frame.headline == headline]
    return [(row.figure, plain(row.meaning), f"{row.own_value:.4g}", f"{row.low_value:.4g}",
             shown(headline, row.result_low) if not row.reason_low else "no programme",
             f"{row.high_value:.4g}", shown(headline, row.result_high) if not row.reason_high else "no programme",
             plain(row.note), row.status) for row in rows.itertuples()]
