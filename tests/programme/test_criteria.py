"""Several objectives: against every programme there is, by hand, and what no choice of unit may change."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from folders import folder, once, programmes_of, read
from instances import random_instance, write_folder

from capplan.cli import main
from capplan.errors import DataError
from capplan.programme.criteria import (
    blank_worksheet,
    criteria_of,
    in_order,
    swing_weights,
    total_of,
    trade_off,
    weighed,
)
from capplan.programme.optimise import optimise
from capplan.weighing import both_ways, read_worksheet

EXACT = {"gap": 0.0, "time_limit_s": 20.0}
SEEDS = ((14, False), (75, False), (19, True), (62, True))


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Candidates, and what every programme comes to in value and in carbon."""
    made = []
    for seed, terms in SEEDS:
        frames = random_instance(seed, terms=terms)
        candidates = read(frames, tmp_path_factory.mktemp("case"))
        rows = frames["scheme_years"].set_index(["scheme_id", "start_year"])[["value", "carbon_t"]].astype(float)
        totals = [rows.loc[list(choice.items())].sum().to_numpy() if choice else np.zeros(2)
                  for choice in programmes_of(frames)]
        made.append((candidates, np.array(totals)))
    return made


@pytest.mark.parametrize(("names", "signs"), [(("carbon_t", "value"), (1, 0)), (("value", "-carbon_t"), (0, -1))])
@pytest.mark.parametrize("slack", [0.0, 0.2])
def test_one_after_the_other_is_the_best_of_every_programme(cases, names, signs, slack):
    for candidates, totals in cases:
        first = totals[:, 1] if signs == (1, 0) else totals[:, 0]
        second = totals[:, 0] if signs == (1, 0) else -totals[:, 1]
        best = first.max()
        then = second[first >= best - slack * abs(best) - 1e-9].max()
        stages = in_order(candidates, names, slack, **EXACT)
        assert [stage.value for stage in stages] == pytest.approx([best, then], abs=1e-6)
        made = stages[-1].programme.choice
        held = total_of(candidates, names[0], made)
        assert held >= best - slack * abs(best) - 1e-6
        assert abs(total_of(candidates, names[1].removeprefix("-"), made)) == pytest.approx(abs(then), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [1, -1])
def test_the_frontier_is_on_the_frontier_of_every_programme(cases, sign):
    several = 0
    for candidates, totals in cases:
        first, second = totals[:, 0], sign * totals[:, 1]
        found = trade_off(candidates, "value", "carbon_t" if sign > 0 else "-carbon_t", 4, **EXACT)
        assert found[0].first == pytest.approx(first.max()) and found[-1].second == pytest.approx(second.max())
        for each in found:
            assert each.first == pytest.approx(first[second >= each.least - 1e-6].max(), abs=1e-6)
            beats = (first >= each.first - 1e-6) & (second >= each.second - 1e-6) & (
                (first > each.first + 1e-6) | (second > each.second + 1e-6))
            assert not beats.any()
            assert each.bound >= each.first - 1e-6
        values = [each.first for each in found]
        assert values == sorted(values, reverse=True)
        several += len(found) > 1
    assert several >= 2, "criteria that never pull apart test nothing"


def test_swing_weights_by_hand():
    assert swing_weights([100, 0, 100]).tolist() == [0.5, 0.0, 0.5]
    for points in ([90, 10], [100, 120], [100, -1], []):
        with pytest.raises(ValueError, match="Points lie"):
            swing_weights(points)


def two(tmp_path, unit=1.0):
    """A pot of 10. A costs it all: value 10, seats 2. B costs it all: value 8, seats 10."""
    made = folder([("A", {"SEATS": {2026: 2 * unit}}, once(10, 10)), ("B", {"SEATS": {2026: 10 * unit}}, once(8, 10))],
                  [{"amount": 10}])
    return made, read(made, tmp_path / f"{unit:g}")


def sheet_of(tmp_path, points, best=(10, 10)):
    path = tmp_path / "sheet.csv"
    path.write_text("criterion,worst,best,points\n" + "".join(
        f"{name},0,{top:g},{given}\n" for name, top, given in zip(("value", "seats"), best, points, strict=True)),
        encoding="utf-8")
    return path


def test_weights_turn_the_choice_where_the_swings_say_by_hand(tmp_path):
    """A is 10 / 10 of one swing and 2 / 10 of the other, B 8 / 10 and 10 / 10: with points 100 and p, A comes to 100 + 0.2 p
    and B to 80 + p, so that B is better from p = 25 on."""
    _, candidates = two(tmp_path)
    for points, best in ((24, "A"), (26, "B")):
        sheet = read_worksheet(sheet_of(tmp_path, (100, points)), candidates)
        assert list(optimise(weighed(candidates, sheet), **EXACT).choice) == [best]
    sheet = read_worksheet(sheet_of(tmp_path, (100, 100)), candidates)
    assert weighed(candidates, sheet).scheme_years.value.tolist() == pytest.approx([60, 90])


