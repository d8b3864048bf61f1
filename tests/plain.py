"""A plain model of a component's future: CSV files, dicts and loops. It shares no code with capplan.

Written from the docstrings and the data dictionary, as the yardstick of the tests of the outlook and of the candidates.

A component is in a state ``(grade, whole years in the grade, pace)``. Years in a grade are told apart only where wear
depends on them. The pace is ``None`` as surveyed, and after works how many times as fast as before it wears. Nobody tells
states at grade E apart: nothing more happens to them until somebody acts.
"""

import csv
import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

GRADES = "ABCDE"
FAILED = 4
YEARS_TOLD_APART = 60
ELEMENT_KINDS, BLOCK_KINDS = ("patch", "repair", "renew"), ("refurbish", "rebuild", "demolish")
WHOLE_BLOCK = "Whole block"
FIGURES = Path(__file__).resolve().parents[1] / "capplan" / "reference"


# --- files and small sums -------------------------------------------------------------------------------------------


def rows(path):
    """Rows of a CSV file as dicts of text; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def figures(name):
    """Rows of a reference table, read once; not to be changed."""
    return tuple(rows(FIGURES / f"{name}.csv"))


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
    index = {int(row["year"]): float(row["index_2016_is_100"]) for row in figures("price_index")}
    return index[int(to_year)] / index[int(from_year)]


def location_factors():
    return {row["region"]: float(row["location_factor"]) for row in figures("location_factors")}


def vat_factor(school, scenario):
    return 1 + scenario.costs.vat_rate_voluntary_aided * yes(school["voluntary_aided"])


def nominal(scenario, real, year):
    return real * (1 + scenario.costs.tender_inflation) ** (year - scenario.plan.price_base)


# --- how a component wears ------------------------------------------------------------------------------------------


def faster(chance, multiple):
    """A yearly chance when the hazard is so many times as high: surviving so many years in one."""
    return 1 - (1 - chance) ** multiple


@cache
def weibull(chance, shape):
    """Chance of dropping after 0, 1, ... whole years in a grade, if the mean stay is one over ``chance``.

    After the years told apart the chance stays what it was in the last of them.
    """
    if chance in (0.0, 1.0):
        return (chance,) * YEARS_TOLD_APART
    low, high = 1e-30, 50.0
    for _ in range(200):
        middle = math.sqrt(low * high)
        chances, mean, still_there = [], 0.0, 1.0
        for years in range(YEARS_TOLD_APART):
            chances.append(-math.expm1(middle * (years**shape - (years + 1) ** shape)))
            last = years == YEARS_TOLD_APART - 1
            mean += still_there / chances[-1] if last else still_there
            still_there *= 1 - chances[-1]
        low, high = (middle, high) if mean > 1 / chance else (low, middle)
    return tuple(chances)


@dataclass
class Part:
    """One component: where it is, how it wears, what it costs and loses by grade (A to E, real GBP).

    ``chances``: of dropping a grade, by grade A to D and by years in the grade (one where years do not count).
    ``yearly``: patching. ``failure``: what a failure loses, with the ``pupil_days`` it costs (``None``: nobody knows).
    """

    component_id: str
    type_id: str
    site_id: str
    block_id: str
    school_id: str
    element: str
    pfi: bool
    replace_only: bool
    installed: float | None
    chances: list
    grade: int
    age_years: int
    own_hazard: float | None
    costs: list
    yearly: list
    failure: float
    pupil_days: float | None
    handed_on: list
    years_in_use: int
    stays: bool
    must_by: int | None
    unsupported: bool
    quoted: float
    memo: dict = field(default_factory=dict)


def drop_chance(part, state, harm=1.0):
    """Chance of dropping a grade in a year; ``harm`` multiplies the hazard while a cause is at D or E."""
    grade, years, pace = state
    if grade == FAILED:
        return 0.0
    chances = part.chances[grade]
    chance = chances[min(years, len(chances) - 1)]
    if pace is not None:
        chance = faster(chance, pace)
    return faster(chance, harm) if harm != 1 else chance


def failing_chance(part, state, harm=1.0):
    """Chance of failing in a year: the trust's own until works are done, else that of dropping from D to E."""
    if state[0] == FAILED:
        return 0.0
    if state[2] is None and part.own_hazard is not None:
        return part.own_hazard
    return drop_chance(part, state, harm) if state[0] == FAILED - 1 else 0.0


