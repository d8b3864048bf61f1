"""A plain model of a component's future: CSV files, lists and loops. It shares no code with capplan.

Written from the docstrings and the data dictionary, as the yardstick of the tests of the outlook and of the candidates.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

GRADES = "ABCDE"
LOWEST = {"repair": 2, "renew": 1, "urgent": 1}
FIGURES = Path(__file__).resolve().parents[1] / "capplan" / "reference"


def rows(path):
    """Rows of a CSV file as dicts of text; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def yes(text):
    return text.strip().lower() in ("yes", "true", "y")


def number(text):
    return float(text) if text.strip() else None


def academic_year(day):
    """Year y of the 1 September y to 31 August y+1 that a day lies in."""
    return day.year if day.month >= 9 else day.year - 1


def whole_years(earlier, later):
    """Birthdays of the earlier day up to the later one."""
    return later.year - earlier.year - ((earlier.month, earlier.day) > (later.month, later.day))


def price_ratio(from_year, to_year):
    index = {int(row["year"]): float(row["index_2016_is_100"]) for row in rows(FIGURES / "price_index.csv")}
    return index[int(to_year)] / index[int(from_year)]


def location_factors():
    return {row["region"]: float(row["location_factor"]) for row in rows(FIGURES / "location_factors.csv")}


@dataclass
class Part:
    """One component: where it is, how it wears, what it costs and loses by grade (A to E, real GBP)."""

    component_id: str
    site_id: str
    block_id: str
    school_id: str
    element: str
    pfi: bool
    drops: list
    start: list
    costs: list
    yearly: list
    handed_on: list
    years_in_use: int
    stays: bool
    must_by: int | None
    quoted: float


def costs_by_grade(estimate, grade, figure, replace_only, limits):
    """Cost to grade A by grade, from the unit-cost estimate and the surveyor's figure (None: there is none)."""
    at, costs = (3 if replace_only else grade), list(estimate)
    if figure and at > 0:
        ratio = min(max(figure / estimate[at], limits[0]), limits[1]) if estimate[at] > 0 else 1.0
        for g in range(1, 5):
            scaled = estimate[g] * ratio
            costs[g] = figure if g == at else min(scaled, figure) if g < at else max(scaled, figure)
    for g in range(1, 5):
        costs[g] = max(costs[g], costs[g - 1])
    if replace_only:
        costs[1] = costs[2] = costs[3]
    return costs


def next_year(shares, drops):
    """Grade shares one year later."""
    after = list(shares)
    for g in range(4):
        after[g] -= shares[g] * drops[g]
        after[g + 1] += shares[g] * drops[g]
    return after


def parts_of(folder, scenario):
    """Every component still in use in the first year, in the order of the file."""
    types = {row["type_id"]: row for row in rows(FIGURES / "component_types.csv")}
    rates = {row["element"]: row for row in rows(FIGURES / "loss_rates.csv")}
    factors = location_factors()
    schools = {row["school_id"]: row for row in rows(folder / "schools.csv")}
    homes = {row["site_id"]: schools[row["school_id"]] for row in rows(folder / "sites.csv")}
    exits = {row["block_id"]: row.get("planned_exit", "") for row in rows(folder / "blocks.csv")}
    found = [part_of(row, types[row["type_id"]], rates, factors, homes[row["site_id"]], exits.get(row["block_id"], ""),
                     scenario) for row in rows(folder / "components.csv")]
    return [part for part in found if part.years_in_use > 0]


