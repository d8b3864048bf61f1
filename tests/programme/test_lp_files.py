"""The formulation is the algebra written down here, family by family.

Each file of ``lp/`` is what PuLP writes of one family for the instance below; the tests read the files back and hold every
row against rows stated by hand from the numbers of the instance. ``python tests/programme/test_lp_files.py`` writes the
files anew; the hand-made rows then say whether they are right.
"""

import re
import tempfile
from pathlib import Path

import pulp
import pytest
from folders import folder, read

from capplan.programme import formulation
from capplan.programme.instance import instance

FILES = Path(__file__).resolve().parent / "lp"

OAK = {"school_id": "oak", "site_id": "oak-1"}
ELM = {"school_id": "elm", "site_id": "elm-1"}
ROOF = {**OAK, "tag": "condition", "trade": "roofing", "exclusion_group": "roof"}
SCHEMES = [
    ("patch", {**ROOF, "must_do": "2027", "CARBON_T": {2026: 1, 2027: 1, 2028: 1}},
     {2026: (6, {2026: 10, 2027: 2}), 2027: (5, {2027: 11}), 2028: (4, {2028: 12})}),
    ("renew", {**ROOF, "must_do": "yes", "CARBON_T": {2027: 2}}, {2027: (20, {2027: 30, 2028: 15.5})}),
    ("solar", {**OAK, "tag": "energy", "requires": "renew; boiler", "CARBON_T": {2026: 12, 2028: 9}},
     {2026: (8, {2026: 25}), 2028: (7, {2028: 26})}),
    ("boiler", {**ELM, "tag": "condition", "must_do": "2026", "CARBON_T": {2026: 5, 2027: 4}},
     {2026: (-3, {2026: 14}), 2027: (-2, {2027: 13})}),
    ("paint", {**ELM, "requires": "ramp", "CARBON_T": {2027: 0}}, {2027: (1, {})}),
    ("ramp", {}, {}),
]
POTS = [
    {"pot_id": "SCA-26", "amount": 40, "first_year": 2026, "last_year": 2027, "tags": "condition; energy"},
    {"pot_id": "SCA-27", "amount": 50, "first_year": 2027, "last_year": 2028, "tags": "condition"},
    {"pot_id": "OAK", "amount": 5.5, "first_year": 2026, "last_year": 2028, "school_id": "oak"},
    {"pot_id": "GREEN", "amount": 7, "first_year": 2028, "last_year": 2028, "tags": "energy"},
]
LIMITS = [
    {"limit_id": "one a site", "year": 2027, "scope": "site", "measure": "schemes", "amount": 1},
    {"limit_id": "roofers", "scope": "trade", "scope_id": "roofing", "measure": "cost", "amount": 45},
    {"limit_id": "2027", "year": 2027, "measure": "cost", "amount": 35},
    {"limit_id": "oak carbon", "scope": "school", "scope_id": "oak", "measure": "carbon_t", "sense": ">=", "amount": 3},
    {"limit_id": "2028 carbon", "year": 2028, "measure": "carbon_t", "sense": ">=", "amount": 9},
    {"limit_id": "ash", "scope": "school", "scope_id": "ash", "measure": "schemes", "amount": 2},
]
STARTS = ["patch 2026", "patch 2027", "patch 2028", "renew 2027", "solar 2026", "solar 2028", "boiler 2026", "boiler 2027",
          "paint 2027"]
FLOWS = ["SCA-26 roof 2026", "OAK roof 2026", "SCA-26 roof 2027", "OAK roof 2027", "SCA-27 roof 2027", "OAK roof 2028",
         "SCA-27 roof 2028", "SCA-26 solar 2026", "OAK solar 2026", "OAK solar 2028", "GREEN solar 2028",
         "SCA-26 boiler 2026", "SCA-26 boiler 2027", "SCA-27 boiler 2027"]
"""Who may pay for what when: patch and renew share their payers. Pots in the order they lapse."""
ELASTIC_FLOWS = ["SCA-26 roof 2026", "OAK roof 2026", "extra roof 2026", "SCA-26 roof 2027", "OAK roof 2027",
                 "SCA-27 roof 2027", "extra roof 2027", "OAK roof 2028", "SCA-27 roof 2028", "extra roof 2028",
                 "SCA-26 solar 2026", "OAK solar 2026", "extra solar 2026", "OAK solar 2028", "GREEN solar 2028",
                 "extra solar 2028", "SCA-26 boiler 2026", "extra boiler 2026", "SCA-26 boiler 2027",
                 "SCA-27 boiler 2027", "extra boiler 2027"]
