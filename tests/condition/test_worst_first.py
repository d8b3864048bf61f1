"""Worst-first by hand, against a plain one-by-one loop, and with everything that can be wrong with its inputs."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition import worst_first as module
from capplan.condition.worst_first import read_policy_components, worst_first, write_worst_first
from capplan.errors import DataError, OutputError

GRADES = list("ABCDE")


def rows(count, **columns):
    """Components that do not age, of one unit each, all at grade D, one block each, costing GBP 1 to 4 a unit."""
    start = {"buildingid": range(1, count + 1), "elementid": 1700, "unit_area": 1.0, "gifa": 0.0, "B.repair.cost": 1.0,
             "C.repair.cost": 2.0, "D.repair.cost": 3.0, "E.repair.cost": 4.0, "ab": 0.0, "bc": 0.0, "cd": 0.0,
             "de": 0.0, "A": 0.0, "B": 0.0, "C": 0.0, "D": 1.0, "E": 0.0}
    return pd.DataFrame({**start, **columns})


# --- the rule once more, as a person with a list and a purse would do it --------------------------------------------

def fits(cost, left):
    return cost <= left * (1 + 1e-9)


def one_by_one(frame, years, repair, rebuild, inflation, order, rate):
    parts = [dict(row) for row in frame.to_dict("records")]
    blocks = sorted({part["buildingid"] for part in parts})
    price = {block: rate * max(part["gifa"] for part in parts if part["buildingid"] == block) for block in blocks}
    history = []
    for year in range(years):
        for part in parts:
            a, b, c, d, e = (part[grade] for grade in GRADES)
            part["E"] = e + d * part["de"]
            part["D"] = c * part["cd"] + d * (1 - part["de"])
            part["C"] = b * part["bc"] + c * (1 - part["cd"])
            part["B"] = a * part["ab"] + b * (1 - part["bc"])
            part["A"] = a * (1 - part["ab"])
            for grade in "BCDE":
                part[f"{grade}.repair.cost"] *= 1 + inflation[year]
        price = {block: cost * (1 + inflation[year]) for block, cost in price.items()}
        rebuilt, rebuild_left = rebuild_worst(parts, [block for block in blocks if price[block] > 0], price,
                                              rebuild[year])
        repair_left = repair[year]
        for grade in order:
            costs = [part[grade] * (part["unit_area"] * part[f"{grade}.repair.cost"]) for part in parts]
            for at in sorted(range(len(parts)), key=lambda at: -costs[at]):
                free = costs[at] == 0 and parts[at][grade] > 0 and repair_left > 0
                if free or (costs[at] > 0 and fits(costs[at], repair_left)):
                    repair_left -= costs[at]
                    parts[at]["A"], parts[at][grade] = parts[at]["A"] + parts[at][grade], 0.0
        history.append({"rebuilds": rebuilt, "repair": repair[year] - repair_left,
                        "rebuild": rebuild[year] - rebuild_left, **year_totals(parts, blocks)})
    return pd.DataFrame(parts), pd.DataFrame(history)


def rebuild_worst(parts, blocks, price, left):
    def ratio(block):
        return sum((part["C"] * (part["unit_area"] * part["C.repair.cost"])
                    + part["D"] * (part["unit_area"] * part["D.repair.cost"]))
                   + part["E"] * (part["unit_area"] * part["E.repair.cost"])
                   for part in parts if part["buildingid"] == block) / price[block]

    rebuilt = 0
    for block in sorted(blocks, key=lambda block: -ratio(block)):
        if fits(price[block], left):
            left -= price[block]
            rebuilt += 1
            for part in parts:
                if part["buildingid"] == block:
                    part.update(A=1.0, B=0.0, C=0.0, D=0.0, E=0.0)
    return rebuilt, left


def year_totals(parts, blocks):
    failing = 0.0
    for block in blocks:
        sound = 1.0
        for part in parts:
            if part["buildingid"] == block and 1826 <= part["elementid"] <= 1830:
                sound *= 1 - part["E"]
        failing += 1 - sound
    totals = {"failures": failing}
    for grade in GRADES:
        totals[f"area_{grade}"] = sum(part["unit_area"] * part[grade] for part in parts)
        totals[f"backlog_{grade}"] = 0.0 if grade == "A" else sum(
            part["unit_area"] * part[grade] * part[f"{grade}.repair.cost"] for part in parts)
    return totals


def estate(seed, count, blocks):
    """A small estate with ties, blocks without GIFA, quantities and costs of nothing, costs from pence to millions."""
    rng = np.random.default_rng(seed)

    def sometimes(values, chance, value):
        return np.where(rng.random(count) < chance, value, values)

    shares = rng.dirichlet(np.full(5, 0.4), count)
    surveyed = rng.random(count) < 0.6
    shares[surveyed] = np.eye(5)[rng.integers(0, 5, surveyed.sum())]
    gifa = sometimes(rng.uniform(5, 500, count), 0.3, 0.0)
    block = rng.integers(1, blocks + 1, count)
    gifa[np.isin(block, rng.integers(1, blocks + 1, 2))] = 0.0
    cost = np.exp(rng.normal(3, 3, count))
    frame = pd.DataFrame({
        "buildingid": block, "elementid": rng.choice([1700, 1826, 1828, 1830, 1831], count),
        "unit_area": sometimes(np.exp(rng.normal(3, 1, count)), 0.1, 0.0), "gifa": gifa,
        **{f"{grade}.repair.cost": sometimes(cost * share, 0.05, 0.0)
           for grade, share in zip("BCDE", (0.05, 0.3, 1.0, 1.05), strict=True)},
        **{name: sometimes(rng.random(count), 0.2, rng.integers(0, 2)) for name in ("ab", "bc", "cd", "de")},
        **dict(zip(GRADES, shares.T, strict=True))})
    twins = rng.integers(0, count, count // 4)                    # the same component again, in its own block: a tie
    again = frame.iloc[np.concatenate([np.arange(count), twins])]
    copies = frame[frame.buildingid == 1].assign(buildingid=blocks + 1)  # the same block again: a tie of ratios
    order = rng.permutation(len(again))
    return pd.concat([copies, again.iloc[order]], ignore_index=True) if rng.random() < 0.3 else \
        again.iloc[order].reset_index(drop=True)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 60), blocks=st.integers(1, 8), years=st.integers(1, 4),
       order=st.sampled_from(["EDCB", "BCDE", "DCB", "E", "CE", "BEDC"]), data=st.data())
def test_the_same_as_one_by_one(seed, count, blocks, years, order, data):
    frame = estate(seed, count, blocks)
    dear = sum((frame.unit_area * frame[f"{grade}.repair.cost"]).sum() for grade in "BCDE")
    share = st.sampled_from([0.0, 1e-6, 1e-3, 0.03, 0.11, 0.27, 0.44, 0.61, 0.83, 1.0])
    repair = [dear * data.draw(share) for _ in range(years)]
    rebuild = [2000 * frame.groupby("buildingid").gifa.max().sum() * data.draw(share) for _ in range(years)]
    inflation = [data.draw(st.sampled_from([0.0, 0.03, -0.02])) for _ in range(years)]

    result = worst_first(frame, years, repair, rebuild, inflation, order)
    parts, history = one_by_one(frame, years, repair, rebuild, inflation, order, 2000.0)

    shares = result.components[GRADES].to_numpy()
    np.testing.assert_allclose(shares, parts[GRADES].to_numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-12)
    assert (shares >= 0).all()
    assert result.years.rebuilds.tolist() == [0, *history.rebuilds]
    np.testing.assert_allclose(result.years.expected_failures[1:], history.failures, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.years.repair_spent_gbp[1:], history.repair, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(result.years.rebuild_spent_gbp[1:], history.rebuild, rtol=1e-9, atol=1e-6)
    wide = result.totals.pivot(index="year", columns="grade").iloc[1:]
    for grade in GRADES:
        np.testing.assert_allclose(wide["area"][grade], history[f"area_{grade}"], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(wide["backlog_gbp"][grade], history[f"backlog_{grade}"], rtol=1e-9, atol=1e-9)
    assert (result.years.repair_spent_gbp[1:] <= np.array(repair) * (1 + 1e-9)).all()
    assert (result.years.rebuild_spent_gbp[1:] <= np.array(rebuild) * (1 + 1e-9)).all()


@pytest.mark.parametrize("part", [1e-5, 0.01, 0.3, 0.8])
def test_the_same_as_one_by_one_on_thousands_of_components(part):
    frame = estate(7, 4000, 30)
    money = part * sum((frame.unit_area * frame[grade] * frame[f"{grade}.repair.cost"]).sum() for grade in "BCDE")
    result = worst_first(frame, 2, money, money, 0.03)
    parts, history = one_by_one(frame, 2, [money] * 2, [money] * 2, [0.03] * 2, "EDCB", 2000.0)
    np.testing.assert_allclose(result.components[GRADES], parts[GRADES], rtol=1e-9, atol=1e-12)
    assert result.years.rebuilds.tolist() == [0, *history.rebuilds]


# --- by hand --------------------------------------------------------------------------------------------------------

def test_the_example_in_the_docstring():
    assert doctest.testmod(module, raise_on_error=True).attempted >= 4


def test_what_does_not_fit_is_passed_over_and_the_list_goes_on():
    frame = rows(4, **{"D.repair.cost": [40.0, 100, 30, 60]})
    result = worst_first(frame, 1, 95, 0, 0)                 # 100 no, 60 yes, 40 no (35 left), 30 yes
    assert result.components.D.tolist() == [1, 1, 0, 0]
    assert result.years.repair_spent_gbp.tolist() == [0, 90]


def test_what_does_not_fit_is_passed_over_among_costs_that_hardly_differ():
    frame = rows(3, **{"D.repair.cost": [100.9, 100.5, 100.0]})
    assert worst_first(frame, 1, 201, 0, 0).components.D.tolist() == [0, 1, 0]  # 100.9, then 100.1 left


def test_blocks_that_do_not_fit_are_passed_over():
    frame = rows(4, gifa=[1.0, 9.5, 2.0, 7.1], **{"D.repair.cost": [400.0, 2000, 300, 100]})
    result = worst_first(frame, 1, 0, 1000, 0, rebuild_cost_gbp_per_m2=100)
    # ratios 4, 2.11, 1.5, 0.14: 100 yes, 950 no (900 left), 200 yes, 710 no (700 left)
    assert result.components.D.tolist() == [0, 1, 0, 1]
    assert result.years.rebuild_spent_gbp.tolist() == [0, 300]


def test_equal_costs_go_in_row_order():
    assert worst_first(rows(4), 1, 6, 0, 0).components.D.tolist() == [0, 0, 1, 1]


def test_equal_ratios_go_in_order_of_building_id():
    frame = rows(3, buildingid=[9, 3, 5], gifa=1.0)
    assert worst_first(frame, 1, 0, 200, 0, rebuild_cost_gbp_per_m2=100).components.D.tolist() == [1, 0, 0]


def test_money_left_by_a_grade_goes_to_the_next_and_none_to_the_next_year():
    frame = rows(3, D=[0.0, 1, 1], E=[1.0, 0, 0], **{"D.repair.cost": [0.0, 3, 9]})
    result = worst_first(frame, 2, 8, 0, 0)
    # each year: E 4, then D 3 in the first; in the second 8 < 9 although 1 was left over
    assert result.years.repair_spent_gbp.tolist() == [0, 7, 0]
    assert result.components.D.tolist() == [0, 0, 1]


def test_the_order_of_grades_decides_who_waits():
    frame = rows(2, D=[1.0, 0], E=[0.0, 1])
    assert worst_first(frame, 1, 4, 0, 0, "ED").components[["D", "E"]].to_numpy().tolist() == [[1, 0], [0, 0]]
    assert worst_first(frame, 1, 4, 0, 0, "DE").components[["D", "E"]].to_numpy().tolist() == [[0, 0], [0, 1]]
    assert worst_first(frame, 1, 100, 0, 0, "D").components.E.tolist() == [0, 1]


def test_money_used_to_the_penny_is_not_lost_to_rounding():
    frame = rows(3, **{"D.repair.cost": [0.1, 0.2, 0.7]})    # 1.0 - 0.7 - 0.2 is a little under 0.1
    assert worst_first(frame, 1, 1.0, 0, 0).components.D.tolist() == [0, 0, 0]
    assert worst_first(frame, 1, 0.9999, 0, 0).components.D.tolist() == [1, 0, 0]


def test_the_last_penny_does_not_stretch_to_small_repairs():
    frame = rows(2, **{"D.repair.cost": [5e6, 1e-4]})        # GBP 0.0001 more than there is
    assert worst_first(frame, 1, 5e6, 0, 0).components.D.tolist() == [0, 1]


def test_costs_rise_before_works_are_chosen_and_budgets_are_nominal():
    frame = rows(1, gifa=1.0)
    assert worst_first(frame, 1, 3, 0, 0.1).components.D.tolist() == [1]
    result = worst_first(frame, 2, [3.29, 3.63], 0, 0.1)     # 3.30 in year 1, 3.63 in year 2
    assert result.totals[result.totals.grade == "D"].backlog_gbp.tolist() == pytest.approx([3, 3.3, 0])
    assert worst_first(frame, 1, 0, 2100, 0.1).years.rebuilds.tolist() == [0, 0]
    assert worst_first(frame, 1, 0, 2200, 0.1).years.rebuilds.tolist() == [0, 1]


def test_a_rebuilt_block_is_new_throughout_and_its_gifa_is_the_largest_of_its_rows():
    frame = rows(3, buildingid=[1, 1, 2], gifa=[2.0, 7.0, 0.0])
    assert worst_first(frame, 1, 0, 13_999, 0).years.rebuilds.tolist() == [0, 0]
    result = worst_first(frame, 1, 0, 1e9, 0)                # block 2 has no GIFA: never rebuilt
    assert result.years.rebuilds.tolist() == [0, 1]
    assert result.components.A.tolist() == [1, 1, 0]
    assert result.years.rebuild_spent_gbp.tolist() == [0, 14_000]


def test_grade_b_does_not_count_towards_rebuilding():
    frame = rows(2, gifa=1.0, B=[1.0, 0], D=[0.0, 1], **{"B.repair.cost": 1e6})
    result = worst_first(frame, 1, 0, 2000, 0)
    assert result.components[["B", "D"]].to_numpy().tolist() == [[1, 0], [0, 0]]
    assert result.years.in_need.tolist() == [0, 0]


def test_blocks_in_need_cost_more_to_repair_than_to_rebuild():
    frame = rows(3, gifa=[1.0, 1, 0], **{"D.repair.cost": [2001.0, 2000, 5000]})
    years = worst_first(frame, 1, 0, 0, 0.5).years
    assert years.in_need.tolist() == [1, 1]
    assert years.cost_in_need_gbp.tolist() == [2000, 3000]


def test_a_repair_that_costs_nothing_is_made_while_any_money_is_left():
    frame = rows(2, unit_area=[0.0, 1], **{"D.repair.cost": [3.0, 0]})
    assert worst_first(frame, 1, 0, 0, 0).components.D.tolist() == [1, 1]
    assert worst_first(frame, 1, 9, 0, 0).components.D.tolist() == [0, 0]


def test_a_repair_that_costs_nothing_comes_after_those_that_use_up_the_money():
    frame = rows(2, **{"D.repair.cost": [3.0, 0]})
    assert worst_first(frame, 1, 3, 0, 0).components.D.tolist() == [0, 1]


def test_expected_failures_are_blocks_with_at_least_one_wall_at_e():
    frame = rows(5, buildingid=[1, 2, 1, 2, 2], elementid=[1826, 1830, 1828, 1825, 1831], D=[0.5, 0.8, 0.5, 0, 0],
                 E=[0.5, 0.2, 0.5, 1, 1])
    assert worst_first(frame, 1, 0, 0, 0).years.expected_failures.tolist() == pytest.approx([0.95, 0.95])  # 0.75 + 0.2


def test_the_input_is_left_alone_and_year_0_is_the_survey():
    frame = estate(3, 40, 5)
    before = frame.copy(deep=True)
    totals = worst_first(frame, 3, 1e4, 1e5, 0.03).totals
    pd.testing.assert_frame_equal(frame, before)
    assert totals.area[0] == pytest.approx((frame.unit_area * frame.A).sum())


# --- reading and writing --------------------------------------------------------------------------------------------

def test_written_and_read_again(tmp_path):
    frame = estate(5, 30, 4)
    frame.assign(note="x", **{"E.repair.total": 0}).to_csv(tmp_path / "dots.csv", index=False)
    frame.rename(columns=lambda name: name.replace(".", "_")).to_csv(tmp_path / "lines.csv", index=False)
    frame.to_parquet(tmp_path / "parquet.parquet")
    for name in ("dots.csv", "lines.csv", "parquet.parquet"):
        pd.testing.assert_frame_equal(read_policy_components(tmp_path / name), frame, rtol=1e-15)

    result = worst_first(frame, 2, 1e4, 1e5, 0.03)
    write_worst_first(result, tmp_path / "out")
    header = {name: (tmp_path / "out" / name).read_text().splitlines()[0] for name in
              ("totals.csv", "components.csv", "years.csv")}
    assert header["totals.csv"] == "year,grade,area,backlog_gbp"
    assert header["components.csv"] == "building_id,element_id,A,B,C,D,E"
    assert header["years.csv"].startswith("year,expected_failures,rebuilds")
    again = pd.read_csv(tmp_path / "out" / "components.csv")
    pd.testing.assert_frame_equal(again, result.components, rtol=1e-15)


def test_building_ids_that_are_not_all_plain_numbers_stay_text(tmp_path):
    rows(2, buildingid=["007", "12"]).to_csv(tmp_path / "parts.csv", index=False)
    assert read_policy_components(tmp_path / "parts.csv").buildingid.tolist() == ["007", "12"]
    result = worst_first(read_policy_components(tmp_path / "parts.csv"), 1, 0, 0, 0)
    assert result.components.building_id.tolist() == ["007", "12"]


def test_blank_lines_spaces_and_excel_bytes_do_no_harm(tmp_path):
    text = rows(2, note="cafe").to_csv(index=False).replace("cafe", "caf\xe9")
    lines = text.replace(",1700,", " , 1700 ,").splitlines()
    (tmp_path / "parts.csv").write_bytes("\r\n".join([*lines[:2], "", lines[2], "", ""]).encode("cp1252"))
    pd.testing.assert_frame_equal(read_policy_components(tmp_path / "parts.csv"), rows(2))


@pytest.mark.parametrize(("column", "value", "row"), [
    ("unit_area", -1.0, 3), ("gifa", -0.5, 3), ("D.repair.cost", -1.0, 3), ("E.repair.cost", np.inf, 3), ("ab", 1.5, 3),
    ("de", -0.1, 3), ("A", 1.5, 3), ("B", np.nan, 3), ("unit_area", "much", 3), ("elementid", 1700.5, 3),
    ("buildingid", None, 3), ("gifa", "1,200", 3), ("cd", "TRUE", 3)])
def test_a_fault_is_named_with_its_row_and_column(tmp_path, column, value, row):
    frame = rows(3).astype({column: object})
    frame.loc[1, column] = value
    frame.to_csv(tmp_path / "parts.csv", index=False)
    with pytest.raises(DataError) as caught:
        read_policy_components(tmp_path / "parts.csv")
    assert [(fault.where, fault.row, fault.column) for fault in caught.value.faults] == [("parts.csv", row, column)]
    with pytest.raises(DataError) as caught:
        worst_first(frame, 1, 0, 0, 0)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(row, column)]


def test_all_faults_at_once(tmp_path):
    frame = rows(4, unit_area=[1, -1, 1, 1], gifa=[0, 0, -2, 0], D=[1, 1, 1, 0.9])
    lines = frame.to_csv(index=False).splitlines()
    (tmp_path / "parts.csv").write_text("\n".join([*lines[:4], "", *lines[4:]]))  # the blank line is row 5
    with pytest.raises(DataError) as caught:
        read_policy_components(tmp_path / "parts.csv")
    assert {(fault.row, fault.column) for fault in caught.value.faults} == {
        (3, "unit_area"), (4, "gifa"), (6, "A to E")}


def test_shares_may_miss_1_by_a_millionth(tmp_path):
    assert len(worst_first(rows(1, D=1 - 0.9e-6), 1, 0, 0, 0).components) == 1
    with pytest.raises(DataError, match="sum to 0.999998"):
        worst_first(rows(1, D=1 - 2e-6), 1, 0, 0, 0)


def test_missing_and_repeated_columns_are_all_named(tmp_path):
    frame = rows(2).drop(columns=["cd", "gifa"]).assign(B_repair_cost=1.0)
    frame.to_csv(tmp_path / "parts.csv", index=False)
    for act in (lambda: read_policy_components(tmp_path / "parts.csv"), lambda: worst_first(frame, 1, 0, 0, 0)):
        with pytest.raises(DataError) as caught:
            act()
        assert {(fault.column, fault.found) for fault in caught.value.faults} == {
            ("gifa", "no such column"), ("cd", "no such column"), ("B.repair.cost", "the column more than once")}


@pytest.mark.parametrize("content", [b"", b"buildingid,elementid\n", b"\x00\x01\x02,\n1,2\n", b"a;b\n1;2\n"])
def test_files_that_are_not_components_are_refused(tmp_path, content):
    (tmp_path / "parts.csv").write_bytes(content)
    with pytest.raises(DataError):
        read_policy_components(tmp_path / "parts.csv")


def test_a_file_with_a_header_only_or_a_cell_too_many_is_refused(tmp_path):
    rows(2).iloc[:0].to_csv(tmp_path / "none.csv", index=False)
    with pytest.raises(DataError, match="no rows"):
        read_policy_components(tmp_path / "none.csv")
    lines = rows(2).to_csv(index=False).splitlines()
    (tmp_path / "long.csv").write_text("\n".join([lines[0], *(f"{line},0" for line in lines[1:])]))
    with pytest.raises(DataError):
        read_policy_components(tmp_path / "long.csv")
    with pytest.raises(DataError, match="no such file"):
        read_policy_components(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(("name", "value"), [
    ("years", 0), ("years", 2.5), ("years", "two"), ("repair_gbp", -1), ("repair_gbp", [1, 2, 3]),
    ("repair_gbp", np.nan), ("repair_gbp", "lots"), ("rebuild_gbp", [1, -1]), ("rebuild_gbp", []), ("inflation", -1),
    ("inflation", np.inf), ("inflation", [[0.0, 0.0]]), ("grade_order", "EE"), ("grade_order", "EDA"),
    ("grade_order", ""), ("rebuild_cost_gbp_per_m2", -2000), ("rebuild_cost_gbp_per_m2", np.nan),
    ("rebuild_cost_gbp_per_m2", [2000, 2000])])
def test_arguments_at_fault_are_named(name, value):
    right = {"years": 2, "repair_gbp": 0, "rebuild_gbp": [0, 0], "inflation": 0.03, "grade_order": "EDCB",
             "rebuild_cost_gbp_per_m2": 2000}
    worst_first(rows(2), **right)
    with pytest.raises(DataError) as caught:
        worst_first(rows(2), **{**right, name: value})
    assert name in [fault.column for fault in caught.value.faults]


def test_faults_of_rows_and_arguments_come_together():
    with pytest.raises(DataError) as caught:
        worst_first(rows(1, gifa=-1.0), 1, -1, 0, 0, "X")
    assert [fault.column for fault in caught.value.faults] == ["gifa", "repair_gbp", "grade_order"]


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="cannot write to"):
        write_worst_first(worst_first(rows(1), 1, 0, 0, 0), tmp_path / "taken")
