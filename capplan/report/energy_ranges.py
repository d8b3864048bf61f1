"""The page on how sure energy measures are: what a tonne costs in eight futures of ten, what decides it, every scheme."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .carbon import KINDS
from .charts import EDGE, INK, _axes, _legend, _look, _titled
from .document import Document, Grid, Heading, Points, Text
from .energy_uncertainty import CASH, OUTCOMES, TONNE, basis, deciding_words, surest
from .page_tables import table_of
from .papers import figure_of
from .words import money, money_tick, plain, pounds, shortened

MOST_BARS, LEAST_GBP_PER_T, MOST_GBP_PER_T, DARKEST = 24, -1000.0, 2000.0, 0.62
LOOKS = KINDS | {"gas ended": ("#d9b3cf", "+++")}


@dataclass(frozen=True)
class Ranges:
    """What ``capplan energy uncertainty`` found: a row for each scheme, and what decides each kind."""

    measures: pd.DataFrame = field(repr=False)
    decides: pd.DataFrame = field(repr=False)
    facts: dict = field(repr=False)


def ranges_document(found, dated):
    """How sure the measures are, as a document.

    Parameters
    ----------
    found : Ranges
    dated : str
        ISO day.

    Returns
    -------
    Document
    """
    facts = found.facts
    blocks = [Text(basis(facts))]
    if not len(found.measures):
        blocks.append(Text("No measure is offered.", "lead"))
    else:
        blocks += [Heading("What a tonne costs"), figure_of(draw_ranges, found, "What a tonne costs", _ranges_alt(found)),
                   Grid(_measures_table(found), small=True), Heading("What decides it"),
                   Points(tuple(deciding_words(found.decides)))]
        blocks += [figure_of(DRAW_DECIDES[outcome], found, f"What decides {words}", _decides_alt(found, outcome))
                   for outcome, words in OUTCOMES.items() if (found.decides.outcome == outcome).any()]
    blocks += [Heading("Read with this"), Points(tuple(plain(note) for note in facts["notes"])), Text(
        "Ranges and their status: assumptions.csv. Every scheme: measure_ranges.csv. Parts of the variance by scheme: "
        "measure_decides.csv.", "small")]
    return Document(f"{plain(facts['trust'])}: how sure energy measures are", f"Scenario {plain(facts['scenario'])}, prices "
                    f"of {facts['price_base']}, seed {facts['seed']}", dated, tuple(blocks), landscape=True)


def _barred(found):
    """The schemes of the chart, most tonnes last."""
    rows = surest(found.measures).sort_values("p50_carbon_tco2e", ascending=False, kind="stable").head(MOST_BARS)
    return rows.sort_values(["kind", "p50_gbp_per_tonne"], ascending=[True, False], kind="stable", ignore_index=True)


def draw_ranges(found, ax=None):
    """What a tonne costs in eight futures of ten, by scheme: P10 to P90, a dot for P50, a line for what it is worth. [GBP/t]

    Parameters
    ----------
    found : Ranges
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    rows, seen = _barred(found), set()
    ax = _axes(ax, 1.6 + 0.3 * max(len(rows), 4))
    for place, row in enumerate(rows.itertuples()):
        low, middle, high = np.clip([row.p10_gbp_per_tonne, row.p50_gbp_per_tonne, np.nan_to_num(
            row.p90_gbp_per_tonne, nan=MOST_GBP_PER_T)], LEAST_GBP_PER_T, MOST_GBP_PER_T)
        ax.barh(place, high - low, 0.66, left=low, label=None if row.kind in seen else row.kind, **_look(*LOOKS[row.kind]))
        ax.plot(middle, place, "o", color=INK, markersize=5)
        worth = row.comparator_gbp_per_tonne
        ax.plot([worth, worth], [place - 0.42, place + 0.42], color="#b5402a", linewidth=2.2,
                label=None if seen else "a tonne is worth")
        seen.add(row.kind)
    ax.axvline(0, color=EDGE, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [f"{shortened(plain(row.name_of_it), 34)}: {row.kind}" for row in rows.itertuples()],
                  fontsize=8.5)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.set_xlim(LEAST_GBP_PER_T * 1.03, MOST_GBP_PER_T * 1.03)
    ax.xaxis.set_major_formatter(money_tick)
    ax.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    _legend(ax, below=True)
    sure = int((rows.worth_share >= 0.9).sum())
    return _titled(ax, f"{sure} of the {len(rows)} largest are worth it in nine futures of ten or more",
                   f"Pounds a tonne, Green Book form; bar P10 to P90, dot P50; cut at {pounds(LEAST_GBP_PER_T)} and "
                   f"{pounds(MOST_GBP_PER_T)}", 70)


