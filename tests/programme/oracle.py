"""The best programme of a small candidates folder, found by trying every programme there is.

Written from the contract of the candidates folder alone; it shares no code with capplan. Money, values and measures are
whole hundredths throughout, so nothing is rounded and a programme that is a penny short is found to be short.

The rules are written twice. ``feasible`` states each one in plain arithmetic and pays the bills by a maximum flow.
``solve`` uses inequalities over whole numbers, but only to leave dead branches early: it asks the rules of ``feasible``
before it accepts a programme. The tests hold both against a third reading that shares nothing with either.

Readings of the contract where it leaves room: a scheme with a blank site, school or trade belongs to none of them; a
limit with a blank ``scope_id`` binds every site (school, trade) named in the schemes table; a scheme that requires one
that is not in the table can never be chosen; two schemes that require each other start in the same year. A name in
``also_meets`` is the scheme of that name where it has no exclusion group, and otherwise a group. Of the schemes of a bundle
all have to start in one year; what each then saves comes off what it spends in every year, and several bundles add up. A pot
pays its share at most of what is left to be paid after that. Limits count what is spent before anything is saved. A limit
of a total is held to that share of the same measure, of the same year, over all schemes; one that nothing meets too is kept
where the measure comes to exactly nothing.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from math import inf

import numpy as np

SCOPE_COLUMN = {"site": "site_id", "school": "school_id", "trade": "trade"}


@dataclass(frozen=True)
class Case:
    """A candidates folder in plain values.

    ``schemes`` has one dict of texts per scheme, with ``requires`` and ``also_meets`` lists and ``must`` either ``None``
    (need not be chosen) or the last start year that will do (infinite where any will). ``measures`` holds, per column of
    scheme_years, the hundredths earned at each (scheme, start year); ``spend`` the pence by year at each (scheme,
    start year).
    """

    schemes: dict
    measures: dict
    spend: dict
    pots: tuple
    limits: tuple
    bundles: tuple = ()

    @property
    def value(self):
        """Hundredths of value at each (scheme, start year) that is listed."""
        return self.measures["value"]


def solve(frames):
    """Best total value, and a programme that earns it, by trying every programme.

    Parameters
    ----------
    frames : dict of str to DataFrame
        ``schemes``, ``scheme_years``, ``spend``, ``pots`` and, if there are any, ``limits`` and ``bundles``.

    Returns
    -------
    tuple of (float or None, dict of str to int)
        Total value [as scheme_years] and start year of each chosen scheme; ``(None, {})`` if there is no programme.
    """
    case = read_case(frames)
    names, options, gains, uses, bounds = _tree(case)
    least = [np.zeros(len(bounds), dtype=np.int64)]
    most = [0]
    for gain, use in zip(reversed(gains), reversed(uses), strict=True):
        least.insert(0, least[0] + use.min(axis=0))
        most.insert(0, most[0] + int(gain.max()))
    best = [None, {}]

    def descend(level, value, used, choice):
        if level == len(names):
            if obeys(case, choice):
                best[:] = [value, dict(choice)]
            return
        after = used + uses[level]
        alive = (after + least[level + 1] <= bounds).all(axis=1)
        for place in np.flatnonzero(alive):
            reach = value + int(gains[level][place])
            if best[0] is not None and reach + most[level + 1] <= best[0]:
                return
            start = options[level][place]
            further = choice if start is None else {**choice, names[level]: start}
            descend(level + 1, reach, after[place], further)

    descend(0, 0, np.zeros(len(bounds), dtype=np.int64), {})
    return (None, {}) if best[0] is None else (best[0] / 100, best[1])


def feasible(frames, choice):
    """Every rule a programme breaks, in words; empty if it obeys them all.

    Parameters
    ----------
    frames : dict of str to DataFrame
        As in ``solve``.
    choice : dict of str to int
        Start year of each chosen scheme; schemes left out, or with ``None``, are not chosen.

    Returns
    -------
    list of str
        One sentence per broken rule.
    """
    chosen = {str(scheme): int(start) for scheme, start in choice.items() if start is not None}
    return broken_rules(read_case(frames), chosen)


def total_value(frames, choice):
    """Value of a programme, exact to the hundredth. [as scheme_years]"""
    value = read_case(frames).value
    return sum(value[scheme, start] for scheme, start in choice.items() if start is not None) / 100


# ------------------------------------------------------------------------------------------------- reading the tables


def read_case(frames):
    """The frames as a ``Case``; raises ``ValueError`` on tables an oracle should not be asked about."""
    schemes = {}
    for row in _rows(frames["schemes"]):
        schemes[row["scheme_id"]] = {
            **{name: row.get(name, "") for name in ("school_id", "tag", "exclusion_group", "site_id", "trade")},
            "requires": _split(row.get("requires", "")), "also_meets": _split(row.get("also_meets", "")),
            "must": _must(row.get("must_do", ""))}
    measures = defaultdict(dict)
    for row in _rows(frames["scheme_years"]):
        key = row["scheme_id"], int(row["start_year"])
        if key in measures["value"] or key[0] not in schemes:
            raise ValueError(f"scheme_years lists {key} twice, or a scheme that is not in schemes")
        for column in row.keys() - {"scheme_id", "start_year"}:
            measures[column][key] = _hundredths(row[column])
    spend = {key: Counter() for key in measures["value"]}
    for row in _rows(frames["spend"]):
        pence = _hundredths(row["cost"])
        if pence < 0:
            raise ValueError("a cost is below 0")
        if (key := (row["scheme_id"], int(row["start_year"]))) in spend and pence:
            spend[key][int(row["year"])] += pence
    pots = tuple({"pot_id": row["pot_id"], "amount": _hundredths(row["amount"]), "first": int(row["first_year"]),
                  "last": int(row["last_year"]), "tags": _split(row.get("tags", "")),
                  "school_id": row.get("school_id", ""), "only": _split(row.get("schemes", "")),
                  "percent": _hundredths(row.get("most_share", "") or "1"), "comes_with": row.get("with_scheme", "")}
                 for row in _rows(frames["pots"]))
    bundles = tuple({"schemes": _split(row["schemes"]), "percent": _hundredths(row["saving_share"])}
                    for row in (_rows(frames["bundles"]) if "bundles" in frames else []))
    named = {name for bundle in bundles for name in bundle["schemes"]} | {pot["comes_with"] for pot in pots} - {""}
    if not named <= schemes.keys() or any(len(set(bundle["schemes"])) < 2 for bundle in bundles):
        raise ValueError("a bundle of one, or a bundle or pot that names a scheme which is not in schemes")
    return Case(schemes, dict(measures), spend, pots, tuple(_limits(frames, schemes)), bundles)


def _limits(frames, schemes):
    for row in _rows(frames["limits"]) if "limits" in frames else []:
        scope, named, measure = row["scope"], row.get("scope_id", ""), row["measure"]
        if scope not in (*SCOPE_COLUMN, "all") or row["sense"] not in ("<=", ">="):
            raise ValueError(f"limit {row['limit_id']} has a scope or sense the contract does not know")
        of_total, or_none = (row.get(name, "").lower() in ("yes", "true", "y") for name in ("of_total", "or_none"))
        if or_none and (row["sense"] == "<=" or of_total):
            raise ValueError(f"limit {row['limit_id']} may be met by nothing and is no lower limit of its own amount")
        column = SCOPE_COLUMN.get(scope)
        if column is None:
            places = [""]
        else:
            places = [named] if named else sorted({scheme[column] for scheme in schemes.values()} - {""})
        for place in places:
            yield {"name": f"{row['limit_id']} ({' '.join([scope, place]).strip()})", "measure": measure,
                   "within": {name for name, scheme in schemes.items() if column is None or scheme[column] == place},
                   "year": int(row["year"]) if row.get("year", "") else None, "sense": row["sense"],
                   "amount": _hundredths(row["amount"]), "of_total": of_total, "or_none": or_none}


def _rows(frame):
    cells = [[_text(cell) for cell in frame[name].to_numpy(dtype=object)] for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*cells, strict=True)]


def _text(cell):
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _split(text):
    return [part.strip() for part in text.split(";") if part.strip()]


def _must(text):
    if text.lower() in ("", "no", "0", "false"):
        return None
    if text.lower() in ("yes", "true", "1"):
        return inf
    return int(text)


def _hundredths(text):
    amount = Decimal(text) * 100
    if amount != int(amount):
        raise ValueError(f"{text} has more than two decimals")
    return int(amount)


# ------------------------------------------------------------------------------------------------ the rules, one by one


def broken_rules(case, choice):
    """Every rule of the case that the choice breaks, in words."""
    return list(_broken(case, choice))


def obeys(case, choice):
    """Whether the choice breaks no rule of the case; the first that is broken ends it."""
    return next(_broken(case, choice), None) is None


def _broken(case, choice):
    unlisted = [f"listed years: {scheme} cannot start in {start}" for scheme, start in choice.items()
                if (scheme, start) not in case.value]
    yield from unlisted
    if not unlisted:
        for rules in (_exclusion, _requires, _musts, _beyond_limits, _money):
            yield from rules(case, choice)


def _needs(case, name):
    """What a scheme meets: its own group (itself where it has none), and every further need it names."""
    own = case.schemes[name]["exclusion_group"]
    met = {("group", own) if own else ("scheme", name)}
    for other in case.schemes[name]["also_meets"]:
        alone = other in case.schemes and not case.schemes[other]["exclusion_group"]
        met.add(("scheme" if alone else "group", other))
    return met


def _exclusion(case, choice):
    members = Counter(need for scheme in choice for need in _needs(case, scheme))
    return [f"exclusion: {count} of the chosen schemes meet the need of {kind} {name}"
            for (kind, name), count in sorted(members.items()) if count > 1]


def _requires(case, choice):
    for scheme, start in choice.items():
        for needed in case.schemes[scheme]["requires"]:
            if needed not in choice:
                yield f"requires: {scheme} is chosen without {needed}"
            elif choice[needed] > start:
                yield f"requires: {scheme} starts in {start}, before {needed} in {choice[needed]}"


def _must_sets(case):
    """Sets of must-do schemes of which one has to be done in time: one for each need that a must-do scheme meets."""
    sets = defaultdict(list)
    for name, scheme in case.schemes.items():
        if scheme["must"] is not None:
            for need in sorted(_needs(case, name)):
                sets[need].append(name)
    return list(sets.values())


def _musts(case, choice):
    for names in _must_sets(case):
        if not any(name in choice and choice[name] <= case.schemes[name]["must"] for name in names):
            yield "must do: none of " + ", ".join(f"{name} (by {case.schemes[name]['must']})" for name in names)


def _share(case, limit, scheme, start):
    """What one chosen scheme adds to the measure of a limit, in hundredths."""
    if scheme not in limit["within"]:
        return 0
    if limit["measure"] == "cost":
        spend = case.spend[scheme, start]
        return spend.total() if limit["year"] is None else spend[limit["year"]]
    if limit["year"] not in (None, start):
        return 0
    return 100 if limit["measure"] == "schemes" else case.measures[limit["measure"]][scheme, start]


def _beyond_limits(case, choice):
    for limit in case.limits:
        found, held_to = sum(_share(case, limit, scheme, start) for scheme, start in choice.items()), limit["amount"]
        if limit["or_none"] and found == 0:
            continue
        words = f"{held_to / 100:g}"
        if limit["of_total"]:  # both sides a hundred times as large, so that both are whole
            held_to *= sum(_share(case, _of_all(case, limit), scheme, start) for scheme, start in choice.items())
            words, found = f"{words} of {held_to / limit['amount'] / 100 if held_to else 0:g}", found * 100
        if found > held_to if limit["sense"] == "<=" else found < held_to:
            yield (f"limit {limit['name']}: {limit['measure']} is {found / (10_000 if limit['of_total'] else 100):g}, "
                   f"must be {limit['sense']} {words}")


def _of_all(case, limit):
    """The same limit, counting every scheme there is."""
    return {**limit, "within": case.schemes.keys()}


def _payers(case, scheme, year):
    """Places of the pots that may pay for a scheme's works in a year."""
    tag, school = case.schemes[scheme]["tag"], case.schemes[scheme]["school_id"]
    return [place for place, pot in enumerate(case.pots)
            if pot["first"] <= year <= pot["last"] and (not pot["tags"] or tag in pot["tags"])
            and pot["school_id"] in ("", school) and (not pot["only"] or scheme in pot["only"])]