def test_the_unit_of_a_criterion_does_not_matter(tmp_path):
    sheets = [(candidates := two(tmp_path, unit)[1],
               read_worksheet(sheet_of(tmp_path, (100, 60), (10, 10 * unit)), candidates)) for unit in (1.0, 1000.0)]
    points = [weighed(candidates, sheet).scheme_years.value.tolist() for candidates, sheet in sheets]
    assert points[0] == pytest.approx(points[1])


def test_less_is_better_where_the_best_is_below_the_worst(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("criterion,worst,best,points\nvalue,0,10,30\nseats,10,0,100\n", encoding="utf-8")
    _, candidates = two(tmp_path)
    assert list(optimise(weighed(candidates, read_worksheet(path, candidates)), **EXACT).choice) == ["A"]


def test_the_blank_worksheet_has_worst_and_best_by_hand(tmp_path):
    _, candidates = two(tmp_path)
    assert criteria_of(candidates) == ["value", "seats"]
    sheet = blank_worksheet(candidates, **EXACT).set_index("criterion")
    assert sheet.best.to_dict() == {"value": 10, "seats": 10} and sheet.worst.tolist() == [0, 0]
    assert "from 0 to 10 of seats" in sheet.asks["seats"]


@pytest.mark.parametrize(("text", "messages"), [
    ("criterion,worst,best\nvalue,0,1\n", ["no such column"]),
    ("criterion,worst,best,points\nvalue,0,1,\nseats,0,x,50\n", ["blank", "x"]),
    ("criterion,worst,best,points\nvalue,0,1,90\nseats,0,1,50\n", ["100 for the swing"]),
    ("criterion,worst,best,points\nvalue,1,1,100\nseats,0,1,101\n", ["another figure", "from 0 to 100"]),
    ("criterion,worst,best,points\nvalue,0,1,100\nvalue,0,1,50\nwarmth,0,1,5\n", ["value", "warmth"])])
def test_every_fault_of_a_worksheet_is_told_at_once(tmp_path, text, messages):
    (tmp_path / "sheet.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_worksheet(tmp_path / "sheet.csv", two(tmp_path)[1])
    assert all(message in str(error.value) for message in messages)


def test_both_orders_by_hand(tmp_path):
    _, candidates = two(tmp_path)
    sheet = read_worksheet(sheet_of(tmp_path, (50, 100)), candidates)
    by_value, by_points, plans, orders = both_ways(candidates, sheet, **EXACT)
    assert (list(by_value.choice), list(by_points.choice)) == (["A"], ["B"])
    assert plans.set_index("plan")[["value", "seats"]].to_numpy().tolist() == [[10, 2], [8, 10]]
    ranks = orders.set_index("scheme_id")
    assert ranks.rank_by_value.to_dict() == {"A": 1, "B": 2} and ranks.rank_by_points.to_dict() == {"A": 2, "B": 1}


def test_the_commands_from_the_blank_sheet_to_the_programmes(tmp_path):
    made, _ = two(tmp_path)
    write_folder(made, tmp_path / "candidates")

    def run(*words):
        return CliRunner().invoke(main, ["objectives", *(str(word) for word in words)])

    blank = run("worksheet", tmp_path / "candidates", "--out", tmp_path / "blank.csv")
    assert blank.exit_code == 0, blank.output
    sheet = pd.read_csv(tmp_path / "blank.csv")
    assert sheet.points.isna().all()
    sheet.assign(points=[50, 100]).to_csv(tmp_path / "filled.csv", index=False)
    refused = run("weigh", tmp_path / "candidates", tmp_path / "blank.csv", "--out", tmp_path / "none")
    assert refused.exit_code == 2 and "blank" in refused.output and not (tmp_path / "none").exists()
    done = run("weigh", tmp_path / "candidates", tmp_path / "filled.csv", "--out", tmp_path / "weighed", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["by_value_only"] == facts["by_points_only"] == 1 and len(facts["worksheet_sha256"]) == 64
    chosen = pd.read_csv(tmp_path / "weighed" / "by_points" / "schemes.csv").set_index("scheme_id").start_year
    assert chosen.notna().to_dict() == {"A": False, "B": True}
    order = run("order", tmp_path / "candidates", "--by", "seats", "--by", "value", "--out", tmp_path / "order")
    assert order.exit_code == 0 and "1. seats" in order.output
    assert pd.read_csv(tmp_path / "order" / "stages.csv").in_the_programme.tolist() == [10, 8]
    again = run("tradeoff", tmp_path / "order" / "programme", "--second", "seats", "--points", "3", "--out",
                tmp_path / "trade")
    assert again.exit_code == 0, again.output
    frontier = pd.read_csv(tmp_path / "trade" / "frontier.csv")
    assert frontier.second.max() == 10 and (tmp_path / "trade" / "frontier.png").stat().st_size > 1000
    unknown = run("tradeoff", tmp_path / "candidates", "--second", "warmth", "--out", tmp_path / "none")
    assert unknown.exit_code == 2 and "warmth" in unknown.output
