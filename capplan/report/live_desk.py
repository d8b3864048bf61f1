"""What a finance director's live desk shows of a sum of money: a sentence, a table and a chart, as a piece of a page."""

import base64
import html

from .charts import svg
from .explorer_words import MEASURES, cells_of, spoken, today_of
from .words import money


def desk_html(frame, place, facts, only=""):
    """What the desk shows of a sum of money, as a piece of a page.

    Parameters
    ----------
    frame : DataFrame
        Every sum tried, as ``money_job.envelopes_frame`` makes it.
    place : int
        Which row is shown.
    facts : dict
        ``backlog_now_gbp`` and ``price_base``.
    only : str
        The only route whose money changes; blank: all.

    Returns
    -------
    str
        HTML; names and reasons are text in it.
    """
    reason = frame.reason[place]
    only = f" Only {html.escape(only)} changes." if only else ""
    parts = [f'<p role="status" style="font-size:1.1em"><b>{html.escape(spoken(frame, place, facts))}</b>{only}</p>']
    if reason:
        return parts[0] + f'<p style="white-space:pre-line">{html.escape(reason)}</p>'
    rows = "".join(f"<tr><th scope='row' style='text-align:left;font-weight:normal'>{measure.name}</th>"
                   f"<td style='text-align:right'>{text}</td><td style='text-align:right'>{apart}</td></tr>"
                   for measure, (text, apart) in zip(MEASURES, cells_of(frame, place, today_of(frame)), strict=True) if text)
    parts.append("<table><caption style='text-align:left'>The best programme found; loss avoided and backlog in pounds at "
                 f"{facts['price_base']} prices, money in pounds of the day.</caption><thead><tr><th scope='col'>Figure</th>"
                 "<th scope='col'>This money</th><th scope='col'>Beside today's</th></tr></thead>"
                 f"<tbody>{rows}</tbody></table>")
    return "".join(parts) + _chart(frame, place)


def _chart(frame, place):
    """All sums tried so far with the one chosen ringed, as a picture that says in words what it shows."""
    def draw_tried(_, ax=None):
        """Loss avoided and backlog at the end against money."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3.2), layout="constrained")
        good, panels = frame[frame.reason == ""], (("value_gbp", "Loss avoided, £m (present value)"),
                                                   ("backlog_end_gbp", "Backlog at the end, £m"))
        for axes, (column, title) in zip(figure.subplots(1, 2), panels, strict=True):
            axes.plot(good.money_gbp / 1e6, good[column] / 1e6, color="#1f4e5f", marker="o", markersize=4)
            axes.plot(frame.money_gbp[place] / 1e6, frame[column][place] / 1e6, marker="o", markersize=13, color="none",
                      markeredgecolor="#111111", markeredgewidth=2)
            today = today_of(frame)
            axes.axvline(frame.money_gbp[today] / 1e6, color="#b23a0e", linewidth=1)
            axes.annotate("today's money", (frame.money_gbp[today] / 1e6, 0.02), xycoords=("data", "axes fraction"),
                          rotation=90, fontsize=8, color="#b23a0e", ha="right")
            axes.set_title(title, fontsize=10)
            axes.set_xlabel("money over the plan, £m (pounds of the day)", fontsize=9)
            axes.set_ylim(0, 1.12 * max(float(good[column].max()) / 1e6, 1e-9))
            axes.spines[["top", "right"]].set_visible(False)
        return figure.axes[0]

    tried = "; ".join(f"{money(row.money_gbp)}: {money(row.value_gbp)} avoided, {money(row.backlog_end_gbp)} left"
                      for row in frame[frame.reason == ""].itertuples())
    data = base64.b64encode(svg(draw_tried, frame)).decode("ascii")
    alt = html.escape(f"Loss avoided and backlog at the end against money, the sum chosen ringed. {tried}.", quote=True)
    return f'<img alt="{alt}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'