def part_of(row, kind, rates, factors, school, leaves, scenario):
    plan, first, end = scenario.plan, scenario.plan.first_year, scenario.plan.first_year + scenario.plan.years
    on_costs = 1 + scenario.costs.fees_share + scenario.costs.contingency_share
    if yes(school["voluntary_aided"]):
        on_costs *= 1 + scenario.costs.vat_rate_voluntary_aided
    grade = GRADES.index(row["grade"][0])
    unit = [0.0] + [float(kind[f"cost_{g}_gbp_per_unit"]) for g in "bcde"]
    scale = float(row["quantity"]) * price_ratio(kind["price_base"], plan.price_base) * factors[school["region"]]
    figure = number(row.get("remedial_cost_gbp", ""))
    if figure:
        figure *= price_ratio(row["cost_price_base"], plan.price_base)
    limits = (scenario.condition.scale_least, scenario.condition.scale_most)
    costs = [on_costs * cost for cost in
             costs_by_grade([cost * scale for cost in unit], grade, figure, row["grade"].endswith("X"), limits)]
    drops = [float(kind[name]) for name in ("p_ab", "p_bc", "p_cd", "p_de")]
    start = [1.0 if g == grade else 0.0 for g in range(5)]
    if row["surveyed"] != "modelled":
        age = whole_years(date.fromisoformat(row["surveyed"]), date(first, 9, 1))
        for _ in range(min(max(age, 0), scenario.condition.oldest_survey_years)):
            start = next_year(start, drops)
    rate = rates[kind["element"]]
    yearly = [0.0, 0.0] + [float(rate[f"reactive_share_{g}"]) * scenario.loss.reactive_scale * costs[i]
                           for i, g in ((2, "c"), (3, "d"), (4, "e"))]
    yearly[3] += drops[3] * float(rate["failure_multiple"]) * scenario.loss.failure_scale * costs[4]
    last_in_use = academic_year(date.fromisoformat(leaves) - timedelta(days=1)) if leaves else None
    stays = last_in_use is None or last_in_use >= end
    must = row.get("priority", "") == "1" or yes(row.get("statutory", ""))
    return Part(
        row["component_id"], row["site_id"], row["block_id"], school["school_id"], kind["element"], yes(school["pfi"]),
        drops, start, costs, yearly, [scenario.loss.handed_on_share * cost * stays for cost in costs],
        plan.years if stays else max(last_in_use - first + 1, 0), stays,
        (max(int(number(row.get("due_year", "")) or first), first) if must else None), (figure or 0.0) * on_costs)


def path(part, years, treated_in=None, lowest=None):
    """Grade shares at the start of each year, 0 to ``years``; works in a year send grades from ``lowest`` on to A."""
    shares, along = list(part.start), [list(part.start)]
    for year in range(years):
        works = year == treated_in
        put_right = sum(shares[lowest:]) if works else 0.0
        shares = next_year(shares[:lowest] + [0.0] * (5 - lowest) if works else shares, part.drops)
        shares[0] += put_right
        along.append(list(shares))
    return along


def loss(part, along, rate):
    """Expected loss of the plan along a path, discounted to its start, with what is handed on at the end."""
    years, total = len(along) - 1, 0.0
    for year in range(min(years, part.years_in_use)):
        total += sum(s * gbp for s, gbp in zip(along[year], part.yearly, strict=True)) / (1 + rate) ** year
    return total + sum(s * gbp for s, gbp in zip(along[years], part.handed_on, strict=True)) / (1 + rate) ** years


def open_needs(folder, scenario):
    """Parts that may be planned, by (site, block, element, urgent or not)."""
    needs = {}
    for part in parts_of(folder, scenario):
        urgent = part.must_by is not None
        if not part.pfi and (urgent or part.stays):
            needs.setdefault((part.site_id, part.block_id, part.element, urgent), []).append(part)
    return needs


def cost_and_value(part, scenario, kind, year):
    """Real cost of the works of one component in one year of the plan, and the discounted loss they avoid."""
    years, rate, lowest = scenario.plan.years, scenario.plan.discount_rate, LOWEST[kind]
    without = path(part, years)
    if year >= part.years_in_use:
        return 0.0, 0.0
    cost = sum(without[year][g] * part.costs[g] for g in range(lowest, 5))
    if kind == "urgent":
        cost = max(cost, part.quoted)
    return cost, loss(part, without, rate) - loss(part, path(part, years, year, lowest), rate)


def expected_schemes(folder, scenario):
    """(site, block, element, kind) to {start year: (real cost, value)}, before the repair that is a renewal is merged."""
    first, least, found = scenario.plan.first_year, scenario.schemes.minimum_scheme_gbp, {}
    for (site, block, element, urgent), parts in open_needs(folder, scenario).items():
        for kind in ("urgent",) if urgent else ("repair", "renew"):
            years = {}
            for year in range(scenario.plan.years):
                sums = [cost_and_value(part, scenario, kind, year) for part in parts]
                cost, value = sum(c for c, _ in sums), sum(v for _, v in sums)
                if urgent:
                    worth = first + year <= min(part.must_by for part in parts) and cost > 0
                else:
                    worth = cost >= least and value >= 0.005
                if worth:
                    years[first + year] = cost, value
            found[site, block, element, kind] = years
    return found


def nominal(scenario, real, year):
    return real * (1 + scenario.costs.tender_inflation) ** (year - scenario.plan.price_base)
