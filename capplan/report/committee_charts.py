"""What the committee's paper draws: the five charts, among them money against what it does, with today's money marked."""

import numpy as np

from . import charts, words
from .charts import _axes, _titled
from .needs import deferred_needs
from .papers import figure_of

FIRST_SHARE = 0.82  # of the width of page one, on which the first chart has to stand with what is above it
MONEY_LINE, TODAY = "#00507f", "#7a3b00"


def draw_money(read, ax=None):
    """Money against condition: the backlog left at the end for each envelope, or where none were solved, loss avoided.

    Parameters
    ----------
    read : CommitteeRead
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own otherwise.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, 4.2)
    across, up, today = money_curve(read)
    ax.plot(across, up, "-o" if read.explored is not None else "-", color=MONEY_LINE, linewidth=2.2, markersize=4)
    ax.axvline(today, color=TODAY, linestyle="--", linewidth=1.6)
    right = today <= 0.6 * across.max()
    ax.annotate(f"today's money {words.money(today)}", (today, 0), (5 if right else -5, 8), textcoords="offset points",
                ha="left" if right else "right", fontsize=9.5, fontweight="bold", color=TODAY)
    ax.set_xlim(0, 1.05 * max(across.max(), today) or 1.0)
    ax.set_ylim(0, 1.12 * up.max() or 1.0)
    ax.xaxis.set_major_formatter(words.money_tick)
    ax.yaxis.set_major_formatter(words.money_tick)
    ax.grid(color="#d8d8d8", linewidth=0.6)
    return _titled(ax, money_finding(read), _basis(read))


def money_curve(read):
    """The line of the chart.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    tuple of (array, array, float)
        Money [GBP nominal]; backlog at the end of the plan [GBP real] by solved envelopes, or loss avoided [GBP present] by
        schemes in order of loss for the pound; and today's money [GBP nominal].
    """
    if read.explored is not None:
        frame = read.explored.frame.dropna(subset=["backlog_end_gbp"]).sort_values("money_gbp")
        today = frame.money_gbp[frame.share_of_today == 1.0]
        return frame.money_gbp.to_numpy(), frame.backlog_end_gbp.to_numpy(), float(today.iloc[0] if len(today) else np.nan)
    results = read.results
    funded = results.funded.sort_values(["value_per_gbp", "scheme_id"], ascending=[False, True])
    left = deferred_needs(results).sort_values(["value_per_gbp", "scheme_id"], ascending=[False, True])
    cost = np.concatenate([[0.0], funded.cost_gbp, left.cost_gbp])
    worth = np.concatenate([[0.0], funded.value_gbp, left.value_gbp])
    return np.cumsum(cost), np.cumsum(worth), float(funded.cost_gbp.sum())


def money_finding(read):
    """What the chart shows, in a sentence."""
    across, up, today = money_curve(read)
    if read.explored is not None:
        now = float(np.interp(today, across, up))
        return (f"Today's money leaves a backlog of {words.money(now)}; {words.money(across[-1])} would leave "
                f"{words.money(up[-1])}")
    now = float(np.interp(today, across, up))
    more = f"; what waits would cost {words.money(across[-1] - today)} more and avoid {words.money(up[-1] - now)} more" \
        if across[-1] - today > words.NEGLIGIBLE_GBP else "; nothing waits"
    return f"Today's {words.money(today)} avoids a loss of {words.money(now)}{more}"


def money_alt(read):
    """The chart for someone who cannot see it."""
    across, up, today = money_curve(read)
    places = np.unique(np.linspace(0, len(across) - 1, min(6, len(across))).astype(int))
    path = words.listed(f"{words.money(across[place])} {words.money(up[place])}" for place in places)
    what = "backlog at the end of the plan" if read.explored is not None else "loss avoided"
    return f"{money_finding(read)}. A line of money against {what}: {path}. Today's money is marked at {words.money(today)}."


def _basis(read):
    base = read.results.solution["price_base"]
    if read.explored is not None:
        return f"Across: money over the plan, pounds of the day. Up: backlog at its end, {base} prices; each dot was solved"
    return (f"Across: cost, pounds of the day. Up: expected loss avoided, discounted, at {base} prices. Works in order of "
            "loss for the pound, not planned again")


def five_charts(read):
    """The charts of the paper as blocks: backlog, reserves, money, schools and years, movements.

    Parameters
    ----------
    read : CommitteeRead

    Returns
    -------
    list of Figure
    """
    own = {draw: (caption, alt) for draw, caption, alt in charts.CHARTS}
    wanted = (charts.draw_backlog, charts.draw_reserves, draw_money, charts.draw_schools, charts.draw_bridge)
    captions = {charts.draw_backlog: "Backlog by grade. Left bar: nothing funded. Right bar: what stays unfunded with the "
                                     "programme; the difference is what the programme puts right or keeps from wearing.",
                draw_money: "Condition against money, with today's money marked."}
    made = []
    for draw in wanted:
        if draw is draw_money:
            made.append(figure_of(draw, read, captions[draw], money_alt(read)))
        else:
            caption, alt = own[draw]
            made.append(figure_of(draw, read.results, captions.get(draw, f"{caption}."), alt(read.results),
                                  FIRST_SHARE if draw is charts.draw_backlog else 1.0))
    return made
