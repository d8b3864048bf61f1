"""The charts of a results folder. Each is ``f(results, ax=None) -> Axes`` and its title says what it shows.

Readable without colour: every series has a hatch or a line style of its own, a lightness of its own and a label.
Nothing here touches matplotlib's global state.
"""

import textwrap

import numpy as np

from ..tables import ROUTES
from . import words
from .common_money import BANDS_WITHIN, unspent_alt, unspent_by_vintage, unspent_finding, watch_bands
from .drawing import svg as svg
from .needs import needs_by_element
from .results import CONTRIBUTIONS, COUNTED_GRADES, PLANS, RESERVES, backlog_by_grade, spend_by_pot, spend_by_school

# Light tints of colours told apart by colour-blind readers (the order of Okabe and Ito's palette), each with a hatch.
USUAL_ROUTES = ("SCA", "DFC", "CIF", "PSDS4", "other grant")
SERIES = (("#8cc4e8", "///"), ("#f6dfa4", "---"), ("#e39a7c", "xxx"), ("#b5e0cb", "\\\\\\"), ("#f8f0a8", ".."),
          ("#d9b3cf", "+++"), ("#c9c9c9", "//"))
OWN_SERIES = {CONTRIBUTIONS: ("#ffffff", "oo"), RESERVES: ("#efefef", "||")}
GRADES = {"C": ("#fdf0c8", ".."), "D": ("#f2b766", "///"), "E": ("#d3704f", "xxxx")}
FUNDED, DEFERRED = ("#7fb8dd", "///"), ("#f6e3c0", "..")
BRIDGE_LOOKS = {"end": ("#dfe5ea", ""), "more": ("#e9a58a", ".."), "less": ("#8cc4e8", "---")}
INK, EDGE = "#1a1a1a", "#333333"
WIDTH_IN = 10.0
MOST_SCHOOLS, MOST_VINTAGES = 25, 40
CROWDED_YEARS = 12
LIGHTENED = 1.6  # the darkest cell takes the colour at 1/1.6 of the scale, on which dark figures stay readable


def draw_spend(results, ax=None):
    """Spend by planning year and pot, stacked. [GBP nominal]

    Parameters
    ----------
    results : Results
        What to draw.
    ax : matplotlib Axes, optional
        Where to draw; a figure of its own otherwise.

    Returns
    -------
    Axes
    """
    ax = _axes(ax, 4.6)
    table = spend_by_pot(results)
    bottom = np.zeros(len(table))
    for source, (fill, hatch) in zip(table, _series(list(table)), strict=True):
        heights = table[source].to_numpy()
        ax.bar(range(len(table)), heights, 0.72, bottom=bottom, label=source, **_look(fill, hatch))
        bottom += heights
    for place, total in enumerate(bottom):
        ax.annotate(words.money(total), (place, total), (0, 3), textcoords="offset points", ha="center",
                    fontsize=8.5 if len(table) <= CROWDED_YEARS else 6)
    _label_years(ax, [words.year_label(year) for year in table.index])
    _money_axis(ax, bottom.max())
    _legend(ax, reverse=True)
    return _titled(ax, words.spend_finding(results), "Pounds of the day, by planning year (September to August)")


def draw_backlog(results, ax=None):
    """Backlog of grades C, D and E at each 1 September: without (left bar) and with the programme (right). [GBP real]

    Parameters and result as for ``draw_spend``.
    """
    ax = _axes(ax, 5.0)
    table = backlog_by_grade(results)
    places = np.arange(len(table))
    tallest = 0.0
    for plan, shift in zip(PLANS, (-0.2, 0.2), strict=True):
        bottom = np.zeros(len(table))
        for grade in COUNTED_GRADES:
            heights = table[(plan, grade)].to_numpy()
            ax.bar(places + shift, heights, 0.37, bottom=bottom, label=f"{plan} {grade}", **_look(*GRADES[grade]))
            bottom += heights
        tallest = max(tallest, bottom.max())
        ax.annotate(words.money(bottom[-1]), (places[-1] + shift, bottom[-1]), (0, 3), textcoords="offset points",
                    ha="center" if len(table) < 8 else "right" if shift < 0 else "left", fontsize=9)
    _label_pairs(ax, table.index, places)
    _money_axis(ax, tallest)
    handles = [bars for bars in ax.containers if bars.get_label().startswith("without")]
    ax.legend(handles[::-1], [f"Grade {grade}" for grade in COUNTED_GRADES[::-1]], loc="upper left",
              bbox_to_anchor=(1.01, 1.0), frameon=False, handleheight=1.6, handlelength=2.4)
    return _titled(ax, words.backlog_finding(results), f"Pounds at {results.solution['price_base']} prices, at "
                   "1 September; left bar without the programme, right bar with it")