NAMES = {**{f"start_{i}": name for i, name in enumerate(STARTS)}, **{f"pays_{i}": name for i, name in enumerate(FLOWS)}}
ELASTIC_NAMES = {
    **{f"start_{i}": name for i, name in enumerate(STARTS)}, **{f"pays_{i}": name for i, name in enumerate(ELASTIC_FLOWS)},
    **{f"extra_money_{i}": f"extra {year}" for i, year in enumerate((2026, 2027, 2028))},
    **{f"broken_limit_{i}": f"broken {name}" for i, name in enumerate(
        ("elm-1", "oak-1", "roofers", "2027", "oak carbon", "2028 carbon", "ash"))}}

ONE_PER_NEED = [
    ({"patch 2026": 1, "patch 2027": 1, "patch 2028": 1, "renew 2027": 1}, "<=", 1),
    ({"solar 2026": 1, "solar 2028": 1}, "<=", 1),
    ({"boiler 2026": 1, "boiler 2027": 1}, "<=", 1),  # paint may start in one year only, ramp in none
]
MUST_DO = [
    ({"patch 2026": 1, "patch 2027": 1, "renew 2027": 1}, ">=", 1),  # patch by 2027, or renew at any time
    ({"boiler 2026": 1}, ">=", 1),
]
STARTED_NO_LATER = [
    ({"solar 2026": 1}, "<=", 0),  # renew may not start by 2026
    ({"solar 2026": 1, "solar 2028": 1, "renew 2027": -1}, "<=", 0),
    ({"solar 2026": 1, "boiler 2026": -1}, "<=", 0),
    ({"solar 2026": 1, "solar 2028": 1, "boiler 2026": -1, "boiler 2027": -1}, "<=", 0),
    ({"paint 2027": 1}, "<=", 0),  # ramp may never start
]
FULLY_PAID = [
    ({"SCA-26 roof 2026": 1, "OAK roof 2026": 1, "patch 2026": -10}, "=", 0),
    ({"SCA-26 roof 2027": 1, "OAK roof 2027": 1, "SCA-27 roof 2027": 1, "patch 2026": -2, "patch 2027": -11,
      "renew 2027": -30}, "=", 0),
    ({"OAK roof 2028": 1, "SCA-27 roof 2028": 1, "patch 2028": -12, "renew 2027": -15.5}, "=", 0),
    ({"SCA-26 solar 2026": 1, "OAK solar 2026": 1, "solar 2026": -25}, "=", 0),
    ({"OAK solar 2028": 1, "GREEN solar 2028": 1, "solar 2028": -26}, "=", 0),
    ({"SCA-26 boiler 2026": 1, "boiler 2026": -14}, "=", 0),
    ({"SCA-26 boiler 2027": 1, "SCA-27 boiler 2027": 1, "boiler 2027": -13}, "=", 0),
]
POT_AMOUNT = [
    ({"SCA-26 roof 2026": 1, "SCA-26 roof 2027": 1, "SCA-26 solar 2026": 1, "SCA-26 boiler 2026": 1,
      "SCA-26 boiler 2027": 1}, "<=", 40),
    ({"SCA-27 roof 2027": 1, "SCA-27 roof 2028": 1, "SCA-27 boiler 2027": 1}, "<=", 50),
    ({"OAK roof 2026": 1, "OAK roof 2027": 1, "OAK roof 2028": 1, "OAK solar 2026": 1, "OAK solar 2028": 1}, "<=", 5.5),
    ({"GREEN solar 2028": 1}, "<=", 7),
]
LIMIT_ROWS = [
    ({"boiler 2027": 1, "paint 2027": 1}, "<=", 1),  # one scheme on elm-1 in 2027
    ({"patch 2027": 1, "renew 2027": 1}, "<=", 1),  # one scheme on oak-1 in 2027
    ({"patch 2026": 12, "patch 2027": 11, "patch 2028": 12, "renew 2027": 45.5}, "<=", 45),  # all years together
    ({"patch 2026": 2, "patch 2027": 11, "renew 2027": 30, "boiler 2027": 13}, "<=", 35),  # what is spent in 2027
    ({"patch 2026": 1, "patch 2027": 1, "patch 2028": 1, "renew 2027": 2, "solar 2026": 12, "solar 2028": 9}, ">=", 3),
    ({"patch 2028": 1, "solar 2028": 9}, ">=", 9),  # what starts in 2028
    ({}, "<=", 2),  # nothing is at ash
]
# The further terms, on an instance of their own: two bundles that share a scheme, a pot that matches and one that comes with
# a bid, a pot for one scheme only, two packages and two limits of the total.
TERM_SCHEMES = [
    ("roof", {**OAK, "trade": "roofing", "CARBON_T": {2026: 3, 2027: -1}},
     {2026: (9, {2026: 40}), 2027: (8, {2027: 20, 2028: 24})}),
    ("solar", {**ELM, "trade": "roofing", "CARBON_T": {2026: 10, 2027: 8}}, {2026: (7, {2026: 30}), 2027: (6, {2027: 32})}),
    ("lamps", {**OAK, "trade": "electrical", "CARBON_T": {2027: 4, 2028: 4}},
     {2027: (3, {2027: 10}), 2028: (2, {2028: 12})}),
    ("bid", {"CARBON_T": {2026: 0, 2027: 0}}, {2026: (-1, {2026: 2}), 2027: (-2, {2027: 2})}),
]
TERM_POTS = [
    {"pot_id": "MATCH", "amount": 50, "first_year": 2026, "last_year": 2027, "most_share": 0.25, "with_scheme": ""},
    {"pot_id": "LOAN", "amount": 60, "first_year": 2026, "last_year": 2028, "most_share": "", "with_scheme": "bid"},
    {"pot_id": "LAMPS", "amount": 5, "first_year": 2027, "last_year": 2028, "schemes": "lamps; ", "most_share": 0.5},
]
TERM_LIMITS = [
    {"limit_id": "oak", "scope": "school", "scope_id": "oak", "measure": "cost", "amount": 0.5, "of_total": "yes"},
    {"limit_id": "elm 2027", "year": 2027, "scope": "school", "scope_id": "elm", "measure": "carbon_t", "sense": ">=",
     "amount": 0.25, "of_total": "yes"},
    {"limit_id": "roofers", "scope": "trade", "scope_id": "roofing", "measure": "cost", "sense": ">=", "amount": 50,
     "or_none": "yes"},
    {"limit_id": "carbon", "scope": "school", "scope_id": "oak", "measure": "carbon_t", "sense": ">=", "amount": 5,
     "or_none": "yes"},
]
TERM_BUNDLES = [{"schemes": "roof; solar", "saving_share": 0.25}, {"schemes": "roof;solar;lamps", "saving_share": 0.5}]
TERM_STARTS = ["roof 2026", "roof 2027", "solar 2026", "solar 2027", "lamps 2027", "lamps 2028", "bid 2026", "bid 2027"]
TERM_FLOWS = ["MATCH all 2026", "LOAN all 2026", "MATCH all 2027", "LOAN all 2027", "LOAN all 2028",
              "MATCH lamps 2027", "LOAN lamps 2027", "LAMPS lamps 2027", "LOAN lamps 2028", "LAMPS lamps 2028"]