def _ranges_alt(found):
    rows = _barred(found)
    return "Bars of what a tonne costs, P10 to P90: " + "; ".join(
        f"{plain(row.name_of_it)}, {row.measures}: {_gbp(row.p10_gbp_per_tonne)} to {_gbp(row.p90_gbp_per_tonne)}, worth "
        f"{_gbp(row.comparator_gbp_per_tonne)}" for row in rows.itertuples()) + "."


def draw_decides(found, outcome, ax=None):
    """What decides an outcome: the part of its variance by figure (down) and kind of measure (across). [-]

    Parameters
    ----------
    found : Ranges
    outcome : str
        ``gbp_per_tonne`` or ``cash_gbp``.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.colors import LinearSegmentedColormap

    table = _decides_by_kind(found, outcome)
    ax = _axes(ax, 1.6 + 0.36 * len(table))
    shades = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#1f6f9f"])
    ax.imshow(table.to_numpy() * DARKEST, cmap=shades, vmin=0, vmax=1, aspect="auto")
    for (row, column), part in np.ndenumerate(table.to_numpy()):
        ax.annotate(f"{part:.0%}", (column, row), ha="center", va="center", fontsize=10, color=INK)
    ax.set_xticks(range(table.shape[1]), list(table.columns))
    ax.set_yticks(range(len(table)), list(table.index))
    ax.tick_params(length=0)
    factor, kind = table.stack().idxmax()
    return _titled(ax, f"Most of {OUTCOMES[outcome]} is decided by {factor} for {kind}: {table.loc[factor, kind]:.0%}",
                   "Part of the variance due to each figure, with all its interplay (total Sobol index), mean over the "
                   "schemes of a kind")


def draw_decides_tonne(found, ax=None):
    """What decides what a tonne costs; as for ``draw_decides``."""
    return draw_decides(found, TONNE, ax)


def draw_decides_cash(found, ax=None):
    """What decides the cash; as for ``draw_decides``."""
    return draw_decides(found, CASH, ax)


DRAW_DECIDES = {TONNE: draw_decides_tonne, CASH: draw_decides_cash}


def _decides_by_kind(found, outcome):
    """Total indices, figure by kind; the figure that decides most first."""
    own = found.decides[found.decides.outcome == outcome]
    table = own.pivot_table(index="factor", columns="kind", values="total", aggfunc="first").fillna(0.0)
    return table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]


def _decides_alt(found, outcome):
    own = found.decides[(found.decides.outcome == outcome) & (found.decides.total >= 0.01)]
    return f"Parts of the variance of {OUTCOMES[outcome]}: " + "; ".join(
        f"{kind}: " + ", ".join(f"{row.factor} {row.total:.0%}" for row in rows.itertuples())
        for kind, rows in own.groupby("kind")) + "."


def _measures_table(found):
    rows = [(plain(row.name_of_it), shortened(row.measures, 90), _three(row, "cost_gbp"), _three(row, "cash_gbp"),
             _three(row, "gbp_per_tonne"), _gbp(row.comparator_gbp_per_tonne), f"{row.pays_share:.0%}",
             f"{row.worth_share:.0%}", row.decides)
            for row in surest(found.measures).head(MOST_BARS * 2).itertuples()]
    return table_of("The surest of each kind at each school, real pounds, P10 / P50 / P90. Pays: futures in which bills "
                    "saved come to more than the cost. Worth it: futures in which a tonne costs no more than it is worth.",
                    "School|Measures|#Cost|#Cash, present value|#A tonne costs|#A tonne is worth|#Pays|#Worth it|"
                    "What decides it", [("", rows)])


def _three(row, name):
    return " / ".join(_gbp(getattr(row, f"{tenth}_{name}"), money) for tenth in ("p10", "p50", "p90"))


def _gbp(amount, words=pounds):
    return "none saved" if pd.isna(amount) else words(amount)
