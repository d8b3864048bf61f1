"""Envelopes for a finance director: a screen of figures and one chart."""

import math

from .explorer_words import held_words
from .words import money

TODAY_COLOUR, LINE_COLOUR, BOUND_COLOUR = "#c1440e", "#1f4e5f", "#9db5bd"


def envelopes_text(frame, rules, facts):
    """What more and less money would do, on one screen.

    Parameters
    ----------
    frame, rules : DataFrame
        As ``money_job`` makes them.
    facts : dict
        What stands in ``envelopes.json``.

    Returns
    -------
    str
    """
    rows = [_row(row) for row in frame.itertuples()]
    lines = [f"{facts['trust']}: what more and less money would do (scenario {facts['scenario']}, every pot alike)", "",
             f"{'money':>16}{'':>8}{'schemes':>9}{'loss avoided':>14}{'proved to':>11}{'backlog end':>13}{'failures':>10}"
             f"{'pupil-days':>12}{'a £ more avoids':>16}", *rows, "",
             "A £ more: what each pound more than in the line above avoids.", held_words(frame, facts), *_step_words(frame)]
    if len(rules):
        lines += ["", "What each rule costs, in loss no longer avoided:"]
        lines += [f"  {row.rule:34} between {money(row.price_least_gbp)} and {money(row.price_most_gbp)}"
                  for row in rules.itertuples()]
    return "\n".join(lines)


def _step_words(frame):
    """What a pound avoids just below and just above today's money, where there are programmes on both sides."""
    today = int((frame.share_of_today == 1.0).to_numpy().argmax())
    below, above = frame.value_per_further_gbp.reindex([frame.index[0] + today, frame.index[0] + today + 1])
    if math.isnan(below) or math.isnan(above):
        return []
    return [f"Around today's money the last pound avoids £{below:.2f} of loss, the next £{above:.2f} (each proved only "
            "as far as the programmes are)."]


def _row(row):
    today = "today" if row.share_of_today == 1.0 else f"{row.share_of_today:.0%}"
    if row.reason:
        return f"{money(row.money_gbp):>16}{today:>8}   no programme: {row.reason[:90]}"
    further = "" if math.isnan(row.value_per_further_gbp) else f"£{row.value_per_further_gbp:.2f}"
    return (f"{money(row.money_gbp):>16}{today:>8}{row.schemes:9,.0f}{money(row.value_gbp):>14}{row.gap:11.2%}"
            f"{money(row.backlog_end_gbp):>13}{row.failures:10,.0f}{row.pupil_days:12,.0f}{further:>16}")


def draw_envelopes(frame, facts):
    """Money against loss avoided, backlog at the end and pupil-days, with today's money marked.

    Parameters
    ----------
    frame : DataFrame
        As ``money_job.envelopes_frame`` returns it.
    facts : dict
        What stands in ``envelopes.json``.

    Returns
    -------
    Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    good, today = frame[frame.reason == ""], float(frame.money_gbp[frame.share_of_today == 1.0].iloc[0])
    panels = (("value_gbp", 1e6, "loss avoided, £m (present value)"),
              ("backlog_end_gbp", 1e6, "backlog at the end, £m (real)"),
              ("pupil_days", 1e3, "pupil-days of closure, thousand"))
    for axes, (name, unit, label) in zip(figure.subplots(1, 3), panels, strict=True):
        axes.plot(good.money_gbp / 1e6, good[name] / unit, color=LINE_COLOUR, marker="o", markersize=3)
        if name == "value_gbp":
            axes.plot(good.money_gbp / 1e6, good.bound_gbp / unit, color=BOUND_COLOUR, linestyle="--", linewidth=1)
        axes.axvline(today / 1e6, color=TODAY_COLOUR, linewidth=1)
        axes.annotate("today's money", (today / 1e6, 0.02), xycoords=("data", "axes fraction"), rotation=90, fontsize=8,
                      color=TODAY_COLOUR, ha="right")
        axes.set_title(label, fontsize=10)
        axes.set_xlabel("money over the plan, £m (nominal)", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{facts['trust']}: what more and less money would do", fontsize=11)
    return figure


def save(figure, path):
    """Write a figure as a picture."""
    figure.savefig(path, dpi=130)