"""Roof, solar and the bid share their payers; lamps have a pot of their own too."""
TERM_NAMES = {**{f"start_{i}": name for i, name in enumerate(TERM_STARTS)},
              **{f"pays_{i}": name for i, name in enumerate(TERM_FLOWS)},
              "together_0_2026": "both 2026", "together_0_2027": "both 2027", "together_1_2027": "three 2027",
              "package_2": "roofers let", "package_3": "carbon let", "total_0": "all spent", "total_1": "all carbon 2027"}
ONCE_EACH = [({f"{name} {year}": 1 for year in years}, "<=", 1) for name, years in (
    ("roof", (2026, 2027)), ("solar", (2026, 2027)), ("lamps", (2027, 2028)), ("bid", (2026, 2027)))]
BUNDLES = [
    ({"both 2026": 1, "roof 2026": -1}, "<=", 0), ({"both 2026": 1, "solar 2026": -1}, "<=", 0),
    ({"both 2027": 1, "roof 2027": -1}, "<=", 0), ({"both 2027": 1, "solar 2027": -1}, "<=", 0),
    ({"three 2027": 1, "roof 2027": -1}, "<=", 0), ({"three 2027": 1, "solar 2027": -1}, "<=", 0),
    ({"three 2027": 1, "lamps 2027": -1}, "<=", 0),  # lamps may not start in 2026, so nor may the three
]
OWED = {"all 2026": {"roof 2026": 40, "solar 2026": 30, "bid 2026": 2, "both 2026": -17.5},  # a quarter of 40 + 30
        "all 2027": {"roof 2027": 20, "solar 2027": 32, "bid 2027": 2, "both 2027": -13, "three 2027": -26},
        "all 2028": {"roof 2027": 24, "both 2027": -6, "three 2027": -12},  # what the roof still spends in 2028
        "lamps 2027": {"lamps 2027": 10, "three 2027": -5}, "lamps 2028": {"lamps 2028": 12}}