def draw_bridge(results, ax=None):
    """How the backlog moves from the start of the plan to its end, with the programme, item by item. [GBP real]

    Parameters and result as for ``draw_spend``.
    """
    ax = _axes(ax, 4.8)
    items = words.bridge_items(results)
    if not items:
        ax.text(0.5, 0.5, "No movements in this folder", ha="center", va="center", transform=ax.transAxes, fontsize=13)
        ax.set(xticks=[], yticks=[])
        return _titled(ax, words.bridge_finding(results), "")
    level, top = 0.0, 0.0
    for place, (item, amount) in enumerate(items.items()):
        ends = item in ("opening", "closing")
        start = 0.0 if ends else level
        level = amount if ends else level + amount
        ax.bar(place, abs(level - start), 0.66, bottom=min(start, level),
               **_look(*(BRIDGE_LOOKS["end"] if ends else BRIDGE_LOOKS["more" if amount > 0 else "less"])))
        sign = "" if ends else "+" if amount > 0 else "\N{MINUS SIGN}"
        top = max(top, start, level)
        ax.annotate(f"{sign}{words.money(abs(amount))}", (place, max(start, level)), (0, 3), textcoords="offset points",
                    ha="center", fontsize=9)
        if place < len(items) - 1:
            ax.plot([place + 0.33, place + 0.67], [level, level], color=EDGE, linewidth=0.8)
    ax.set_xticks(range(len(items)), [textwrap.fill(item, 11) for item in items], fontsize=9)
    _money_axis(ax, top)
    return _titled(ax, words.bridge_finding(results), f"Pounds at {results.solution['price_base']} prices, over the whole "
                   "plan with the programme; dotted bars add, ruled bars take off")


def draw_reserves(results, ax=None):
    """Reserves at the end of each planning year against their floor. [GBP nominal]

    Parameters and result as for ``draw_spend``.
    """
    ax = _axes(ax, 4.2)
    reserves = results.reserves
    if not len(reserves):
        ax.text(0.5, 0.5, "No reserves in this plan", ha="center", va="center", transform=ax.transAxes, fontsize=13)
        ax.set(xticks=[], yticks=[])
        return _titled(ax, words.reserves_finding(results), "")
    places = np.arange(len(reserves))
    closing, floor = reserves.closing_gbp.to_numpy(), reserves.floor_gbp.to_numpy()
    gap = {"facecolor": "#dcebf5", "hatch": "/", "label": "above the floor"}, \
        {"facecolor": "#e9a58a", "hatch": "xxx", "label": "below the floor"}
    for style, where in zip(gap, (closing >= floor, closing < floor), strict=True):
        if where.any():
            ax.fill_between(places, closing, floor, where=where, interpolate=True, edgecolor="#8a8a8a",
                            linewidth=0, **style)
    ax.plot(places, closing, "-o", color="#00507f", linewidth=2.2, markersize=5, label="reserves at year end")
    ax.plot(places, floor, "--s", color=INK, linewidth=1.6, markersize=3.5, label="floor")
    basis = _watch_bands(ax, reserves, places, max(closing.max(), floor.max()))
    above = closing[-1] >= floor[-1]
    for name, end, up in (("Reserves", closing[-1], above), ("Floor", floor[-1], not above)):
        ax.annotate(f"{name} {words.money(end)}", (places[-1], end), (8, 5 if up else -5), textcoords="offset points",
                    va="bottom" if up else "top", fontsize=9.5, fontweight="bold")
    _label_years(ax, [words.year_label(year) for year in reserves.year])
    ax.set_xlim(-0.4, len(reserves) - 0.6)
    _money_axis(ax, max(closing.max(), floor.max(), 0), min(closing.min(), floor.min(), 0))
    _legend(ax, below=True)
    return _titled(ax, words.reserves_finding(results), "Free reserves at 31 August at the end of each planning year, "
                   f"pounds of the day{basis}")


def _watch_bands(ax, reserves, places, top):
    """Lines at the shares of income at which DfE may ask, those out of reach of the chart in words."""
    far = ""
    for (share, _, _), style in zip(watch_bands().values(), (":", "-."), strict=True):
        line = share * reserves.income_gbp.to_numpy()
        if line.min() <= 0:
            continue
        if line.min() <= BANDS_WITHIN * max(top, 0.0):
            ax.plot(places, line, style, color="#7a3b00", linewidth=1.2, label=f"{share:.0%} of income")
        else:
            far += f"; {share:.0%} of income is above the chart"
    return far


