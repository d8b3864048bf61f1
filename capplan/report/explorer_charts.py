"""The charts of the envelope explorer: drawn line by line, so that its script can move a mark over them."""

import math
from dataclasses import dataclass, field

from .explorer_words import today_of
from .words import money, money_tick

WIDTH, HEIGHT = 480.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 466.0, 26.0, 222.0
UPRIGHT_TICKS, MONEY_TICKS = 4, 6
MOST_DOTS = 40
SHORT_LABEL = 90.0


@dataclass(frozen=True)
class Panel:
    """One chart: its name, what it shows, what it says to who cannot see it, and where the mark of each envelope stands.

    ``marks`` holds for each envelope the place of its mark, or of its money only where it has no programme.
    """

    name: str
    title: str
    alt: str
    svg: object = field(repr=False)
    marks: list = field(repr=False)


def panels(frame, facts):
    """The four charts: loss avoided, what the next pound avoids, backlog at the end, pupil-days.

    Parameters
    ----------
    frame : DataFrame
        As ``money_job.envelopes_frame`` returns it.
    facts : dict
        What stands in ``envelopes.json``.

    Returns
    -------
    list of Panel
    """
    lines = (("loss", "value_gbp", "Loss avoided, £ (present value)", money_tick, None),
             ("backlog", "backlog_end_gbp", f"Backlog at the end, £ at {facts['price_base']} prices", money_tick,
              ("today's backlog", facts["backlog_now_gbp"])),
             ("pupils", "pupil_days", "Pupil-days of closure over the plan", "{:,.0f}".format, None))
    made = {name: _line(frame, name, column, title, label, level) for name, column, title, label, level in lines}
    return [made["loss"], _steps(frame), made["backlog"], made["pupils"]]


class _Scale:
    """From money and a measure to the places of a drawing."""

    def __init__(self, money_gbp, values):
        self.most_money = max(*money_gbp, 1.0)
        self.step = nice_step(max([*values, 0.0]) or 1.0)
        self.top = self.step * max(1, math.ceil(max([*values, self.step]) / self.step - 1e-9))

    def across(self, money_gbp):
        """Place of an amount of money."""
        return round(LEFT + (RIGHT - LEFT) * money_gbp / self.most_money, 1)

    def up(self, value):
        """Place of a value."""
        return round(BOTTOM - (BOTTOM - TOP) * value / self.top, 1)


def nice_step(most, ticks=UPRIGHT_TICKS):
    """A round step that takes some four, or as many as asked, to reach a value.

    Examples
    --------
    >>> nice_step(47.7e6), nice_step(0.8), nice_step(3.0)
    (20000000.0, 0.2, 1.0)
    """
    raw = most / ticks
    scale = 10.0 ** math.floor(math.log10(raw))
    return next(round(times * scale, 10) for times in (1, 2, 2.5, 5, 10) if times * scale >= raw * (1 - 1e-9))


def _line(frame, name, column, title, label, level):
    """A line over money, with the best possible dashed above it where it is the loss avoided."""
    good = frame[frame.reason == ""]
    bounds = list(good.bound_gbp) if name == "loss" else []
    scale = _Scale(frame.money_gbp, [*good[column], *bounds, *([level[1]] if level else [])])
    marks = [[scale.across(row.money_gbp), None if row.reason else scale.up(getattr(row, column))]
             for row in frame.itertuples()]
    dots = [(x, y) for x, y in marks if y is not None]
    parts = _frame_parts(frame, scale, name, label)
    if level:
        y = scale.up(level[1])
        parts += [f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" class="level"/>',
                  _text(RIGHT, y - 4, f"{level[0]}, {money(level[1])}", "end")]
    if bounds:
        ends = " ".join(f"{scale.across(x)},{scale.up(y)}" for x, y in zip(good.money_gbp, bounds, strict=True))
        parts.append(f'<polyline points="{ends}" class="bound"/>')
    parts.append(f'<polyline points="{" ".join(f"{x},{y}" for x, y in dots)}" class="found"/>')
    if len(dots) <= MOST_DOTS:
        parts += [f'<circle cx="{x}" cy="{y}" r="2.5" class="dot"/>' for x, y in dots]
    alt = _line_alt(good, column, title, money if column.endswith("_gbp") else "{:,.0f}".format)
    return Panel(name, title, alt, _svg(name, alt, parts, frame, marks), marks)


def _line_alt(good, column, title, write):
    if not len(good):
        return f"{title}: no envelope has a programme."
    first, last = good.iloc[0], good.iloc[-1]
    return (f"{title}, against money: {write(first[column])} with {money(first.money_gbp)}, {write(last[column])} with "
            f"{money(last.money_gbp)}. The table of every envelope below has the figures.")