PAID = [({**{flow: 1 for flow in TERM_FLOWS if flow.endswith(f" {bill}")}, **{name: -cost for name, cost in owed.items()}},
         "=", 0) for bill, owed in OWED.items()]
MOST_SHARE = [({f"{pot} {bill}": 1, **{name: -share * cost for name, cost in OWED[bill].items()}}, "<=", 0)
              for pot, bill, share in (("MATCH", "all 2026", 0.25), ("MATCH", "all 2027", 0.25),
                                       ("MATCH", "lamps 2027", 0.25), ("LAMPS", "lamps 2027", 0.5),
                                       ("LAMPS", "lamps 2028", 0.5))]
HOLDS = [({"MATCH all 2026": 1, "MATCH all 2027": 1, "MATCH lamps 2027": 1}, "<=", 50),
         ({"LOAN all 2026": 1, "LOAN all 2027": 1, "LOAN all 2028": 1, "LOAN lamps 2027": 1, "LOAN lamps 2028": 1},
          "<=", 60),
         ({"LAMPS lamps 2027": 1, "LAMPS lamps 2028": 1}, "<=", 5)]
WITH_SCHEME = [
    ({"LOAN all 2026": 1, "bid 2026": -60}, "<=", 0),
    ({"LOAN all 2027": 1, "LOAN lamps 2027": 1, "bid 2026": -60, "bid 2027": -60}, "<=", 0),
    ({"LOAN all 2028": 1, "LOAN lamps 2028": 1, "bid 2026": -60, "bid 2027": -60}, "<=", 0),
]
OF_TOTAL = [  # oak's own is at most half of everybody's, of all years; elm's own at least a quarter of what starts in 2027
    ({"roof 2026": 40, "roof 2027": 44, "lamps 2027": 10, "lamps 2028": 12, "all spent": -0.5}, "<=", 0),
    ({"solar 2027": 8, "all carbon 2027": -0.25}, ">=", 0),
]
TOTALS = [
    ({"roof 2026": 40, "roof 2027": 44, "lamps 2027": 10, "lamps 2028": 12, "solar 2026": 30, "solar 2027": 32,
      "bid 2026": 2, "bid 2027": 2, "all spent": -1}, "=", 0),
    ({"solar 2027": 8, "roof 2027": -1, "lamps 2027": 4, "all carbon 2027": -1}, "=", 0),
]
PACKAGES = [
    ({"roof 2026": 40, "roof 2027": 44, "solar 2026": 30, "solar 2027": 32, "roofers let": -146}, "<=", 0),
    ({"roof 2026": 40, "roof 2027": 44, "solar 2026": 30, "solar 2027": 32, "roofers let": -50}, ">=", 0),
    ({"roof 2026": 3, "roof 2027": -1, "lamps 2027": 4, "lamps 2028": 4, "carbon let": -11}, "<=", 0),  # 3 + 4 + 4
    ({"roof 2026": 3, "roof 2027": -1, "lamps 2027": 4, "lamps 2028": 4, "carbon let": -5}, ">=", 0),
]
TERMS = {"bundles": BUNDLES, "fully_paid": [*BUNDLES, *PAID, *MOST_SHARE],
         "pot_amount": [*BUNDLES, *PAID, *MOST_SHARE, *HOLDS, *WITH_SCHEME], "limits": [*TOTALS, *OF_TOTAL, *PACKAGES]}
