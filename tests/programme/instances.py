"""Small random candidates folders, made so that every family of rules decides the answer in a good share of them.

``random_instance`` makes one from a seed; ``drop_rule`` takes one family of rules out; ``binding_families`` says which
families change the best value when they are taken out. Values and costs are whole pounds, or pounds and pence.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from oracle import solve

FIRST_YEAR = 2026
PLENTY = 1_000_000
TRIES = 100
KEEP_INFEASIBLE = 0.04
KEEP_DULL = 0.1
SCHOOLS = ("oak", "elm", "ash")
TRADES = ("roofing", "electrical")
TAGS = ("condition", "energy", "")
OPTIONAL = ("school_id", "kind", "tag", "exclusion_group", "also_meets", "requires", "must_do", "site_id", "trade", "tags",
            "year", "scope_id", "schemes", "most_share", "with_scheme", "of_total", "or_none")
NO_MUST = ("", "no", "0", "false")
MONEY = ("pot amount", "window", "tags", "school pots")
LIMITS = ("limit schemes", "limit cost", "limit column", ">= limits")
FAMILIES = (*MONEY, "exclusion", "also_meets", "requires", "must_do", *LIMITS)
POT_TERMS = {"pot schemes": "schemes", "most_share": "most_share", "with_scheme": "with_scheme"}
LIMIT_TERMS = ("of_total", "of_total <=", "of_total >=", "of_total for each", "packages")
TERMS = ("bundles", *POT_TERMS, "of_total", "packages")
"""Families that are drawn where ``terms`` are asked for."""
TERM_FORMS = ("bundles several", "bundle of three", "of_total <=", "of_total >=", "of_total for each", "or_none")
FORMS = ("also_meets group", "also_meets scheme", "must_do year", "requires several", "limit over all years",
         "limit for each", "limit site", "limit school", "limit trade", "limit all")


def random_instance(seed, further_needs=False, terms=False):
    """A candidates folder of 3-8 schemes, 1-4 years and 1-5 pots.

    Parameters
    ----------
    seed : int
        The same seed gives the same folder.
    further_needs : bool
        Whether some schemes stand in place of others too (``also_meets``).
    terms : bool
        Whether bundles, packages, limits of a total, and pots for named schemes, for a share of the cost or that come with
        a scheme are drawn too. Costs are then whole pounds and shares whole tenths, so that nothing has to be rounded.

    Returns
    -------
    dict of str to DataFrame
        ``schemes``, ``scheme_years`` (with the further measure ``carbon_t``), ``spend`` and ``pots``, and ``limits``
        and ``bundles`` where there are any. Optional columns that are blank throughout are left out of about half of the
        folders. A
        draw that no programme obeys, or whose best is no more than one scheme, is mostly drawn again: about one folder
        in ten is infeasible.
    """
    return {name: frame.copy() for name, frame in _instance(seed, further_needs, terms).items()}


@cache
def _instance(seed, further_needs, terms):
    """Made once for all tests of a process: the same seeds serve many."""
    for attempt in range(TRIES):
        rng = np.random.default_rng([seed, attempt])
        frames = _draw(rng, further_needs, terms)
        chance, (best, choice) = rng.random(), solve(frames)
        if chance < (KEEP_INFEASIBLE if best is None else KEEP_DULL if len(choice) < 2 else 1):
            break
    return frames


def _draw(rng, further_needs, terms):
    years = list(range(FIRST_YEAR, FIRST_YEAR + int(rng.integers(1, 5))))
    pence = bool(rng.random() < 0.15) and not terms
    schemes = _schemes(rng, int(rng.integers(3, 9)), years)
    if further_needs:
        _meet_further_needs(rng.spawn(1)[0], schemes)
    scheme_years, spend = _prices(rng, schemes, years, pence)
    each = _each(scheme_years, spend)
    frames = {"schemes": pd.DataFrame([schemes[place] for place in rng.permutation(len(schemes))]),
              "scheme_years": pd.DataFrame(scheme_years), "spend": pd.DataFrame(spend),
              "pots": pd.DataFrame(_pots(rng, years, sum(each["cost"].values()), pence))}
    limits = _limits(rng, schemes, each, years)
    if terms:
        limits = limits[:2] + _further_terms(rng.spawn(1)[0], frames, schemes, scheme_years, each, years)
    if limits:
        frames["limits"] = pd.DataFrame(limits).fillna("")
    if rng.random() < 0.5:
        frames = {name: frame.drop(columns=_blank_columns(frame)) for name, frame in frames.items()}
    return frames


def _pick(rng, items):
    return items[int(rng.integers(len(items)))]


def _schemes(rng, count, years):
    grouped, linked, musts = rng.random(3) < (0.6, 0.6, 0.65)
    tagged, rows = rng.random() < 0.65, []
    for number in range(1, count + 1):
        school = _pick(rng, (*SCHOOLS, *SCHOOLS, ""))
        rows.append({"scheme_id": f"S{number}", "school_id": school, "kind": "renewal",
                     "tag": _pick(rng, TAGS) if tagged else "",
                     "exclusion_group": _pick(rng, ("G1", "G1", "G2", "", "")) if grouped else "",
                     "requires": "", "must_do": _pick(rng, ("", "", "no", "0", "false")),
                     "site_id": f"{school}-{_pick(rng, ('upper', 'lower'))}" if school else "",
                     "trade": _pick(rng, (*TRADES, *TRADES, ""))})
    if linked:
        for row in rows[1:]:
            earlier = [other["scheme_id"] for other in rows[:rows.index(row)]]
            wanted = int(rng.choice([0, 1, 2], p=[0.4, 0.35, 0.25]))
            row["requires"] = _pick(rng, (";", "; ")).join(rng.permutation(earlier)[:wanted].tolist())
    if musts:
        for place in rng.permutation(count)[:int(rng.integers(1, 4))]:
            rows[place]["must_do"] = _pick(rng, ("yes", "true", "1", *map(str, years), *map(str, years)))
    return rows


def _meet_further_needs(rng, schemes):
    """Some schemes stand in place of others too: of a group, or of a scheme without one."""
    for row in schemes:
        row["also_meets"] = ""
        known = sorted({other["exclusion_group"] or other["scheme_id"] for other in schemes if other is not row})
        if known and rng.random() < 0.35:
            count = int(rng.integers(1, 4))
            row["also_meets"] = _pick(rng, (";", "; ")).join(rng.permutation(known)[:count].tolist())


def _amount(rng, least, most, pence):
    return round(float(rng.uniform(least, most)), 2) if pence else int(rng.integers(least, most + 1))


def _prices(rng, schemes, years, pence):
    """Value, carbon and spend of each scheme at each of the years it may start in."""
    scheme_years, spend = [], []
    for row in schemes:
        worth, cost = _amount(rng, 5, 40, pence), _amount(rng, 10, 60, pence)
        if rng.random() < (0.5 if row["must_do"] not in NO_MUST else 0.1):
            worth = -worth
        trend = _pick(rng, (-3, -2, -1, 4))
        free, lasts = rng.random() < 0.08, int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))
        for start in [year for year in years if rng.random() < 0.8] or [_pick(rng, years)]:
            wait = start - years[0]
            scheme_years.append({"scheme_id": row["scheme_id"], "start_year": start,
                                 "value": round(worth + _amount(rng, -3, 6, pence) + trend * wait, 2),
                                 "carbon_t": int(rng.integers(-2, 12))})
            parts = [0] if free else [round(cost / lasts + wait, 2 if pence else 0)] * lasts
            if free and rng.random() < 0.5:
                continue
            spend += [{"scheme_id": row["scheme_id"], "start_year": start, "year": start + later, "cost": part}
                      for later, part in enumerate(parts)]
    return scheme_years, spend or [{"scheme_id": "S1", "start_year": scheme_years[0]["start_year"],
                                    "year": years[0], "cost": 10}]


def _pots(rng, years, need, pence):
    """Pots whose windows overlap and reach up to two years beyond the last start; some for a tag, some for a school."""
    count = int(rng.integers(1, 6))
    share = max(10, need * rng.uniform(0.5, 2) / count)
    ringfenced, rows = rng.random() < 0.6, []
    for number in range(1, count + 1):
        first = _pick(rng, years)
        last = min(first + int(rng.integers(0, 4)), years[-1] + 1)
        if rng.random() < 0.3:
            first, last = years[0], years[-1] + 2
        rows.append({"pot_id": f"P{number}", "amount": _amount(rng, int(share * 0.4), int(share * 1.6), pence),
                     "first_year": first, "last_year": last,
                     "tags": _pick(rng, ("", "", "", "condition", "energy", "condition;energy", "energy; condition")),
                     "school_id": _pick(rng, ("", "", *SCHOOLS[:2])) if ringfenced else ""})
    return rows


def _limits(rng, schemes, each, years):
    """Up to four limits, drawn about as tight as the schemes in their scope make interesting."""
    rows = []
    for number in range(1, int(rng.choice([0, 1, 2, 3, 4], p=[0.15, 0.2, 0.25, 0.2, 0.2])) + 1):
        scope = _pick(rng, ("all", "site", "school", "trade"))
        column = {"site": "site_id", "school": "school_id"}.get(scope, scope)
        places = sorted({row[column] for row in schemes} - {""}) if scope != "all" else []
        place = _pick(rng, places) if places and rng.random() < 0.5 else ""
        measure = _pick(rng, ("schemes", "schemes", "schemes", "cost", "cost", "cost", "carbon_t", "carbon_t", "value"))
        year = str(_pick(rng, years)) if rng.random() < 0.45 else ""
        least = rng.random() < 0.3
        share = rng.uniform(0.05, 0.3) if least else rng.uniform(0.2, 0.8)
        share /= 2 if year and len(years) > 1 else 1
        amount = max(1, round(share * _typical(schemes, each, column, place, measure)))
        rows.append({"limit_id": f"L{number}", "year": year, "scope": scope, "scope_id": place, "measure": measure,
                     "sense": ">=" if least else "<=", "amount": amount})
    return rows


def _further_terms(rng, frames, schemes, scheme_years, each, years):
    """Bundles and further terms of the pots, put into the frames; further limits, as rows."""
    bundles = _bundles(rng, schemes, scheme_years) if rng.random() < 0.9 else []
    if bundles:
        frames["bundles"] = pd.DataFrame(bundles)
    frames["pots"] = _terms_of_pots(rng, frames["pots"], [row["scheme_id"] for row in schemes])
    return [row for number in range(int(rng.integers(0, 4)))
            for row in _share_or_package(rng, f"T{number}", schemes, each, years)]


def _bundles(rng, schemes, scheme_years):
    """Up to six bundles of two or three schemes, mostly such as can stand together; shares of a scheme below 0.9."""
    starts = {row["scheme_id"]: set() for row in schemes}
    for row in scheme_years:
        starts[row["scheme_id"]].add(row["start_year"])
    group = {row["scheme_id"]: row["exclusion_group"] or row["scheme_id"] for row in schemes}
    saved, rows = dict.fromkeys(starts, 0), []
    for number in range(1, int(rng.integers(3, 8))):
        names = rng.permutation(list(starts))[:_pick(rng, (2, 2, 3))].tolist()
        apart = len({group[name] for name in names}) == len(names) and set.intersection(*(starts[name] for name in names))
        tenths = int(rng.integers(2, 7))
        if (apart or rng.random() < 0.15) and max(saved[name] for name in names) + tenths <= 9:
            rows.append({"bundle_id": f"B{number}", "schemes": _pick(rng, (";", "; ")).join(names),
                         "saving_share": tenths / 10})
            for name in names:
                saved[name] += tenths
    return rows


def _terms_of_pots(rng, pots, names):
    """Some pots pay for named schemes only, a share of what is spent only, or once a scheme has started only."""
    rows = pots.to_dict("records")
    for row in rows:
        named = rng.permutation(names)[:int(rng.integers(2, 6))].tolist() if rng.random() < 0.25 else []
        row["schemes"] = _pick(rng, (";", "; ")).join(named)
        row["most_share"] = int(rng.integers(2, 9)) / 10 if rng.random() < 0.3 else ""
        row["with_scheme"] = str(_pick(rng, names)) if rng.random() < 0.25 else ""
    return pd.DataFrame(rows)


def _share_or_package(rng, name, schemes, each, years):
    """A limit to a share of the total, or a least size that nothing meets too; sometimes none."""
    column, measure = _pick(rng, ("school_id", "trade", "site_id")), _pick(rng, ("cost", "cost", "schemes", "carbon_t"))
    places = sorted({row[column] for row in schemes} - {""})
    if not places:
        return []
    place, of_total = _pick(rng, places), bool(rng.random() < 0.65)
    row = {"limit_id": name, "year": str(_pick(rng, years)) if rng.random() < 0.2 else "", "scope": column.split("_")[0],
           "scope_id": place, "measure": measure, "sense": ">=", "amount": 0, "of_total": "", "or_none": ""}
    if of_total:
        least = rng.random() < 0.5
        row |= {"of_total": "yes", "or_none": _pick(rng, ("", "no")), "sense": ">=" if least else "<=",
                "amount": int(rng.integers(15, 65) if least else rng.integers(15, 60)) / 100,
                "scope_id": "" if rng.random() < (0.15 if least else 0.5) else place}
    else:
        amount = round(rng.uniform(0.4, 1) * _typical(schemes, each, column, place, measure))
        row |= {"or_none": _pick(rng, ("yes", "true")), "amount": max(2, amount),
                "scope_id": "" if rng.random() < 0.4 else place}
    return [row]


def _typical(schemes, each, column, place, measure):
    """Total of a measure over a scope if every scheme in it were done once; of one place where all places are meant."""
    inside = [row for row in schemes if column == "all" or (row[column] == place if place else row[column])]
    total = sum(1 if measure == "schemes" else max(0, each[measure].get(row["scheme_id"], 0)) for row in inside)
    return total / max(1, len({row[column] for row in inside})) if column != "all" and not place else total


def _each(scheme_years, spend):
    """Average of each measure over the start years of each scheme."""
    starts, totals = {}, {"cost": {}, "carbon_t": {}, "value": {}}
    for row in scheme_years:
        starts[row["scheme_id"]] = starts.get(row["scheme_id"], 0) + 1
    for row in scheme_years + spend:
        for measure in totals.keys() & row.keys():
            own = totals[measure]
            own[row["scheme_id"]] = own.get(row["scheme_id"], 0) + row[measure] / starts[row["scheme_id"]]
    return totals


def _blank_columns(frame):
    return [name for name in frame.columns if name in OPTIONAL and set(frame[name].to_numpy(dtype=object)) == {""}]


# --------------------------------------------------------------------------------------------- taking one rule out


def drop_rule(frames, family):
    """The same folder without one family of rules.

    Parameters
    ----------
    frames : dict of str to DataFrame
        As ``random_instance`` makes them.
    family : str
        One of ``FAMILIES``, ``FORMS``, ``TERMS`` or ``TERM_FORMS``. Without ``exclusion``, must-do schemes that stand in for
        each other keep their group among themselves, because it also says that one of them is enough; without
        ``also_meets``, must-do schemes keep theirs for the same reason. Without ``or_none`` a package has to be let.

    Returns
    -------
    dict of str to DataFrame
    """
    frames = dict(frames)
    if family in MONEY:
        pots = {"pot amount": {"amount": PLENTY}, "tags": {"tags": ""}, "school pots": {"school_id": ""},
                "window": {"first_year": FIRST_YEAR - 9, "last_year": FIRST_YEAR + 30}}[family]
        frames["pots"] = frames["pots"].assign(**pots)
    elif family in POT_TERMS:
        frames["pots"] = frames["pots"].assign(**{POT_TERMS[family]: ""})
    elif family.startswith("bundle"):
        bundles = frames.pop("bundles", pd.DataFrame({"schemes": []}))
        kept = {"bundles": slice(0), "bundles several": slice(1),
                "bundle of three": bundles["schemes"].astype(str).str.count(";") < 2}[family]
        if len(bundles[kept]):
            frames["bundles"] = bundles[kept]
    elif family == "or_none":
        if "limits" in frames:
            frames["limits"] = _change(frames["limits"], "or_none", lambda cell: "")
    elif family.startswith("limit") or family == ">= limits" or family in LIMIT_TERMS:
        limits = frames.pop("limits", pd.DataFrame())
        kept = [place for place, row in enumerate(limits.to_dict("records")) if not _of_form(row, family)]
        if kept:
            frames["limits"] = limits.iloc[kept]
    elif family == "exclusion":
        frames["schemes"] = _without_exclusion(frames["schemes"])
    elif family.startswith("also_meets"):
        frames["schemes"] = _without_further_needs(frames["schemes"], family.removeprefix("also_meets").strip())
    elif family == "requires several":
        frames["schemes"] = _change(frames["schemes"], "requires", lambda cell: cell.split(";")[0])
    elif family == "must_do year":
        frames["schemes"] = _change(frames["schemes"], "must_do", lambda cell: "yes" if cell.startswith("20") else cell)
    elif family in ("requires", "must_do"):
        frames["schemes"] = frames["schemes"].assign(**{family: ""})
    else:
        raise ValueError(f"no family of rules is called {family}")
    return frames


def _change(frame, column, change):
    return frame.assign(**{column: frame[column].map(change)}) if column in frame else frame


def _column(frame, name):
    return frame[name] if name in frame else pd.Series("", frame.index)


def _of_form(limit, family):
    """Whether a limit belongs to a family."""
    upper, measure, on = limit["sense"] == "<=", limit["measure"], ("yes", "true")
    of_total, or_none = limit.get("of_total", "") in on, limit.get("or_none", "") in on
    if family in LIMIT_TERMS:
        return {"of_total": of_total, "of_total <=": of_total and upper, "of_total >=": of_total and not upper,
                "of_total for each": of_total and limit.get("scope_id", "") == "", "packages": or_none}[family]
    if of_total or or_none:
        return False
    forms = {">= limits": not upper, "limit schemes": upper and measure == "schemes",
             "limit cost": upper and measure == "cost",
             "limit column": upper and measure not in ("schemes", "cost"),
             "limit over all years": limit.get("year", "") == "",
             "limit for each": limit["scope"] != "all" and limit.get("scope_id", "") == ""}
    return forms[family] if family in forms else limit["scope"] == family.removeprefix("limit ")


def _without_exclusion(schemes):
    if "exclusion_group" not in schemes:
        return schemes
    must = ~_column(schemes, "must_do").isin(NO_MUST)
    named = [{group, *_names(further)} for group, further, is_must
             in zip(schemes["exclusion_group"], _column(schemes, "also_meets"), must, strict=True) if is_must]
    alike = schemes["exclusion_group"].map(lambda group: sum(group in names for names in named))
    return schemes.assign(exclusion_group=schemes["exclusion_group"].where(must & (alike > 1), ""))


def _without_further_needs(schemes, kind):
    """Blank ``also_meets`` of all but must-do schemes: all of it, only groups, or only schemes without a group."""
    if "also_meets" not in schemes:
        return schemes
    alone = set(schemes["scheme_id"][_column(schemes, "exclusion_group") == ""])
    must = ~_column(schemes, "must_do").isin(NO_MUST)

    def left(further):
        return ";".join(name for name in _names(further) if kind and (name in alone) != (kind == "scheme"))

    return schemes.assign(also_meets=schemes["also_meets"].where(must, schemes["also_meets"].map(left)))


def _names(text):
    return [name.strip() for name in text.split(";") if name.strip()]


def binding_families(frames, families=FAMILIES):
    """The families of rules that decide the best value: without one of them it would be another.

    Parameters
    ----------
    frames : dict of str to DataFrame
        A candidates folder.
    families : iterable of str
        Which to try, of ``FAMILIES``, ``FORMS``, ``TERMS`` and ``TERM_FORMS``.

    Returns
    -------
    set of str
    """
    best = solve(frames)[0]
    return {family for family in families
            if not _same(frames, other := drop_rule(frames, family)) and solve(other)[0] != best}


def _same(frames, others):
    """Whether dropping a family left the tables as they were (an optional column added blank changes nothing)."""
    return frames.keys() == others.keys() and all(
        frame is others[name] or frame.equals(others[name][frame.columns]) for name, frame in frames.items())


def write_folder(frames, path):
    """Write the CSV files of a candidates folder; blank cells stay blank.

    Parameters
    ----------
    frames : dict of str to DataFrame
        One frame per file, without the suffix.
    path : str or Path
        The folder; made if it is not there.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    return folder