def draw_unspent(results, ax=None):
    """Grant left at the end of each year by vintage, darker where more; what lapses on the right. [GBP nominal]

    Parameters and result as for ``draw_spend``.
    """
    table, lapsed = unspent_by_vintage(results)
    shown, rest = table.head(MOST_VINTAGES), table.iloc[MOST_VINTAGES:]
    rows = len(shown) + bool(len(rest))
    ax = _axes(ax, 1.5 + 0.27 * max(rows, 2))
    if not rows:
        ax.set(xticks=[], yticks=[])
        return _titled(ax, unspent_finding(results), "")
    cells = np.vstack([shown, rest.sum()]) if len(rest) else shown.to_numpy()
    ax.pcolormesh(np.arange(cells.shape[1] + 1), np.arange(rows + 1), cells, cmap="Blues", vmin=0,
                  vmax=LIGHTENED * max(cells.max(), 1.0), edgecolors="#bbbbbb", linewidth=0.5)
    _write_cells(ax, cells)
    lost = [*lapsed.head(MOST_VINTAGES), *([lapsed.iloc[MOST_VINTAGES:].sum()] if len(rest) else [])]
    for row, amount in enumerate(lost):
        ax.text(cells.shape[1] + 0.12, row + 0.5, f"{words.money(amount)} lapses" if amount > words.NEGLIGIBLE_GBP else "",
                va="center", fontsize=8.5, fontweight="bold")
    labels = [words.shortened(name, 36) for name in shown.index]
    labels += [f"and {words.counted(len(rest), 'other vintage')}"] * bool(len(rest))
    ax.set_yticks(np.arange(rows) + 0.5, labels, parse_math=False, fontsize=8.5)
    ax.set_ylim(rows, 0)
    _label_years(ax, [words.year_label(year) for year in table.columns], shift=0.5)
    ax.set_xlim(0, cells.shape[1])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return _titled(ax, unspent_finding(results), "Thousands of pounds of the day left on 31 August, by route and the years "
                   "it can be spent in", 72)


def draw_schools(results, ax=None):
    """Spend by school and planning year, darker where more; beyond 25 schools the rest are one row. [GBP nominal]

    Parameters and result as for ``draw_spend``.
    """
    table = spend_by_school(results)
    shown, rest = table.head(MOST_SCHOOLS), table.iloc[MOST_SCHOOLS:]
    rows = len(shown) + bool(len(rest))
    ax = _axes(ax, 1.5 + 0.27 * rows)
    ax.pcolormesh(np.arange(table.shape[1] + 1), np.arange(len(shown) + 1), shown.to_numpy(), cmap="Blues",
                  vmin=0, vmax=LIGHTENED * max(shown.to_numpy().max(), 1.0), edgecolors="#bbbbbb", linewidth=0.5)
    names = results.schools.set_index("school_id").name
    labels = [words.shortened(names[school], 36) for school in shown.index]
    if len(rest):
        labels.append(f"and {words.counted(len(rest), 'other')}")
        ax.axhline(len(shown), color=EDGE, linewidth=1.2)
    _write_cells(ax, shown.to_numpy())
    if len(rest):
        _write_cells(ax, rest.sum().to_numpy()[None, :], len(shown))
    totals = [*shown.sum(axis=1), *([rest.to_numpy().sum()] if len(rest) else [])]
    for row, total in enumerate(totals):
        ax.text(table.shape[1] + 0.12, row + 0.5, words.money(total), va="center", fontsize=8.5, fontweight="bold")
    ax.set_yticks(np.arange(rows) + 0.5, labels, parse_math=False, fontsize=8.5)
    ax.set_ylim(rows, 0)
    _label_years(ax, [words.year_label(year) for year in table.columns], shift=0.5)
    ax.set_xlim(0, table.shape[1])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return _titled(ax, words.schools_finding(results), "Thousands of pounds of the day; total of each school on the "
                   "right", 72)