"""By family, with the families that its variables are born in."""
VALUE = {"patch 2026": 6, "patch 2027": 5, "patch 2028": 4, "renew 2027": 20, "solar 2026": 8, "solar 2028": 7,
         "boiler 2026": -3, "boiler 2027": -2, "paint 2027": 1}
BY_HAND = {"one_per_need": ONE_PER_NEED, "must_do": MUST_DO, "started_no_later": STARTED_NO_LATER, "fully_paid": FULLY_PAID,
           "pot_amount": [*FULLY_PAID, *POT_AMOUNT], "limits": LIMIT_ROWS, "total_value": []}
"""The flows that pots pay are born in ``fully_paid``; so the file of ``pot_amount`` has those rows too."""


def lp_text(name, terms=False):
    """What PuLP writes of one family alone; of ``shortfall``, of the whole elastic model."""
    tables = (TERM_SCHEMES, TERM_POTS, TERM_LIMITS, TERM_BUNDLES) if terms else (SCHEMES, POTS, LIMITS)
    with tempfile.TemporaryDirectory() as place:
        inst = instance(read(folder(*tables), Path(place) / "candidates"))
        if name == "shortfall":
            problem = formulation.build(inst, elastic=True).problem
        else:
            problem = pulp.LpProblem(name, pulp.LpMaximize)
            starts = {pair: problem.add_variable(f"start_{i}", cat=pulp.LpBinary) for i, pair in enumerate(inst.starts)}
            model = formulation.Model(inst, problem, starts, {})
            born = {"pot_amount": ["bundles", "fully_paid"], "fully_paid": ["bundles"]}.get(name, [])
            for family in [*born, name]:
                getattr(formulation, family)(model)
        problem.writeLP(str(Path(place) / "model.lp"))
        return (Path(place) / "model.lp").read_text(encoding="utf-8")


def rows_of(text, names=NAMES):
    """The rows of an LP file as (terms by name, sense, right-hand side), and its objective, by hand-readable names."""
    head, body = re.split(r"\nSubject To\n", text)
    body = re.split(r"\n(?:Bounds|Binaries|End)", body)[0]
    rows = []
    for row in re.findall(r"^\w+: (.*?(?:<=|>=|=)[^:]*?)(?=\n\w+: |\Z)", body, re.M | re.S):
        left, sense, right = re.fullmatch(r"(.*?)(<=|>=|=)(.*)", " ".join(row.split())).groups()
        rows.append((terms_of(left, names), sense, float(right)))
    return rows, terms_of(head.split("OBJ:")[1], names)


def terms_of(text, names):
    found = re.findall(r"([+-]?) ?(\d[\d.e+-]*)? ?([a-z]\w*)", " ".join(text.split()))
    return {names.get(name, name): float(sign + (number or "1")) for sign, number, name in found if float(number or 1)}


def alike(rows):
    return sorted((sorted(terms.items()), sense, amount) for terms, sense, amount in rows)


@pytest.mark.parametrize("name", [*BY_HAND, "shortfall"])
def test_the_family_is_the_one_in_its_file(name):
    assert lp_text(name) == (FILES / f"{name}.lp").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(TERMS))
def test_the_family_with_further_terms_is_the_one_in_its_file(name):
    assert lp_text(name, terms=True) == (FILES / f"{name}_terms.lp").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(TERMS))
def test_the_rows_of_the_file_with_further_terms_are_the_algebra_by_hand(name):
    text = (FILES / f"{name}_terms.lp").read_text(encoding="utf-8")
    assert alike(rows_of(text, TERM_NAMES)[0]) == alike(TERMS[name])
    whole = re.findall(r"^(?:together|package)\w+$", text.split("Binaries")[1], re.M)
    named = {TERM_NAMES.get(name) for name in re.findall(r"(?:together|package|total)_\w+(?=[ \n])", text)} - {None}
    assert {TERM_NAMES[each] for each in whole} == {name for name in named if not name.startswith("all ")}
    assert re.findall(r"^ (total_\d) free$", text, re.M) == [each for each in ("total_0", "total_1") if each in text]


