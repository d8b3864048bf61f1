"""Energy and carbon on the page: what the programme does for them, what a target costs, the path and the abatement curve."""

import json
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..energy.abatement import abatement_curve
from .charts import EDGE, INK, _axes, _legend, _look, _titled
from .page_tables import table_of
from .words import counted, listed, money, money_tick, plain, pounds, shortened, year_label

MOST_GBP_PER_T, LEAST_GBP_PER_T = 1000.0, -500.0
SCREEN_COLUMNS = 96
KINDS = {"heat pump": ("#e39a7c", "xxx"), "sun": ("#f8f0a8", ".."), "lighting": ("#f6dfa4", "---"),
         "heat kept in": ("#8cc4e8", "///"), "insulation with renewal": ("#b5e0cb", "\\\\\\")}
NOT_CHOSEN = ("#ffffff", "")
PUMP, INSULATION = OF_A_BLOCK = ("heat pump", "insulation with renewal")


@dataclass(frozen=True)
class CarbonResults:
    """What a results folder says of energy: ``measures``, ``path`` by year, ``lock_in``, and what a ``target`` costs."""

    measures: pd.DataFrame = field(repr=False)
    path: pd.DataFrame = field(repr=False)
    lock_in: pd.DataFrame = field(repr=False)
    target: dict = field(repr=False)
    last_year: int = 0


def read_carbon(results):
    """The energy tables of a results folder; ``None`` where it has none.

    Parameters
    ----------
    results : Results

    Returns
    -------
    CarbonResults or None
    """
    folder = Path(results.folder)
    if not all((folder / f"{name}.csv").is_file() for name in ("measures", "carbon", "lock_in")):
        return None
    price = folder / "carbon.json"
    texts = {"scheme_id": str, "school_id": str, "chosen": str}
    measures, path, lock_in = (pd.read_csv(folder / f"{name}.csv", dtype=texts, keep_default_na=True)
                               for name in ("measures", "carbon", "lock_in"))
    return CarbonResults(measures.fillna({"scheme_id": ""}), path, lock_in,
                         json.loads(price.read_text(encoding="utf-8")) if price.is_file() else {}, results.years[-1])


def carbon_words(results):
    """What the programme does for energy and carbon, and what a target costs, in sentences; none without energy.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of str
    """
    found = read_carbon(results)
    if found is None:
        return []
    path = found.path.set_index("year")
    first, last = int(path.index[0]), found.last_year + 1 if found.last_year + 1 in path.index else found.last_year
    row = path.loc[last]
    bills = row.bills_without_gbp - row.bills_with_gbp
    said = [f"Energy: the footprint goes from {path.footprint_without_tco2e[first]:,.0f} tCO2e in {year_label(first)} to "
            f"{row.footprint_with_tco2e:,.0f} in {year_label(last)} with the programme ({row.footprint_without_tco2e:,.0f} "
            f"without); its bills that year are {money(abs(bills))} {'lower' if bills >= 0 else 'higher'}. What is saved of "
            "bills and carbon counts in the value above."]
    return [*said, *_price_words(found.target), *_lock_in_words(found.lock_in)]


def _price_words(price):
    if not price:
        return []
    met = [f"at most {row['most_tco2e']:,.0f} tCO2e in {year_label(row['year'])} ({row['with_target_tco2e']:,.0f}; "
           f"{row['without_target_tco2e']:,.0f} without the target)" for row in price["footprint"]]
    risk = price["risk_without_gbp"] - price["risk_with_gbp"]
    return [f"The carbon target{': ' + listed(met) if met else ''} costs {money(price['price_gbp'])} of value on the same "
            f"money ({money(price['price_least_gbp'])} to {money(price['price_most_gbp'])} by the proved bounds): "
            f"{money(abs(risk))} {'less' if risk >= 0 else 'more'} loss of condition is avoided than by the best programme "
            "without it."]