def year_on(part, state, harm=1.0):
    """Where a component is a year later: [(chance, state)]."""
    grade, years, pace = state
    if grade == FAILED:
        return [(1.0, state)]
    longest = len(part.chances[grade]) - 1
    drop = drop_chance(part, state, harm)
    below = (FAILED, 0, None) if grade + 1 == FAILED else (grade + 1, 0, pace)
    return [(1 - drop, (grade, min(years + 1, longest), pace)), (drop, below)]


def surveyed(part):
    """Where a component may be on the day of its survey: [(chance, state)]. A long stay is as likely as it is common."""
    chances = part.chances[part.grade] if part.grade < FAILED else [0.0]
    if len(chances) == 1 or chances[0] in (0.0, 1.0):
        return [(1.0, (part.grade, 0, None))]
    common, left = [], 1.0
    for chance in chances:
        common.append(left)
        left *= 1 - chance
    common[-1] = common[-1] / chances[-1]  # all the longer stays: 1 + (1 - p) + (1 - p)^2 + ...
    return [(each / sum(common), (part.grade, years, None)) for years, each in enumerate(common)]


def next_year(part, states, effect=None):
    """The distribution a year later. ``effect``: what works of this year do, as ``effect_of`` returns it."""
    after = {}
    for state, share in states.items():
        if effect and state[0] in effect.brings:
            better = effect.brings[state[0]]
            ways = [] if better is None else [(1.0, (better, 0, effect.pace_from(state[0])))]
        else:
            key = "year on", state
            if key not in part.memo:
                part.memo[key] = year_on(part, state)
            ways = part.memo[key]
        for chance, to in ways:
            after[to] = after.get(to, 0.0) + share * chance
    return after


def path(part, years, treated_in=None, effect=None):
    """Distribution over states at the start of each year, 0 to ``years``, with works in a year or without any.

    Works of a year find the grades at its start and end with it: its failures are suffered, and what was put right has not
    worn yet at the start of the next.
    """
    if "untouched" not in part.memo:
        states = {}
        for chance, state in surveyed(part):
            states[state] = states.get(state, 0.0) + chance
        for _ in range(part.age_years):
            states = next_year(part, states)
        part.memo["untouched"] = [states]
    untouched = part.memo["untouched"]
    while len(untouched) <= years:
        untouched.append(next_year(part, untouched[-1]))
    if treated_in is None:
        return untouched[:years + 1]
    along = untouched[:treated_in + 1]
    for year in range(treated_in, years):
        along.append(next_year(part, along[-1], effect if year == treated_in else None))
    return along


def shares_of(states):
    """Grade shares of a distribution."""
    return [sum(share for state, share in states.items() if state[0] == grade) for grade in range(5)]


def failures_of(part, states):
    """Expected failures of the year that starts so."""
    return sum(share * failing_chance(part, state) for state, share in states.items())


def in_use(part, years):
    """Whether it is in use at the start of each year and, at the end, whether it stays."""
    return [year < part.years_in_use for year in range(years)] + [part.stays]


def loss(part, along, rate, since=0):
    """Expected loss from a year of the plan on, discounted to its start, with what is handed on at the end."""
    years, total = len(along) - 1, 0.0
    for year in range(since, min(years, part.years_in_use)):
        for state, share in along[year].items():
            if (key := ("a year", state)) not in part.memo:
                part.memo[key] = part.yearly[state[0]] + part.failure * failing_chance(part, state)
            total += share * part.memo[key] / (1 + rate) ** year
    return total + sum(share * part.handed_on[state[0]] for state, share in along[years].items()) / (1 + rate) ** years


# --- reading an estate ----------------------------------------------------------------------------------------------


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


def parts_of(folder, scenario):
    """Every component still in use in the first year, in the order of the file."""
    types = {row["type_id"]: row for name in ("component_types", "further_types") for row in figures(name)}
    for row in rows(folder / "rates.csv"):
        types[row["type_id"]] = {**types[row["type_id"]], **{p: row[p] for p in ("p_ab", "p_bc", "p_cd", "p_de")}}
    schools = {row["school_id"]: row for row in rows(folder / "schools.csv")}
    homes = {row["site_id"]: schools[row["school_id"]] for row in rows(folder / "sites.csv")}
    blocks = {row["block_id"]: row for row in rows(folder / "blocks.csv")}
    found = [part_of(row, types[row["type_id"]], homes[row["site_id"]], blocks.get(row["block_id"], {}), scenario)
             for row in rows(folder / "components.csv")]
    kept = [(part, row) for part, row in found if part.years_in_use > 0]
    _count_pupil_days([part for part, _ in kept], [row for _, row in kept], occupants(folder), blocks, scenario)
    return [part for part, _ in kept]