@pytest.mark.parametrize("name", list(BY_HAND))
def test_the_rows_of_the_file_are_the_algebra_by_hand(name):
    rows, objective = rows_of((FILES / f"{name}.lp").read_text(encoding="utf-8"))
    if name == "total_value":
        assert objective == VALUE
        rows = []  # PuLP writes a row of nothing where a model has no rows
    assert alike(rows) == alike(BY_HAND[name])


def test_the_file_of_total_value_is_to_be_maximised():
    assert "\nMaximize\nOBJ:" in (FILES / "total_value.lp").read_text(encoding="utf-8")


def test_the_elastic_file_is_the_same_rules_with_money_and_limits_that_give():
    """Extra money of a year is one more pot of that year, open to all; each limit gives by its own amount.

    The price of a broken limit is one more than every scheme at its dearest: 12 + 45.5 + 26 + 14 + 0 + 1 = 98.5.
    """
    text = (FILES / "shortfall.lp").read_text(encoding="utf-8")
    rows, objective = rows_of(text, ELASTIC_NAMES)
    assert "\nMinimize\nOBJ:" in text
    limits = ("elm-1", "oak-1", "roofers", "2027", "oak carbon", "2028 carbon", "ash")
    assert objective == {"extra 2026": 1, "extra 2027": 1, "extra 2028": 1, **{f"broken {name}": 98.5 for name in limits}}
    paid = [({**terms, f"extra {sorted(terms)[0].split(' ', 1)[1]}": 1}, ">=", 0) for terms, _, _ in FULLY_PAID]
    extra = [({"extra roof 2026": 1, "extra solar 2026": 1, "extra boiler 2026": 1, "extra 2026": -1}, "<=", 0),
             ({"extra roof 2027": 1, "extra boiler 2027": 1, "extra 2027": -1}, "<=", 0),
             ({"extra roof 2028": 1, "extra solar 2028": 1, "extra 2028": -1}, "<=", 0)]
    given = [({**terms, f"broken {name}": -1 if sense == "<=" else 1}, sense, amount)
             for name, (terms, sense, amount) in zip(limits, LIMIT_ROWS, strict=True)]
    assert alike(rows) == alike([*ONE_PER_NEED, *MUST_DO, *STARTED_NO_LATER, *paid, *POT_AMOUNT, *extra, *given])


def test_the_whole_model_is_every_family_once_and_nothing_else(tmp_path):
    model = formulation.build(instance(read(folder(SCHEMES, POTS, LIMITS), tmp_path / "candidates")))
    model.problem.writeLP(str(tmp_path / "model.lp"))
    text = (tmp_path / "model.lp").read_text(encoding="utf-8")
    rows, objective = rows_of(text)
    assert "\nMaximize\nOBJ:" in text
    assert objective == VALUE
    assert alike(rows) == alike(
        [*ONE_PER_NEED, *MUST_DO, *STARTED_NO_LATER, *FULLY_PAID, *POT_AMOUNT, *LIMIT_ROWS])
    assert sorted(re.findall(r"^start_\d+$", text.split("Binaries")[1], re.M)) == sorted(f"start_{i}" for i in range(9))


def test_the_whole_model_with_further_terms_is_every_family_once_and_nothing_else(tmp_path):
    made = formulation.build(instance(read(folder(TERM_SCHEMES, TERM_POTS, TERM_LIMITS, TERM_BUNDLES), tmp_path / "given")))
    made.problem.writeLP(str(tmp_path / "model.lp"))
    text = (tmp_path / "model.lp").read_text(encoding="utf-8")
    rows, objective = rows_of(text, TERM_NAMES)
    assert alike(rows) == alike([*ONCE_EACH, *TERMS["pot_amount"], *TERMS["limits"]])
    assert objective == {"roof 2026": 9, "roof 2027": 8, "solar 2026": 7, "solar 2027": 6, "lamps 2027": 3, "lamps 2028": 2,
                         "bid 2026": -1, "bid 2027": -2}
    binaries = {TERM_NAMES[name] for name in re.findall(r"^\w+$", text.split("Binaries")[1], re.M) if name != "End"}
    assert binaries == {*TERM_STARTS, "both 2026", "both 2027", "three 2027", "roofers let", "carbon let"}