def _lock_in_words(lock_in):
    kept = lock_in[(lock_in.chosen == "like for like")]
    if not len(kept):
        return []
    regret = kept[kept.regret_gbp > 0]
    tail = f"; {len(regret)} of them at a regret of {money(regret.regret_gbp.sum())} in all" if len(regret) else ""
    return [f"{counted(len(kept), 'boiler renewal')} like for like {'locks' if len(kept) == 1 else 'lock'} in "
            f"{kept.carbon_tco2e.sum():,.0f} tCO2e until the next renewal{tail}."]


def carbon_charts(results):
    """The charts of energy and their tables, ready for the page; none without energy.

    Parameters
    ----------
    results : Results

    Returns
    -------
    list of tuple
        ``(draw, heading, alt, table)``.
    """
    found = read_carbon(results)
    if found is None:
        return []
    return [(draw_footprint, "Footprint, without and with the programme", footprint_alt(found), _path_table(found)),
            (draw_abatement, "What a tonne costs: the abatement curve", abatement_alt(found), _curve_table(found))]


def draw_footprint(results, ax=None):
    """Footprint of the trust by year, without and with the programme, and the target. [tCO2e]

    Parameters
    ----------
    results : Results
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
    """
    found, ax = read_carbon(results), _axes(ax, 4.2)
    path = found.path
    ax.plot(path.year, path.footprint_without_tco2e, color=EDGE, linestyle="--", linewidth=1.6, label="without works")
    ax.plot(path.year, path.footprint_with_tco2e, color="#1f6f9f", linewidth=2.4, label="with the programme")
    asked = path[path.most_tco2e.notna()]
    if len(asked):
        ax.scatter(asked.year, asked.most_tco2e, marker="v", s=70, color="#b5402a", zorder=3, label="target: at most")
    ax.axvline(found.last_year, color="#9a9a9a", linewidth=0.8, linestyle=":")
    ax.annotate("end of the plan", (found.last_year, 0), (4, 4), textcoords="offset points", fontsize=8.5, color=INK)
    ax.set_ylim(bottom=0)
    ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)
    _legend(ax)
    first, row = path.iloc[0], path[path.year <= found.last_year].iloc[-1]
    cut = 1.0 - row.footprint_with_tco2e / max(first.footprint_without_tco2e, 1e-9)
    return _titled(ax, f"The footprint falls by {cut:.0%} by {year_label(int(row.year))} with the programme",
                   "Tonnes of CO2 equivalent by planning year, grid-average factors of each year; measures count while they "
                   "persist")


def footprint_alt(found):
    """The chart of the footprint in words."""
    path = found.path.set_index("year")
    last = found.last_year
    return (f"Lines by year: without works the footprint goes from {path.footprint_without_tco2e.iloc[0]:,.0f} to "
            f"{path.footprint_without_tco2e[last]:,.0f} tonnes in {last}, with the programme to "
            f"{path.footprint_with_tco2e[last]:,.0f}.")


def curve_rows(found):
    """The bars of the abatement curve: what the programme does, and beside it what could still stand with all the rest, so
    that no saving is counted twice.

    Parameters
    ----------
    found : CarbonResults

    Returns
    -------
    DataFrame
        Rows of the measures in the order of the curve, with ``kind`` and ``before_tco2e``.

    Notes
    -----
    Of what is not in the programme the deepest heat package of a school is shown, the cheapest tonne of the sun, and the
    heat pump that goes after its fabric works. *Counterexample:* a school that would stop at the first package.
    """
    rows = found.measures[(found.measures.scheme_id != "") & (found.measures.carbon_tco2e > 0)
                          & found.measures.gbp_per_tonne.notna()].copy()
    rows["kind"] = [_kind(row) for row in rows.itertuples()]
    rows["block"] = rows.scheme_id.str.split(".").str[0]
    done, kept = rows[rows.chosen == "yes"], []
    ways = {"heat_pump": 0, "heat_pump_after_heat": 1, "heat_pump_after_fabric": 2}
    rows["way"] = rows.scheme_id.str.split(".").str[-1].map(ways).fillna(-1)
    as_is = done[done.scheme_id.str.endswith(".heat_pump")]
    pumped = done[done.kind == "heat pump"]
    for (kind, place), own in rows.groupby([rows.kind, rows.block.where(rows.kind.isin(OF_A_BLOCK), rows.school_id)]):
        chosen = own[own.chosen == "yes"]
        if len(chosen):
            kept.append(chosen)
        elif kind == INSULATION and place not in set(pumped.block):
            kept.append(own)
        elif kind == PUMP:
            kept.append(own.sort_values("way").tail(1))
        elif kind == "sun":
            kept.append(own.sort_values("gbp_per_tonne", kind="stable").head(1))
        elif kind != INSULATION and (kind != "heat kept in" or place not in set(as_is.school_id)):
            kept.append(own.sort_values("carbon_tco2e", kind="stable").tail(1))
    rows = pd.concat(kept, ignore_index=True) if kept else rows
    places, before = abatement_curve(rows.gbp_per_tonne, rows.carbon_tco2e)
    return rows.loc[places].assign(before_tco2e=before).reset_index(drop=True)