def part_of(row, kind, school, block, scenario):
    """One component without its loss at failure, and its row."""
    plan, first, end = scenario.plan, scenario.plan.first_year, scenario.plan.first_year + scenario.plan.years
    on_costs = (1 + scenario.costs.fees_share + scenario.costs.contingency_share) * vat_factor(school, scenario)
    grade, replace_only = GRADES.index(row["grade"][0]), row["grade"].endswith("X")
    scale = (float(row["quantity"]) * price_ratio(kind["price_base"], plan.price_base)
             * location_factors()[school["region"]])
    unit = [0.0] + [float(kind[f"cost_{g}_gbp_per_unit"]) * scale for g in "bcde"]
    figure = number(row.get("remedial_cost_gbp", ""))
    if figure:
        figure *= price_ratio(row["cost_price_base"], plan.price_base)
    limits = (scenario.condition.scale_least, scenario.condition.scale_most)
    costs = [on_costs * cost for cost in costs_by_grade(unit, grade, figure, replace_only, limits)]
    rate = next(row for row in figures("loss_rates") if row["element"] == kind["element"])
    patching = [0.0, 0.0] + [float(rate[f"reactive_share_{g}"]) * scenario.loss.reactive_scale for g in "cde"]
    age = 0 if row["surveyed"] == "modelled" else whole_years(date.fromisoformat(row["surveyed"]), date(first, 9, 1))
    leaves = block.get("planned_exit", "")
    last_in_use = academic_year(date.fromisoformat(leaves) - timedelta(days=1)) if leaves else None
    stays = last_in_use is None or last_in_use >= end
    in_use = plan.years if stays else max(min(last_in_use - first + 1, plan.years), 0)
    return Part(
        component_id=row["component_id"], type_id=row["type_id"], site_id=row["site_id"], block_id=row["block_id"],
        school_id=school["school_id"], element=kind["element"], pfi=yes(school["pfi"]), replace_only=replace_only,
        installed=number(row.get("installed", "")), chances=yearly_chances(kind, block, scenario), grade=grade,
        age_years=min(max(age, 0), scenario.condition.oldest_survey_years),
        own_hazard=number(row.get("failure_probability", "")), costs=costs,
        yearly=[share * cost for share, cost in zip(patching, costs, strict=True)],
        failure=float(rate["failure_multiple"]) * scenario.loss.failure_scale * costs[4], pupil_days=None,
        handed_on=[scenario.loss.handed_on_share * cost * stays for cost in costs],
        years_in_use=in_use, stays=stays,
        must_by=must_by(row, scenario, in_use), unsupported=unsupported(row, scenario, in_use) is not None,
        quoted=(figure or 0.0) * on_costs), row


def yearly_chances(kind, block, scenario):
    """Chances of dropping a grade, by grade and years in it, as the options of the scenario have them."""
    chances = [float(kind[name]) for name in ("p_ab", "p_bc", "p_cd", "p_de")]
    if scenario.condition.by_block:
        life = 1.0
        for row in figures("life_factors"):
            if block.get(row["factor"], "") == row["level"] and (
                    row["elements"] == "all" or kind["element"] in row["elements"].split(";")):
                life *= float(row["life_multiple"])
        chances = [faster(chance, 1 / life) for chance in chances]
    if scenario.condition.model == "weibull":
        return [weibull(chance, scenario.condition.weibull_shape) for chance in chances]
    return [[chance] for chance in chances]


def unsupported(row, scenario, in_use):
    """Planning year in which the maker's support ends, if it must be replaced by then and is still in use; else ``None``."""
    ends = row.get("support_ends", "")
    if not ends or not scenario.schemes.replace_unsupported:
        return None
    year = academic_year(date.fromisoformat(ends))
    return year if year <= scenario.plan.first_year + in_use - 1 else None


def must_by(row, scenario, in_use):
    """Latest planning year of what must be done: priority 1, statutory, or without its maker's support; else ``None``."""
    first = scenario.plan.first_year
    due = int(number(row.get("due_year", "")) or first)
    if (row.get("priority", "") == "1" or yes(row.get("statutory", ""))) and due < first + scenario.plan.years:
        return max(due, first)
    year = unsupported(row, scenario, in_use)
    return None if year is None else max(year, first)