def test_the_elastic_file_with_further_terms_lets_packages_and_shares_give(tmp_path):
    """Every limit gives by its own amount; the size of a package may, and whether it is let may not. Shares do not give.

    The price of a broken limit: 44 + 32 + 12 + 2 + 1 = 91.
    """
    given = instance(read(folder(TERM_SCHEMES, TERM_POTS, TERM_LIMITS, TERM_BUNDLES), tmp_path / "given"))
    formulation.build(given, elastic=True).problem.writeLP(str(tmp_path / "model.lp"))
    flows = [flow for bill in OWED for flow in
             [*(flow for flow in TERM_FLOWS if flow.endswith(f" {bill}")), f"extra {bill}"]]
    names = {**TERM_NAMES, **{f"pays_{i}": flow for i, flow in enumerate(flows)},
             **{f"extra_money_{i}": f"extra {year}" for i, year in enumerate((2026, 2027, 2028))},
             **{f"broken_limit_{i}": f"broken {i}" for i in range(4)}}
    rows, objective = rows_of((tmp_path / "model.lp").read_text(encoding="utf-8"), names)
    assert objective == {**{f"extra {year}": 1 for year in (2026, 2027, 2028)}, **{f"broken {i}": 91 for i in range(4)}}
    paid = [({**terms, f"extra {bill}": 1}, ">=", 0) for bill, (terms, _, _) in zip(OWED, PAID, strict=True)]
    extra = [({"extra all 2026": 1, "extra 2026": -1}, "<=", 0),
             *[({f"extra all {year}": 1, f"extra lamps {year}": 1, f"extra {year}": -1}, "<=", 0) for year in (2027, 2028)]]
    oak, elm, roofers_most, roofers, carbon_most, carbon = [*OF_TOTAL, *PACKAGES]
    give = [({**row[0], f"broken {i}": -1 if row[1] == "<=" else 1}, *row[1:])
            for i, row in enumerate((oak, elm, roofers, carbon))]
    assert alike(rows) == alike([*ONCE_EACH, *BUNDLES, *paid, *MOST_SHARE, *HOLDS, *WITH_SCHEME, *extra, *TOTALS, *give,
                                 roofers_most, carbon_most])


def test_the_page_of_the_formulation_shows_every_family_with_its_algebra():
    page = formulation.page()
    for name in [*BY_HAND, *TERMS, "shortfall"]:
        section = re.split(r"\n## ", page.split(f"\n## {name.replace('_', ' ')}\n")[1])[0]
        assert ":math:" in section, name


def test_every_symbol_of_the_page_is_in_its_table_with_a_unit():
    """Letters with the sets they run over: what is left of each formula once signs and indices alone are taken away."""
    families = (formulation.total_value, *formulation.FAMILIES, formulation.shortfall)
    used = set()
    for text in (family.__doc__ for family in families):
        for formula in re.findall(r":math:`([^`]*)`", text):
            formula = re.sub(r"\\sum_|\\[a-z]+", " ", formula)
            used |= set(re.findall(r"[A-Za-z](?:_\{\w+\}|_\w)?", formula))
    known = {symbol for symbol, _, _ in formulation.SYMBOLS}
    indices = set("bcklnpstvyr")
    renamed = {"x_{ks}": "x_{kt}", "x_{rs}": "x_{kt}"}   # the same symbols over another index
    assert {renamed.get(symbol, symbol) for symbol in used} - indices == known
    assert all(unit and meaning for _, unit, meaning in formulation.SYMBOLS)


def test_the_page_for_a_screen_has_no_mark_of_latex_left():
    plain, latex = formulation.page(plain=True), formulation.page()
    assert ":math:" in latex and not re.search(r":math:|\\|_\{", plain)
    assert "Σ[k ∈ n, t ≤ d_k] x_kt ≥ 1" in plain and "max Σ[k, t] w_kt x_kt" in plain
    assert len(plain.splitlines()) < 110


if __name__ == "__main__":
    FILES.mkdir(exist_ok=True)
    for family_name in [*BY_HAND, "shortfall"]:
        (FILES / f"{family_name}.lp").write_text(lp_text(family_name), encoding="utf-8")
    for family_name in TERMS:
        (FILES / f"{family_name}_terms.lp").write_text(lp_text(family_name, terms=True), encoding="utf-8")