def _is_there(pot, year, choice):
    """Whether a pot has come: one that comes with a scheme does so when that starts, and else never."""
    return not pot["comes_with"] or choice.get(pot["comes_with"], inf) <= year


def _saved(case, choice):
    """Hundredths of its spending that each chosen scheme saves."""
    saved = Counter()
    for bundle in case.bundles:
        if len({choice.get(scheme, (scheme, "not at all")) for scheme in bundle["schemes"]}) == 1:
            saved.update(dict.fromkeys(bundle["schemes"], bundle["percent"]))
    return saved


def _bills(case, choice):
    """What is to be paid, as (scheme, year, pence), after what is saved."""
    saved = _saved(case, choice)
    return [(key[0], year, _part(pence, 100 - saved[key[0]]))
            for key in choice.items() for year, pence in case.spend[key].items()]


def _part(pence, percent):
    if pence * percent % 100:
        raise ValueError(f"{percent}% of {pence} pence is not a whole number of pence")
    return pence * percent // 100


def _money(case, choice):
    """Pay the bills by augmenting paths (Ford and Fulkerson); what no path can pay is short."""
    bills = _bills(case, choice)
    payers = [[pot for pot in _payers(case, scheme, year) if _is_there(case.pots[pot], year, choice)]
              for scheme, year, _ in bills]
    most = [{pot: _part(pence, case.pots[pot]["percent"]) for pot in own}
            for own, (_, _, pence) in zip(payers, bills, strict=True)]
    left = [pot["amount"] for pot in case.pots]
    paid = Counter()

    def pay(bill, wanted, seen):
        """Find up to ``wanted`` pence for one bill, moving other bills to other pots where that frees money."""
        for pot in payers[bill]:
            room = min(wanted, most[bill][pot] - paid[bill, pot])
            if pot in seen or not room:
                continue
            seen.add(pot)
            found = min(room, left[pot])
            if found:
                left[pot] -= found
            else:
                for other in range(len(bills)):
                    if paid[other, pot] and (found := pay(other, min(room, paid[other, pot]), seen)):
                        paid[other, pot] -= found
                        break
            if found:
                paid[bill, pot] += found
                return found
        return 0

    for bill, (scheme, year, pence) in enumerate(bills):
        while pence and (found := pay(bill, pence, set())):
            pence -= found
        if pence:
            yield f"money: {pence / 100:.2f} of the cost of {scheme} in {year} cannot be paid from any pot it may use"