def _kind(row):
    if "heat pump" in row.measures:
        return "heat pump"
    if "photovoltaics" in row.measures:
        return "sun"
    if row.stage.endswith((".insulated", ".glazed")):
        return "insulation with renewal"
    return "lighting" if "LED" in row.measures else "heat kept in"


def draw_abatement(results, ax=None):
    """What a tonne costs by measure, cheapest first, width by tonnes; what the programme does is filled. [GBP/t]

    Parameters and result as for ``draw_footprint``.
    """
    found, ax = read_carbon(results), _axes(ax, 4.8)
    rows, seen = curve_rows(found), set()
    for row in rows.itertuples():
        height = float(np.clip(row.gbp_per_tonne, LEAST_GBP_PER_T, MOST_GBP_PER_T))
        chosen = row.chosen == "yes"
        label = row.kind if chosen else "not in the programme"
        look = _look(*(KINDS[row.kind] if chosen else NOT_CHOSEN))
        look |= {"linewidth": 0.7 if row.carbon_tco2e > 0.005 * rows.carbon_tco2e.sum() else 0.1}
        ax.bar(row.before_tco2e, height, row.carbon_tco2e, align="edge", label=None if label in seen else label, **look)
        seen.add(label)
    ax.axhline(0, color=EDGE, linewidth=0.8)
    if len(rows):
        allowed = np.average(rows.comparator_gbp_per_tonne, weights=rows.carbon_tco2e)
        ax.axhline(allowed, color="#b5402a", linestyle="--", linewidth=1.2)
        ax.annotate(f"a tonne is worth {pounds(allowed)}", (0, allowed), (4, 3), textcoords="offset points", fontsize=9)
    ax.set_ylim(LEAST_GBP_PER_T * 1.05, MOST_GBP_PER_T * 1.05)
    ax.yaxis.set_major_formatter(money_tick)
    ax.xaxis.set_major_formatter(lambda tonnes, _place: f"{tonnes:,.0f}")
    ax.set_xlabel("tonnes saved over the life of each measure (marginal factors)", fontsize=9)
    ax.grid(axis="y", color="#d8d8d8", linewidth=0.6)
    _legend(ax)
    done = rows[rows.chosen == "yes"].carbon_tco2e.sum()
    return _titled(ax, f"The programme saves {done:,.0f} of the {rows.carbon_tco2e.sum():,.0f} tonnes that measures offer",
                   "Pounds a tonne in the Green Book's form; bars beyond the scale are cut at "
                   f"{pounds(LEAST_GBP_PER_T)} and {pounds(MOST_GBP_PER_T)}")


def abatement_alt(found):
    """The abatement curve in words."""
    rows = curve_rows(found)
    cheap = rows[rows.gbp_per_tonne <= rows.comparator_gbp_per_tonne]
    return (f"Bars of {len(rows)} measures by cost of a tonne. {cheap.carbon_tco2e.sum():,.0f} of "
            f"{rows.carbon_tco2e.sum():,.0f} tonnes cost no more than a tonne is worth.")