def occupants(folder):
    """Pupils who depend on each block, and by site for its grounds; ``None`` where nobody knows.

    A block has its own figure, or its part by floor area of what the school's blocks with a figure leave; plant serves its
    whole site.
    """
    homes = {row["site_id"]: row["school_id"] for row in rows(folder / "sites.csv")}
    pupils = {row["school_id"]: number(row.get("pupils", "")) for row in rows(folder / "schools.csv")}
    blocks = rows(folder / "blocks.csv")
    area, given, found = {}, {}, {}
    for row in blocks:
        school, own = homes[row["site_id"]], number(row.get("pupils", ""))
        if own is None:
            area[school] = area.get(school, 0.0) + float(row["gifa_m2"])
        else:
            given[school] = given.get(school, 0.0) + own
    for row in blocks:
        school, own = homes[row["site_id"]], number(row.get("pupils", ""))
        if own is None and pupils[school] is not None:
            own = max(pupils[school] - given.get(school, 0.0), 0.0) * float(row["gifa_m2"]) / area[school]
        found[row["block_id"]] = own
    for site in homes:
        known = [found[row["block_id"]] for row in blocks if row["site_id"] == site and found[row["block_id"]] is not None]
        found["grounds of " + site] = sum(known) if known else None
    for row in blocks:
        if row.get("use", "") == "plant":
            found[row["block_id"]] = found["grounds of " + row["site_id"]]
    return found


def _count_pupil_days(parts, given, pupils, blocks, scenario):
    """Pupil-days a failure of each component costs, added to what it loses."""
    closing = {(row["element"], row["block_use"]): float(row["closure_share"]) * float(row["closure_days"])
               for row in figures("criticality")}
    alike = {}
    for part in parts:
        alike.setdefault((part.site_id, part.block_id, part.element), []).append(part.costs[3])
    for part, row in zip(parts, given, strict=True):
        use = blocks.get(part.block_id, {}).get("use", "")
        days = closing.get((part.element, use), closing[part.element, "any"])
        costs = alike[part.site_id, part.block_id, part.element]
        extent = part.costs[3] / sum(costs) if sum(costs) > 0 else 1 / len(costs)
        if yes(row.get("sole", "")):
            extent = 1.0
        people = pupils[part.block_id or "grounds of " + part.site_id]
        if people is not None:
            part.pupil_days = people * days * extent
            part.failure += part.pupil_days * scenario.loss.pupil_day_gbp


# --- works ----------------------------------------------------------------------------------------------------------


@dataclass
class Effect:
    """What works do: ``brings`` maps the grades they act on to the grade after (``None``: the component is gone);
    ``pace``: how many times as fast it wears then, unless it was replaced; ``share``: cost as a share of the cost of
    bringing it to A."""

    brings: dict
    pace: float
    share: float

    def pace_from(self, grade):
        """From D and E to A is a replacement, which wears as new."""
        return 1.0 if grade >= 3 and self.brings[grade] == 0 else self.pace


def effect_of(part, scenario, kind, year):
    """What works of a kind do to a component in a year of the plan; ``None`` where they cannot be done."""
    if kind == "demolish":
        return Effect(dict.fromkeys(range(5)), 1.0, 0.0)
    if kind not in ELEMENT_KINDS:
        return Effect({1: 0, 2: 0, 3: 0, 4: 0}, 1.0 if kind == "rebuild" else scenario.renew.wear_after, 1.0)
    rule = getattr(scenario, kind)
    age = None if part.installed is None else scenario.plan.first_year + year - part.installed
    if (part.replace_only and not rule.on_x) or (rule.elements and part.element not in rule.elements) or (
            age is not None and age < rule.from_age_years):
        return None
    grades = [GRADES.index(letter) for letter in rule.grades]
    return Effect({g: 0 if rule.brings_to == "A" else g - 1 for g in grades}, rule.wear_after, rule.cost_share)


def open_needs(folder, scenario, parts=None):
    """Parts that may be planned, by (site, block, element, the year it must be done by or ``None``)."""
    needs = {}
    for part in parts or parts_of(folder, scenario):
        if not part.pfi and (part.must_by is not None or part.stays):
            needs.setdefault((part.site_id, part.block_id, part.element, part.must_by), []).append(part)
    return needs