def draw_needs(results, ax=None):
    """What is funded and what is deferred, by element, as paired bars. [GBP nominal]

    Parameters and result as for ``draw_spend``. A need no scheme was chosen for counts once, at its cheapest remedy in
    the first year.
    """
    table = needs_by_element(results)
    ax = _axes(ax, 1.6 + 0.44 * max(len(table), 3))
    places = np.arange(len(table))
    pairs = (("Funded", table.funded_gbp, FUNDED, -0.2), ("Deferred", table.deferred_gbp, DEFERRED, 0.2))
    for name, amounts, look, shift in pairs:
        ax.barh(places + shift, amounts, 0.38, label=name, **_look(*look))
        for place, amount in zip(places + shift, amounts, strict=True):
            ax.annotate(words.money(amount), (amount, place), (4, 0), textcoords="offset points", va="center",
                        fontsize=8)
    ax.set_yticks(places, [textwrap.fill(words.plain(name), 26) for name in table.index], parse_math=False, fontsize=9)
    ax.set_ylim(len(table) - 0.4, -0.6)
    top = table[["funded_gbp", "deferred_gbp"]].to_numpy().max() if len(table) else 0.0
    ax.set_xlim(0, 1.12 * top or 1.0)
    ax.xaxis.set_major_formatter(words.money_tick)
    ax.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    _legend(ax)
    return _titled(ax, words.needs_finding(results), "Funded: pounds of the day of each start. Deferred: "
                   f"{words.IF_DEFERRED}", 72)


CHARTS = ((draw_spend, "Spend by year and pot", words.spend_alt),
          (draw_backlog, "Backlog by grade, without and with the programme", words.backlog_alt),
          (draw_bridge, "How the backlog moves over the plan", words.bridge_alt),
          (draw_reserves, "Reserves, their floor and the watch bands", words.reserves_alt),
          (draw_unspent, "Unspent grant by vintage", unspent_alt),
          (draw_schools, "Spend by school and year", lambda results: words.schools_alt(results, MOST_SCHOOLS)),
          (draw_needs, "Funded and deferred needs by element", words.needs_alt))


def _axes(ax, height_in):
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, height_in), layout="constrained").subplots()


def _series(sources):
    """Fill and hatch of each source of money: a route keeps its own in every run, so that two pages can be compared."""
    grants = [source for source in sources if source not in OWN_SERIES]
    order = [*USUAL_ROUTES, *(route for route in ROUTES if route not in USUAL_ROUTES)]
    order = order if set(grants) <= set(order) else grants
    return [OWN_SERIES[source] if source in OWN_SERIES else SERIES[order.index(source) % len(SERIES)]
            for source in sources]


def _look(fill, hatch):
    return {"facecolor": fill, "hatch": hatch, "edgecolor": EDGE, "linewidth": 0.7}


def _titled(ax, finding, basis, letters=90):
    """Title that states the finding, the basis of the figures under it, and a quiet frame."""
    ax.set_title("\n".join(textwrap.wrap(finding, letters)), loc="left", fontsize=12,
                 fontweight="bold", color=INK, pad=22 if basis else 8, parse_math=False)
    if basis:
        ax.annotate(basis, (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", fontsize=9, color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def _label_years(ax, labels, shift=0.0):
    crowded = len(labels) > CROWDED_YEARS
    ax.set_xticks(np.arange(len(labels)) + shift, labels, fontsize=9, rotation=90 if crowded else 0)


def _label_pairs(ax, years, places):
    """The year under each pair of bars and, where there is room, which bar is which."""
    crowded = len(years) > 16
    ax.set_xticks(places, years, fontsize=9, rotation=90 if crowded else 0)
    if crowded:
        return
    ax.tick_params(axis="x", which="major", pad=42, length=0)
    ax.set_xticks(np.sort(np.concatenate([places - 0.2, places + 0.2])), ["without", "with"] * len(places), minor=True,
                  rotation=90, fontsize=7.5)


def _money_axis(ax, top, least=0.0):
    ax.yaxis.set_major_formatter(words.money_tick)
    reach = top - least or 1.0
    ax.set_ylim(least - 0.1 * reach * (least < 0), top + 0.1 * reach)
    ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)


def _legend(ax, reverse=False, below=False):
    handles, labels = ax.get_legend_handles_labels()
    if not handles:
        return
    order = slice(None, None, -1 if reverse else 1)
    place = {"bbox_to_anchor": (1.01, 1.0)}
    if below:
        from matplotlib.transforms import offset_copy

        drop = 20 if len(ax.get_xticks()) <= CROWDED_YEARS else 52
        place = {"bbox_to_anchor": (0.0, 0.0), "ncols": len(handles),
                 "bbox_transform": offset_copy(ax.transAxes, ax.figure, y=-drop, units="points")}
    legend = ax.legend(handles[order], labels[order], loc="upper left", frameon=False, handleheight=1.6,
                       handlelength=2.4, **place)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _write_cells(ax, amounts_gbp, first_row=0):
    size = 8.5 if amounts_gbp.shape[1] <= CROWDED_YEARS else 6
    for (row, column), amount in np.ndenumerate(amounts_gbp):
        ax.text(column + 0.5, first_row + row + 0.5, words.thousands(amount), ha="center", va="center", fontsize=size,
                color=INK)