# ------------------------------------------------------------------------- inequalities, to leave dead branches early


def _tree(case):
    """Levels of the search: schemes, their options, the value of each and what each uses of every inequality."""
    starts = defaultdict(list)
    for scheme, start in case.value:
        starts[scheme].append(start)
    names = sorted(starts, key=lambda name: -max(abs(case.value[name, start]) for start in starts[name]))
    rows = _inequalities(case)
    options, gains, uses = [], [], []
    for name in names:
        own = sorted([None, *starts[name]], key=lambda start: -case.value.get((name, start), 0))
        options.append(own)
        gains.append(np.array([case.value.get((name, start), 0) for start in own], dtype=np.int64))
        uses.append(np.array([[row.get((name, start), 0) for row, _ in rows] for start in own], dtype=np.int64))
    return names, options, gains, uses, np.array([bound for _, bound in rows], dtype=np.int64)


def _inequalities(case):
    """Every rule as rows (whole number by (scheme, start), bound): the sum over the chosen is at most the bound."""
    rows = []
    needs = defaultdict(dict)
    for scheme, start in case.value:
        for need in _needs(case, scheme):
            needs[need][scheme, start] = 1
        for needed in case.schemes[scheme]["requires"]:
            row = Counter({(scheme, start): 1})
            row.subtract(key for key in case.value if key[0] == needed and key[1] <= start)
            rows.append((row, 0))
    rows += [(row, 1) for row in needs.values()]
    for names in _must_sets(case):
        rows.append(({key: -1 for key in case.value if key[0] in names and key[1] <= case.schemes[key[0]]["must"]}, -1))
    for limit in case.limits:
        sign = 1 if limit["sense"] == "<=" else -1
        if limit["of_total"]:
            rows.append(({key: sign * (100 * _share(case, limit, *key)
                                       - limit["amount"] * _share(case, _of_all(case, limit), *key))
                          for key in case.value}, 0))
        elif not limit["or_none"]:
            rows.append(({key: sign * _share(case, limit, *key) for key in case.value}, sign * limit["amount"]))
    return rows + _cuts(case)


def _cuts(case):
    """Bills that only certain pots may pay are at most what is in those pots, for every such set of pots.

    Bills as if every bundle came about, and pots as if they might pay all and had come: no more than what is needed.
    """
    saved = Counter()
    for bundle in case.bundles:
        saved.update(dict.fromkeys(bundle["schemes"], bundle["percent"]))
    bills = {key: [(frozenset(_payers(case, key[0], year)), pence * max(0, 100 - saved[key[0]]) // 100)
                   for year, pence in spend.items()] for key, spend in case.spend.items()}
    sets = {frozenset()}
    for pots in {pots for own in bills.values() for pots, _ in own}:
        sets |= {pots | other for other in sets}
    return [({key: sum(pence for pots, pence in own if pots <= within) for key, own in bills.items()},
             sum(case.pots[pot]["amount"] for pot in within)) for within in sets]
