"""A slow model of how components wear, harm each other and are put right: lists, dicts and loops.

Written from the rules and the docstrings as the yardstick of the tests of the deterioration engine; it imports nothing of
capplan. All components of an estate are carried at once: a future is one state a component, ``(grade, whole years in
the grade, set)``, or None for a component that is gone, and every future is followed with its chance.
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import product

FAILED, POOR = 4, (3, 4)


@dataclass
class Part:
    """One component. ``chances``: of dropping in a year, by grade A to D and by whole years in the grade (the last holds
    on). ``causes``: (number of another part, chance of lying beneath it)."""

    chances: list
    grade: int
    age_years: int = 0
    own_hazard: float | None = None
    causes: tuple = ()
    multiple: float = 1.0


def survival(scale, shape, years):
    """Chance that a stay is longer than so many whole years."""
    return math.exp(-scale * years**shape)


def chance_in(scale, shape, year, longest):
    """Chance of dropping after so many whole years in a grade; after the longest told apart it stays as it is."""
    year = min(year, longest - 1)
    return -math.expm1(scale * (year**shape - (year + 1) ** shape))


def mean_stay(scale, shape, longest):
    """Years in a grade on average, one by one until nobody is left, or until they can be added up."""
    total, left = 0.0, 1.0
    for year in range(longest - 1):
        total, left = total + left, left * (1 - chance_in(scale, shape, year, longest))
    return total + left / chance_in(scale, shape, longest - 1, longest)


@cache
def weibull_scale(chance, shape, longest):
    """The scale with which the mean stay is one over ``chance``."""
    low, high = 1e-12, 500.0
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if mean_stay(middle, shape, longest) > 1 / chance else (low, middle)
    return low


def weibull_chances(chance, shape, longest):
    """Chance of dropping after 0, 1, ... whole years in a grade."""
    if chance in (0.0, 1.0):
        return [chance] * longest
    scale = weibull_scale(chance, shape, longest)
    return [chance_in(scale, shape, year, longest) for year in range(longest)]


def surveyed(part):
    """Where a component may be on the day of its survey: (chance, state)."""
    if part.grade == FAILED:
        return [(1.0, (FAILED, 0, 0))]
    chances = part.chances[part.grade]
    if chances[0] == 0.0:
        return [(1.0, (part.grade, 0, 0))]
    common, left = [], 1.0
    for chance in chances:
        common.append(left)
        left *= 1 - chance
    while left > 1e-17:  # those that have stayed longer than is told apart
        common[-1] += left
        left *= 1 - chances[-1]
    return [(each / sum(common), (part.grade, years, 0)) for years, each in enumerate(common) if each > 0]


def arrangements(parts):
    """Every way the parts may lie beneath each other: (chance, cause of each or None)."""
    ways = [[(chance, cause) for cause, chance in part.causes] or [(1.0, None)] for part in parts]
    for way in product(*ways):
        yield math.prod(chance for chance, _ in way), [cause for _, cause in way]


def chance_of_dropping(part, state, harmed, paces):
    grade, years, pace = state
    if grade == FAILED:
        return 0.0
    by_years = part.chances[grade]
    stays = 1 - by_years[min(years, len(by_years) - 1)]
    return 1 - stays ** (paces[pace] * (part.multiple if harmed else 1.0))


def is_harmed(future, cause):
    """Whether the year starts with the cause at D or E."""
    return cause is not None and future[cause] is not None and future[cause][0] in POOR


def next_states(part, state, harmed, paces, order):
    """Where one component may be a year later: (chance, state). ``order``: (outcome, set), or None."""
    if state is None:
        return [(1.0, None)]
    grade, years, pace = state
    if order and order[0][grade] < 0:
        return [(1.0, None)]
    if order and order[0][grade] != grade:
        return [(1.0, (order[0][grade], 0, order[1]))]
    if grade == FAILED:
        return [(1.0, (FAILED, 0, 0))]
    drop = chance_of_dropping(part, state, harmed, paces)
    longest = len(part.chances[grade])
    stayed = (grade, min(years + 1, longest - 1), pace)
    dropped = (FAILED, 0, 0) if grade == 3 else (grade + 1, 0, pace)
    return [(chance, after) for chance, after in ((1 - drop, stayed), (drop, dropped)) if chance > 0]


def aged(futures, parts, beneath, paces):
    """The start of the plan: each component aged from its own survey; one not yet surveyed stands still, harming nothing."""
    for before in range(max(part.age_years for part in parts), 0, -1):
        later = []
        for chance, future in futures:
            ways = []
            for part, state, cause in zip(parts, future, beneath, strict=True):
                if part.age_years < before:
                    ways.append([(1.0, state)])
                    continue
                harmed = is_harmed(future, cause) and parts[cause].age_years >= before
                ways.append(next_states(part, state, harmed, paces, None))
            later += combined(chance, ways)
        futures = later
    return futures


def combined(chance, ways):
    return [(math.prod([chance, *(each for each, _ in way)]), tuple(state for _, state in way)) for way in product(*ways)]


def merged(futures):
    """Equal futures counted once."""
    total = {}
    for chance, future in futures:
        total[future] = total.get(future, 0.0) + chance
    return [(chance, future) for future, chance in total.items()]


def course(parts, years, paces=(1.0,), works=None, every_path=False):
    """Shares [year][part][grade] and failures [year][part].

    ``paces``: hazard of each set in multiples, the first 1; ``works``: part number to (year, outcome, set). With
    ``every_path`` no two paths are ever counted together, as on a tree drawn on paper.
    """
    works, together = works or {}, list if every_path else merged
    shares = [[[0.0] * 5 for _ in parts] for _ in range(years + 1)]
    failures = [[0.0] * len(parts) for _ in range(years + 1)]
    for weight, beneath in arrangements(parts):
        futures = together(aged(combined(weight, [surveyed(part) for part in parts]), parts, beneath, paces))
        for year in range(years + 1):
            later = []
            for chance, future in futures:
                ways = []
                for number, (part, state) in enumerate(zip(parts, future, strict=True)):
                    harmed = is_harmed(future, beneath[number])
                    if state is not None:
                        shares[year][number][state[0]] += chance
                        failures[year][number] += chance * chance_of_failing(part, state, harmed, paces)
                    order = works.get(number)
                    ways.append(next_states(part, state, harmed, paces, order[1:] if order and order[0] == year else None))
                later += combined(chance, ways) if year < years else []
            futures = together(later)
    return shares, failures


def chance_of_failing(part, state, harmed, paces):
    """Of dropping from D to E in a year; or the trust's own while the component is as surveyed and not at E."""
    if part.own_hazard is not None and state[2] == 0:
        return 0.0 if state[0] == FAILED else part.own_hazard
    return chance_of_dropping(part, state, harmed, paces) if state[0] == 3 else 0.0


def lost(shares, failures, yearly, failure, handed_on, in_use, rate, numbers):
    """Discounted loss of some parts over the plan, with what is handed on at its end."""
    years, total = len(shares) - 1, 0.0
    for number in numbers:
        for year in range(years):
            if in_use[year][number]:
                a_year = sum(share * gbp for share, gbp in zip(shares[year][number], yearly[number], strict=True))
                total += (a_year + failures[year][number] * failure[number]) / (1 + rate) ** year
        at_end = sum(share * gbp for share, gbp in zip(shares[years][number], handed_on[number], strict=True))
        total += at_end / (1 + rate) ** years
    return total


def causes_of(parts, number):
    """A part and everything it may lie beneath, near or far."""
    found = {number}
    for cause, _ in parts[number].causes:
        found |= causes_of(parts, cause)
    return found


def lines(parts, number):
    """Every line of causes above a part: (parts, the furthest cause first; chance; multiples)."""
    if not parts[number].causes:
        return [((number,), 1.0, ())]
    return [((*line, number), chance * weight, (*multiples, parts[number].multiple))
            for cause, weight in parts[number].causes for line, chance, multiples in lines(parts, cause)]