def _steps(frame):
    """What each further pound avoids: one hatched bar from each envelope to the next."""
    title = "What each pound more avoids, £"
    steps = [(frame.money_gbp.iloc[place - 1], row.money_gbp, max(0.0, row.value_per_further_gbp))
             for place, row in enumerate(frame.itertuples())
             if place and row.value_per_further_gbp == row.value_per_further_gbp]
    scale = _Scale(frame.money_gbp, [value for *_, value in steps])
    parts = _frame_parts(frame, scale, "next", "£{:,.2f}".format)
    for low, high, value in steps:
        left, right = scale.across(low), scale.across(high)
        parts.append(f'<rect x="{left}" y="{scale.up(value)}" width="{right - left:.1f}" '
                     f'height="{BOTTOM - scale.up(value):.1f}" class="step" fill="url(#hatch-next)"/>')
    if scale.top >= 1.0:
        parts += [f'<line x1="{LEFT}" y1="{scale.up(1)}" x2="{RIGHT}" y2="{scale.up(1)}" class="level"/>',
                  _text(RIGHT, scale.up(1) - 4, "£1 for £1", "end", "halo")]
    reached = {high: value for _, high, value in steps}
    marks = [[scale.across(here), scale.up(reached[there])] if there in reached else [scale.across(here), None]
             for here, there in zip(frame.money_gbp, [*frame.money_gbp.iloc[1:], None], strict=True)]
    alt = "No step between envelopes can be told." if not steps else (
        f"Bars that fall as money grows: from £{steps[0][2]:.2f} for each pound more at {money(steps[0][0])} to "
        f"£{steps[-1][2]:.2f} at {money(steps[-1][0])}.")
    return Panel("next", title, alt, _svg("next", alt, parts, frame, marks), marks)


def _frame_parts(frame, scale, name, label):
    """Grid, axes, today's money, and the envelopes that have no programme as a hatched region."""
    parts = []
    for tick in range(round(scale.top / scale.step) + 1):
        y = scale.up(tick * scale.step)
        parts += [f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}" class="grid"/>',
                  _text(LEFT - 6, y + 4, label(round(tick * scale.step, 10)), "end")]
    step = nice_step(scale.most_money, MONEY_TICKS)
    for tick in range(math.floor(scale.most_money / step + 1e-9) + 1):
        x = scale.across(tick * step)
        parts += [f'<line x1="{x}" y1="{BOTTOM}" x2="{x}" y2="{BOTTOM + 4}" class="axis"/>',
                  _text(x, BOTTOM + 18, money_tick(tick * step), "middle")]
    parts += [f'<line x1="{LEFT}" y1="{BOTTOM}" x2="{RIGHT}" y2="{BOTTOM}" class="axis"/>',
              _text((LEFT + RIGHT) / 2, BOTTOM + 38, "money over the plan, pounds of the day", "middle")]
    bad, good = frame[frame.reason != ""], frame[frame.reason == ""]
    if len(bad):
        until = scale.across(good.money_gbp.iloc[0] if len(good) else bad.money_gbp.iloc[-1])
        parts += [f'<rect x="{LEFT}" y="{TOP}" width="{until - LEFT:.1f}" height="{BOTTOM - TOP}" class="none" '
                  f'fill="url(#hatch-{name}-none)"/>']
        wide = until - LEFT > SHORT_LABEL
        parts.append(_text(LEFT + 6, TOP + 14, "no programme" if wide else "none", "start", "halo"))
    today = today_of(frame)
    if today is not None:
        x = scale.across(frame.money_gbp.iloc[today])
        parts += [f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{BOTTOM}" class="today"/>',
                  _text(x, TOP - 12, "today's money", "middle")]
    return parts


def _svg(name, alt, parts, frame, marks):
    from markupsafe import Markup, escape

    today = today_of(frame)
    x, y = marks[len(frame) // 2 if today is None else today]
    shown = "" if y is not None else ' style="display:none"'
    mark = (f'<g id="mark-{name}"><line x1="{x}" y1="{TOP}" x2="{x}" y2="{BOTTOM}" class="mark"/>'
            f'<circle cx="{x}" cy="{y or 0}" r="7" class="ring"{shown}/></g>')
    hatches = "".join(
        f'<pattern id="hatch-{name}{suffix}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({turn})"><rect width="7" height="7" fill="{fill}"/>'
        f'<line x1="0" y1="0" x2="0" y2="7" stroke="{ink}" stroke-width="1.6"/></pattern>'
        for suffix, turn, fill, ink in (("", 45, "#cfe5f3", "#33658a"), ("-none", -45, "#f3f3f3", "#9a9a9a")))
    return Markup(f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(alt)}" id="chart-{name}">'
                  f'<defs>{hatches}</defs>{"".join(parts)}{mark}</svg>')


def _text(x, y, text, anchor, kind=""):
    from markupsafe import escape

    looks = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{looks}>{escape(text)}</text>'