def _path_table(found):
    rows = [(year_label(int(row.year)), f"{row.footprint_without_tco2e:,.0f}", f"{row.footprint_with_tco2e:,.0f}",
             "" if pd.isna(row.most_tco2e) else f"{row.most_tco2e:,.0f}", pounds(row.bills_without_gbp),
             pounds(row.bills_with_gbp), f"{row.fuels_with_kwh:,.0f}", f"{row.electricity_with_kwh:,.0f}")
            for row in found.path[found.path.year <= found.last_year + 1].itertuples()]
    return table_of("Footprint (tCO2e), bills (real) and energy bought (kWh) by planning year.",
                    "Year|#Without works|#With the programme|#Target|#Bills without|#Bills with|#Fuel burnt, with|"
                    "#Electricity, with", [("", rows)])


def _curve_table(found):
    rows = [(plain(row.name_), row.kind, shortened(row.measures, 120), "yes" if row.chosen == "yes" else "no",
             pounds(row.cost_gbp), f"{row.carbon_tco2e:,.1f}", pounds(row.gbp_per_tonne),
             pounds(row.comparator_gbp_per_tonne), pounds(row.bills_gbp),
             "never" if pd.isna(row.payback_years) else f"{row.payback_years:.0f} years")
            for row in curve_rows(found).rename(columns={"name": "name_"}).itertuples()]
    return table_of("Measures by what a tonne costs (Green Book form), real pounds; the cost of a renewal is what it "
                    "adds to like for like, without any larger supply. measures.csv has every one considered.",
                    "School|Kind|Measures|In the programme|#Cost|#Tonnes|#A tonne costs|#A tonne is worth|#Bills saved a "
                    "year|#Payback", [("", rows)])


def measures_text(measures, facts):
    """What measures offer, on one screen.

    Parameters
    ----------
    measures : DataFrame
        As ``carbon_results.measures_frame`` makes it.
    facts : dict
        ``trust, scenario, price_base, footprint_tco2e`` (of the first year), ``first_year, level``.

    Returns
    -------
    str
    """
    offered = measures[measures.scheme_id != ""].copy()
    offered["kind"] = [_kind(row) for row in offered.itertuples()]
    first = (f"Footprint of {year_label(facts['first_year'])}: {facts['footprint_tco2e']:,.0f} tCO2e. {len(measures):,} "
             f"sets of measures considered at {measures.school_id.nunique()} schools, {len(offered):,} of them offered, "
             f"at the {facts['level']} savings of the library. Pounds are at {facts['price_base']} prices.")
    lines = [f"{plain(facts['trust'])}: energy measures, scenario {plain(facts['scenario'])}",
             *textwrap.wrap(first, SCREEN_COLUMNS), "",
             _row("Kind", "Offered", "Worth it", "Cost", "Tonne costs", "is worth", "Bills a year")]
    for kind, own in offered.groupby("kind"):
        lines.append(_row(kind, len(own), int((own.npv_gbp > 0).sum()), money(own.cost_gbp.median()),
                          _middle(own.gbp_per_tonne), _middle(own.comparator_gbp_per_tonne), money(own.bills_gbp.median())))
    lines += ["(The middle one of each kind. Worth it: bills and carbon at its value come to more than the cost.)", "",
              f"{'Worth most above their cost, the best of each kind at a school':<76}{'Cost':>10}{'Worth':>10}"]
    best = offered.sort_values("npv_gbp", ascending=False, kind="stable").drop_duplicates(["school_id", "kind"]).head(10)
    for school, what, cost_gbp, worth_gbp in zip(best.name, best.measures, best.cost_gbp, best.npv_gbp, strict=True):
        lines.append(f"{shortened(f'{school}: {what}', 74):<76}"
                     f"{money(cost_gbp):>10}{money(worth_gbp):>10}")
    return "\n".join(lines)


def _row(kind, *cells):
    return f"{kind:<26}" + "".join(f"{cell!s:>{width}}" for cell, width in zip(cells, (9, 10, 9, 13, 11, 14), strict=True))


def _middle(amounts):
    known = amounts.dropna()
    return pounds(known.median()) if len(known) else "no tonnes"