def cost_and_value(part, scenario, kind, year):
    """Real cost of the works of one component in one year of the plan, and the discounted loss they avoid."""
    years, rate = scenario.plan.years, scenario.plan.discount_rate
    effect = effect_of(part, scenario, kind, year)
    if year >= part.years_in_use or effect is None:
        return 0.0, 0.0
    without = path(part, years)
    shares = shares_of(without[year])
    cost = sum(shares[g] * part.costs[g] * effect.share for g in effect.brings)
    if kind == "urgent":
        cost = max(cost, part.quoted, part.costs[3] if part.unsupported else 0.0)
    key = "avoided", year, tuple(effect.brings.items()), effect.pace
    if key not in part.memo:
        part.memo[key] = loss(part, without, rate, year + 1) - loss(part, path(part, years, year, effect), rate, year + 1)
    return cost, part.memo[key]


def summed(parts, scenario, kind):
    """Cost and value of works on several components, one pair for each year of the plan."""
    found = []
    for year in range(scenario.plan.years):
        pairs = [cost_and_value(part, scenario, kind, year) for part in parts]
        found.append((sum(cost for cost, _ in pairs), sum(value for _, value in pairs)))
    return found


def expected_schemes(folder, scenario):
    """(site, block, element, kind) to {start year: (real cost, value)}: every proposed scheme and start that is worth it."""
    first, least, found = scenario.plan.first_year, scenario.schemes.minimum_scheme_gbp, {}
    parts = parts_of(folder, scenario)
    for (site, block, element, by), own in open_needs(folder, scenario, parts).items():
        if by is not None:
            found[site, block, element, "urgent", by] = summed(own, scenario, "urgent")
            continue
        for kind in (kind for kind in ELEMENT_KINDS if getattr(scenario, kind).offered):
            found[site, block, element, kind] = summed(own, scenario, kind)
    for key in [key for key in found if key[3] == "repair"]:
        renewal = found.get((*key[:3], "renew"))
        if renewal and all(same_bill(one[0], two[0], scenario, first + year)
                           for year, (one, two) in enumerate(zip(found[key], renewal, strict=True))):
            del found[key]
    found |= expected_block_schemes(folder, scenario, parts)
    chosen = {}
    for key, pairs in found.items():
        years = {first + year: pair for year, pair in enumerate(pairs) if pair is not None and (
            (first + year <= key[4] and pair[0] > 0) if key[3] == "urgent"
            else pair[0] >= least and pair[1] >= 0.005)}
        if years:
            chosen[key] = years
    return chosen


def same_bill(one, two, scenario, year):
    """Whether two real costs are within a pound of each other in the whole pounds of a year."""
    return abs(round(nominal(scenario, one, year)) - round(nominal(scenario, two, year))) <= 1


def expected_block_schemes(folder, scenario, parts):
    """Works on whole blocks: (cost, value) by year, ``None`` where nothing sets them off."""
    first, found = scenario.plan.first_year, {}
    homes = {row["site_id"]: row["school_id"] for row in rows(folder / "sites.csv")}
    schools = {row["school_id"]: row for row in rows(folder / "schools.csv")}
    for block in rows(folder / "blocks.csv"):
        inside = [part for part in parts if part.block_id == block["block_id"]]
        treated = [part for part in inside if not part.pfi and part.stays and part.must_by is None]
        school = schools[homes[block["site_id"]]]
        rebuilding = by_floor_area(block, school, scenario, scenario.costs.rebuild_gbp_per_m2)
        for kind in BLOCK_KINDS:
            rule = getattr(scenario, kind)
            if not (treated and rule.offered):
                continue
            pairs = summed(treated, scenario, kind)
            for year in range(scenario.plan.years):
                poor = sum(backlog(part, year) for part in inside if year < part.years_in_use)
                allowed = poor / rebuilding >= rule.least_backlog_share
                if kind == "demolish":
                    expires = block.get("planning_expires", "")
                    over = expires and academic_year(date.fromisoformat(expires)) < first + year
                    allowed = allowed and bool(over or yes(block.get("surplus", "")))
                cost, value = pairs[year]
                if kind == "refurbish":
                    cost *= 1 - rule.saving_share
                else:
                    rate = getattr(scenario.costs, f"{kind}_gbp_per_m2")
                    cost = by_floor_area(block, school, scenario, rate) * vat_factor(school, scenario)
                pairs[year] = (cost, value) if allowed else None
            if any(pairs):
                found[block["site_id"], block["block_id"], WHOLE_BLOCK, kind] = pairs
    return found


def by_floor_area(block, school, scenario, gbp_per_m2):
    """A rate per m2 in prices of ``rebuild_price_base`` on the floor of a block, in the prices of the plan, without VAT."""
    ratio = price_ratio(scenario.costs.rebuild_price_base, scenario.plan.price_base)
    return float(block["gifa_m2"]) * location_factors()[school["region"]] * gbp_per_m2 * ratio


