"""What further money buys: against pots edited by hand, and rules that hold for any sum."""

from dataclasses import replace

import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import CapplanError
from capplan.further_money import COLUMNS, LESS, MORE, NONE, TOLD, UNTOLD, Further, sources, worth_of_sources
from capplan.results import treatments

SETTINGS = {"gap": 0.001, "time_limit_s": 10}
STEP_GBP = 20_000.0
WANTED = ("SCA of 2026 to 2027 for condition", "reserves of 2027", "any purpose in 2028", "any purpose in 2035")


@pytest.fixture(scope="module")
def programme(root):
    return optimise(propose(forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml"))), **SETTINGS)


@pytest.fixture(scope="module")
def found(programme):
    chosen = [each for each in sources(programme.candidates) if each.name in WANTED]
    assert {each.name for each in chosen} == set(WANTED)
    return worth_of_sources(Further(programme, SETTINGS), chosen, STEP_GBP)


def condition(programme):
    outlook = programme.candidates.outlook
    path = outlook.by_year(outlook.course(treatments(programme)))
    return path.backlog_gbp.iloc[-1], path.expected_pupil_days.iloc[:-1].sum()


@pytest.mark.slow
def test_the_changes_are_those_of_runs_with_pots_edited(programme, found):
    candidates = programme.candidates
    rows = found.set_index(["source", "change"])
    for (source, change), row in rows.iterrows():
        pots = candidates.pots
        sign = 1 if change == MORE else -1
        if source.startswith("any purpose"):
            new = pots.iloc[:1].assign(pot_id="mine", amount=STEP_GBP, first_year=row.first_year, last_year=row.last_year,
                                       tags="", school_id="", route="mine")
            pots = pd.concat([pots, new], ignore_index=True)
        else:
            mine = (pots.route == source.split(" ")[0]) & (pots.first_year == row.first_year)
            mine &= pots.last_year == row.last_year
            assert mine.sum() == row.pots == 1
            pots = pots.assign(amount=pots.amount + sign * row.step_gbp * mine)
        again = optimise(replace(candidates, _frames={**candidates._frames, "pots": pots}, money=None), **SETTINGS)
        assert row.least_gbp - 1 <= again.bound - programme.objective
        assert again.objective - programme.bound <= row.most_gbp + 1
        assert row.value_change_gbp == pytest.approx(again.objective - programme.objective,
                                                     abs=0.0021 * programme.objective), (source, change)


@pytest.mark.slow
def test_more_is_never_worse_and_less_never_better(found):
    more, less = found[found.change == MORE], found[found.change == LESS]
    assert (more.value_change_gbp >= -0.01).all() and (less.most_gbp <= 0).all()
    assert (found.least_gbp <= found.most_gbp).all()
    assert ((found.value_change_gbp >= found.least_gbp - 0.01) & (found.value_change_gbp <= found.most_gbp + 0.01))[
        found.change == MORE].all()


@pytest.mark.slow
def test_what_cannot_be_told_is_said_so(found):
    for row in found.itertuples():
        if row.verdict == TOLD:
            assert row.least_gbp > 0 or row.most_gbp < 0
        else:
            assert row.verdict == UNTOLD and row.least_gbp <= 0.5 and (row.change == LESS or row.least_gbp == 0)
    by_name = found[found.change == MORE].set_index("source")
    assert by_name.verdict["SCA of 2026 to 2027 for condition"] == TOLD
    assert by_name.value_change_gbp["any purpose in 2028"] > by_name.value_change_gbp["any purpose in 2035"]


@pytest.mark.slow
def test_schemes_that_come_and_go_are_named(programme, found):
    row = found[(found.change == MORE) & (found.source == "SCA of 2026 to 2027 for condition")].iloc[0]
    assert row.schemes_in
    for name in filter(None, row.schemes_out.split("; ")):
        scheme, year = name.rsplit(" ", 1)
        assert programme.choice[scheme] == int(year)
    for name in row.schemes_in.split("; "):
        assert name.split(" ")[0] in set(programme.candidates.schemes.scheme_id)


@pytest.mark.slow
def test_less_than_what_must_be_done_costs_leaves_no_programme(programme):
    everything = [each for each in sources(programme.candidates) if each.name == "reserves of 2026"]
    table = worth_of_sources(Further(programme, SETTINGS), everything, 1e9)
    row = table[table.change == LESS].iloc[0]
    assert row.step_gbp == everything[0].held_gbp
    if row.verdict == NONE:
        assert "must be done" in row.reason


@pytest.mark.slow
def test_sources_hold_all_the_money_once_and_pots_can_be_named(programme):
    pots = programme.candidates.pots
    found = sources(programme.candidates)
    assert sum(each.held_gbp for each in found) == pytest.approx(pots.amount.sum())
    named = [pot for each in found for pot in each.pots]
    assert sorted(named) == sorted(pots.pot_id)
    assert len({each.name for each in found}) == len(found)
    assert [each.name for each in sources(programme.candidates, ("SCA-2027",))] == ["SCA-2027"]
    with pytest.raises(CapplanError, match="SCA-1999"):
        sources(programme.candidates, ("SCA-1999",))


@pytest.mark.slow
def test_the_command_writes_what_it_says(capplan, root, tmp_path):
    done = capplan("worth", root / "data" / "tiny", root / "scenarios" / "baseline.toml", "--pot", "SCA-2026",
                   "--step", 20_000, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "what the next £20k buys" in done.stdout and "SCA-2026" in done.stdout
    assert list(pd.read_csv(tmp_path / "out" / "worth.csv")) == COLUMNS
