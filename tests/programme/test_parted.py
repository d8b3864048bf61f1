"""Works that may be done in part: by hand, against every set of parts there is, and what may not be parted."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from folders import folder, once, read
from instances import write_folder

from capplan.candidates import read_candidates
from capplan.candidates.parted import FURTHER_PARTS, funded_shares, part_name
from capplan.cli import main
from capplan.errors import CandidatesError
from capplan.programme.optimise import optimise

EXACT = {"gap": 0.0, "time_limit_s": 20.0}


def test_money_for_three_fifths_does_three_fifths_by_hand(tmp_path):
    """Works of 100 worth 50, at least a fifth of them; 60 pounds do 60 of them, worth 30. Whole they could not be done."""
    schemes = [("roof", {"least_share": 0.2}, once(50, 100))]
    candidates = read(folder(schemes, [{"amount": 60}]), tmp_path / "parts")
    programme = optimise(candidates, **EXACT)
    assert programme.objective == pytest.approx(30)
    assert funded_shares(candidates, programme.choice).iloc[0].tolist() == ["roof", "3 of 5", pytest.approx(0.6), 2026, 2026]
    whole = [("roof", {}, once(50, 100))]
    assert optimise(read(folder(whole, [{"amount": 60}]), tmp_path / "whole"), **EXACT).objective == 0
    assert optimise(read(folder(schemes, [{"amount": 19}]), tmp_path / "little"), **EXACT).objective == 0


def test_further_parts_may_follow_in_later_years_by_hand(tmp_path):
    """40 pounds a year: two fifths in the first year at 50, two in the second at 40."""
    starts = {2026: (50, {2026: 100}), 2027: (40, {2027: 100})}
    pots = [{"pot_id": f"P{year}", "amount": 40, "first_year": year, "last_year": year} for year in (2026, 2027)]
    candidates = read(folder([("roof", {"least_share": 0.2}, starts)], pots), tmp_path)
    programme = optimise(candidates, **EXACT)
    assert programme.objective == pytest.approx(0.4 * 50 + 0.4 * 40)
    row = funded_shares(candidates, programme.choice).iloc[0]
    assert (row.funded_share, row.start_year, row.last_start_year) == (pytest.approx(0.8), 2026, 2027)


def test_parts_add_up_to_the_whole_to_the_penny(tmp_path):
    schemes = [("odd", {"least_share": 0.37, "CARBON_T": {2026: 12.5}}, once(33.33, 100.01)), ("plain", {}, once(5, 7))]
    candidates = read(folder(schemes, [{"amount": 200}]), tmp_path)
    assert len(candidates.schemes) == 2 + FURTHER_PARTS
    odd = candidates.schemes.scheme_id.str.startswith("odd")
    names = set(candidates.schemes.scheme_id[odd])
    assert candidates.spend[candidates.spend.scheme_id.isin(names)].cost.sum() == pytest.approx(100.01, abs=1e-9)
    assert (candidates.spend.cost.round(2) == candidates.spend.cost).all()
    years = candidates.scheme_years[candidates.scheme_years.scheme_id.isin(names)]
    assert years.value.sum() == pytest.approx(33.33) and years.carbon_t.sum() == pytest.approx(12.5)
    assert years.value.iloc[0] == pytest.approx(0.37 * 33.33)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_every_set_of_parts_is_found(seed, tmp_path):
    """One year, one pot, two works in parts, one that requires the first and an alternative to the second."""
    rng = np.random.default_rng(seed)
    value, cost = rng.integers(10, 60, 4), rng.integers(2, 12, 4) * 10
    least = rng.choice([0.2, 0.4, 0.6], 2)
    schemes = [("a", {"least_share": least[0]}, once(value[0], cost[0])),
               ("b", {"least_share": least[1], "exclusion_group": "g"}, once(value[1], cost[1])),
               ("c", {"requires": "a"}, once(value[2], cost[2])), ("d", {"exclusion_group": "g"}, once(value[3], cost[3]))]
    money = int(cost.sum() * rng.uniform(0.3, 0.8))
    steps = [[0.0, *(first + (1 - first) * number / FURTHER_PARTS for number in range(FURTHER_PARTS + 1))]
             for first in least]
    best = max((a * value[0] + b * value[1] + c * value[2] + d * value[3]
                for a, b, c, d in product(steps[0], steps[1], (0, 1), (0, 1))
                if not (c and not a) and not (b and d)
                and a * cost[0] + b * cost[1] + c * cost[2] + d * cost[3] <= money + 1e-6))
    candidates = read(folder(schemes, [{"amount": money}]), tmp_path)
    assert optimise(candidates, **EXACT).objective == pytest.approx(best, abs=1e-6)


def test_limits_on_schemes_count_a_parted_one_once_and_pots_for_it_pay_for_its_parts(tmp_path):
    schemes = [("a", {"least_share": 0.5}, once(50, 100)), ("b", {}, once(40, 10))]
    limit = [{"measure": "schemes", "amount": 1}]
    pots = [{"amount": 100, "schemes": "a"}]
    candidates = read(folder(schemes, pots, limit), tmp_path)
    programme = optimise(candidates, **EXACT)
    assert programme.objective == pytest.approx(50) and len(programme.choice) == 1 + FURTHER_PARTS


@pytest.mark.parametrize(("columns", "message"), [({"least_share": 0.5, "must_do": "yes"}, "done whole"),
                                                  ({"least_share": 0}, "above 0"), ({"least_share": 1.5}, "at most 1")])
def test_what_may_not_be_parted_is_refused(tmp_path, columns, message):
    with pytest.raises(CandidatesError, match=message):
        read(folder([("a", columns, once(50, 100))], [{"amount": 60}]), tmp_path)


def test_a_name_that_is_taken_is_refused(tmp_path):
    schemes = [("a", {"least_share": 0.5}, once(50, 100)), (part_name("a", 2), {}, once(1, 1))]
    with pytest.raises(CandidatesError, match="part of it"):
        read(folder(schemes, [{"amount": 60}]), tmp_path)


def test_the_command_tells_how_much_of_each_is_done(tmp_path):
    made = folder([("roof", {"least_share": 0.2}, once(50, 100)), ("lift", {}, once(9, 10))], [{"amount": 70}])
    write_folder(made, tmp_path / "candidates")
    done = CliRunner().invoke(main, ["optimise", str(tmp_path / "candidates"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    parts = pd.read_csv(tmp_path / "out" / "parts.csv")
    assert parts.to_dict("records") == [{"scheme_id": "roof", "parts": "3 of 5", "funded_share": 0.6, "start_year": 2026,
                                         "last_start_year": 2026}]
    again = read_candidates(tmp_path / "out" / "candidates")
    assert len(again.schemes) == 2 + FURTHER_PARTS, "parts are schemes of their own once written"
    assert not (tmp_path / "none").exists()