def backlog(part, year):
    """Expected cost of bringing what is at C to E to grade A at the start of a year."""
    shares = shares_of(path(part, year)[year])
    return sum(shares[g] * part.costs[g] for g in (2, 3, 4))


# --- knock-on damage ------------------------------------------------------------------------------------------------


def is_kind(type_id, kinds):
    """Whether a construction type is in a list of types and elements (``ROOF`` or ``ROOF.03``) separated by ``;``."""
    return any(type_id == kind or type_id.split(".")[0] == kind for kind in kinds.split(";"))


def lines_above(parts, number, scale):
    """Every way a component may lie beneath others: (chance, [numbers, the furthest cause first], [multiples])."""
    part = parts[number]
    for row in figures("knock_on"):
        if part.block_id and is_kind(part.type_id, row["child"]):
            causes = [i for i, other in enumerate(parts) if other.block_id == part.block_id
                      and is_kind(other.type_id, row["parent"])]
            whole = sum(parts[i].costs[3] for i in causes)
            multiple = 1 + scale * (float(row["rate_multiple"]) - 1)
            return [(chance * parts[i].costs[3] / whole, [*line, number], [*harms, multiple])
                    for i in causes for chance, line, harms in lines_above(parts, i, scale)] or [(1.0, [number], [])]
    return [(1.0, [number], [])]


def together(line, harms, states, effects=None):
    """Joint distribution of a line of components a year later; each is harmed by the one before it at D or E.

    ``effects``: what works do by place in the line, or the word "waiting" for one not surveyed yet.
    """
    after = {}
    for joint, share in states.items():
        ways = [(share, ())]
        for place, (part, state) in enumerate(zip(line, joint, strict=True)):
            effect = (effects or {}).get(place)
            cause_seen = place and (effects or {}).get(place - 1) != "waiting"
            harm = harms[place - 1] if cause_seen and joint[place - 1][0] >= 3 else 1.0
            if effect == "waiting":
                own = [(1.0, state)]
            elif effect and state[0] in effect.brings:
                own = [(1.0, (effect.brings[state[0]], 0, effect.pace_from(state[0])))]
            else:
                own = year_on(part, state, harm)
            ways = [(chance * step, (*so_far, to)) for chance, so_far in ways for step, to in own]
        for chance, to in ways:
            after[to] = after.get(to, 0.0) + chance
    return after


def joint_path(line, harms, years, works=None):
    """Joint distribution at the start of each year; ``works``: {place: (year, effect)}."""
    states = {(): 1.0}
    for part in line:
        states = {(*joint, state): share * chance for joint, share in states.items() for chance, state in surveyed(part)}
    for before in range(max(part.age_years for part in line), 0, -1):
        states = together(line, harms, states, {i: "waiting" for i, part in enumerate(line) if part.age_years < before})
    along = [states]
    for year in range(years):
        now = {place: effect for place, (when, effect) in (works or {}).items() if when == year}
        along.append(together(line, harms, along[-1], now))
    return along


def knocked_on(parts, years, scale, works=None):
    """Grade shares [year][number][grade] and failures [year][number], each beneath its causes.

    ``works``: number of a component to (year of the plan, effect).
    """
    shares = [[[0.0] * 5 for _ in parts] for _ in range(years + 1)]
    failures = [[0.0 for _ in parts] for _ in range(years + 1)]
    for number in range(len(parts)):
        for chance, line, harms in lines_above(parts, number, scale):
            own = {place: works[i] for place, i in enumerate(line) if works and i in works}
            for year, states in enumerate(joint_path([parts[i] for i in line], harms, years, own)):
                for joint, share in states.items():
                    shares[year][number][joint[-1][0]] += chance * share
                    harm = harms[-1] if harms and joint[-2][0] >= 3 else 1.0
                    failures[year][number] += chance * share * failing_chance(parts[number], joint[-1], harm)
    return shares, failures


def whole_loss(parts, shares, failures, rate):
    """Discounted loss of all components from their shares and failures year by year, with what is handed on."""
    years, total = len(shares) - 1, 0.0
    for number, part in enumerate(parts):
        for year in range(min(years, part.years_in_use)):
            year_gbp = sum(s * gbp for s, gbp in zip(shares[year][number], part.yearly, strict=True))
            total += (year_gbp + failures[year][number] * part.failure) / (1 + rate) ** year
        total += sum(s * gbp for s, gbp in zip(shares[years][number], part.handed_on, strict=True)) / (1 + rate) ** years
    return total
