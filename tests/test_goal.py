"""Goal seeking: the sum found suffices, a smaller one does not, checked by runs; targets that cannot be reached say why."""

from dataclasses import replace

import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import CapplanError
from capplan.goal import NOT_KNOWN, SUFFICES, TOO_LITTLE, Seeker, Target, seek, target_of
from capplan.results import treatments

SETTINGS = {"gap": 0.001, "time_limit_s": 10}


@pytest.fixture(scope="module")
def candidates(root):
    return propose(forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml")))


@pytest.fixture(scope="module")
def held(candidates):
    seeker = Seeker(candidates, target_of(candidates.outlook, hold=True), (), SETTINGS)
    return seeker, seek(seeker, 0.03)


def left(candidates, programme, target):
    """The backlog at the target's day, from the forecast's own table."""
    path = candidates.outlook.by_year(candidates.outlook.course(treatments(programme))).set_index("year")
    return path.backlog_gbp[target.by_year]


def most_that_can_be_cut(candidates, seeker, share):
    """The best programme for some money where all that counts is the target, made by hand with the public optimiser."""
    pots = candidates.pots.assign(amount=(candidates.pots.amount * share).round(2))
    frames = {**candidates._frames, "pots": pots, "scheme_years": candidates.scheme_years.assign(value=seeker.cut)}
    return optimise(replace(candidates, _frames=frames, money=None), **SETTINGS)


@pytest.mark.slow
def test_money_just_above_meets_the_target_and_money_just_below_misses_it(candidates, held):
    seeker, found = held
    assert found.enough.verdict == SUFFICES and found.too_little.verdict == TOO_LITTLE
    assert found.too_little.money_gbp < found.enough.money_gbp
    above = most_that_can_be_cut(candidates, seeker, found.enough.size * 1.001)
    assert left(candidates, above, found.target) <= found.target.most_gbp + 1
    below = most_that_can_be_cut(candidates, seeker, found.too_little.size * 0.999)
    assert left(candidates, below, found.target) > found.target.most_gbp
    assert seeker.nothing_gbp - below.bound > found.target.most_gbp, "and none other could"


@pytest.mark.slow
def test_the_programme_reaches_it_on_that_money_and_is_the_best_that_does(candidates, held):
    seeker, found = held
    assert left(candidates, found.programme, found.target) <= found.target.most_gbp + 1
    assert found.programme.draws.amount_gbp.sum() <= found.enough.money_gbp + 1
    value = candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    assert found.programme.objective >= sum(value[pair] for pair in found.enough.choice.items()) - 0.01
    free = replace(candidates, _frames={**candidates._frames, "pots": seeker.pots(found.enough.size)}, money=None)
    assert optimise(free, **SETTINGS).bound >= found.programme.objective - 0.01


@pytest.mark.slow
def test_what_each_start_cuts_adds_up_to_what_the_forecast_says(candidates, held):
    seeker, found = held
    cut = dict(zip(zip(candidates.scheme_years.scheme_id, candidates.scheme_years.start_year, strict=True), seeker.cut,
                   strict=True))
    for trial in found.trials:
        if trial.choice is not None:
            total = sum(cut[pair] for pair in trial.choice.items())
            assert trial.reached_gbp == pytest.approx(seeker.nothing_gbp - total, abs=0.01 * len(trial.choice))
            assert trial.bound_gbp <= trial.reached_gbp + 0.5


@pytest.mark.slow
def test_more_money_never_leaves_more(held):
    trials = sorted((each for each in held[1].trials if each.choice is not None), key=lambda each: each.size)
    assert all(less.bound_gbp >= more.bound_gbp - 0.01 * abs(more.bound_gbp) for less, more in
               zip(trials, trials[1:], strict=False))
    assert {each.verdict for each in trials} <= {SUFFICES, TOO_LITTLE, NOT_KNOWN}


def test_works_that_are_finished_after_the_day_cut_nothing(candidates):
    target = target_of(candidates.outlook, backlog_below_gbp=1e6, by_year=2029)
    seeker = Seeker(candidates, target, (), SETTINGS)
    late = (candidates.scheme_years.finish_year >= 2029).to_numpy()
    assert late.any() and all(cut == 0 for cut, is_late in zip(seeker.cut, late, strict=True) if is_late)
    path = candidates.outlook.by_year().set_index("year").backlog_gbp
    assert seeker.nothing_gbp == pytest.approx(path[2029])


@pytest.mark.slow
def test_money_in_a_year_is_a_pot_of_that_year(candidates):
    target = target_of(candidates.outlook, backlog_below_gbp=1.25e6)
    seeker = Seeker(candidates, target, (2028,), {"gap": 0.005, "time_limit_s": 5})
    assert seeker.pots(0).equals(candidates.pots)
    extra = seeker.pots(5000.0).iloc[-1]
    assert (extra.amount, extra.first_year, extra.last_year, extra.tags) == (5000, 2028, 2028, "")
    found = seek(seeker, 0.5)
    assert found.enough.money_gbp == pytest.approx(candidates.pots.amount.sum() + found.enough.size, abs=0.01)
    again = seeker.trial(found.too_little.size)
    assert again.verdict == TOO_LITTLE


def test_a_target_nobody_can_reach_says_what_stops_it(candidates):
    seeker = Seeker(candidates, Target(1000.0, 2036, False, "next to none"), (), SETTINGS)
    found = seek(seeker)
    assert found.enough is None and found.programme is None
    assert "With money for everything" in found.stops[0] and "wears again" in found.stops[0]


@pytest.mark.slow
def test_a_target_that_is_reached_without_works_takes_what_must_be_done_only(candidates):
    seeker = Seeker(candidates, Target(1e9, 2036, False, "anything"), (), SETTINGS)
    found = seek(seeker, 0.2)
    assert found.enough.verdict == SUFFICES and found.enough.size < 1
    assert found.too_little is None or found.too_little.choice is None


@pytest.mark.parametrize(("asked", "words"), [
    ({}, "one target"), ({"hold": True, "index_below": 0.1}, "one target"),
    ({"hold": True, "by_year": 2026}, "2027 to 2036"), ({"hold": True, "by_year": 2037}, "2027 to 2036")])
def test_targets_that_make_no_sense_are_refused(candidates, asked, words):
    with pytest.raises(CapplanError, match=words):
        target_of(candidates.outlook, **asked)


def test_an_index_counts_blocks_only(candidates):
    outlook = candidates.outlook
    seeker = Seeker(candidates, target_of(outlook, index_below=0.2), (), SETTINGS)
    index = outlook.by_year().facility_condition_index.iloc[-1]
    assert seeker.nothing_gbp / outlook.replacement_gbp().sum() == pytest.approx(index)


@pytest.mark.slow
def test_the_command_writes_what_it_says(capplan, root, tmp_path):
    done = capplan("goal", root / "data" / "tiny", root / "scenarios" / "baseline.toml", "--backlog-below", 1.5e6,
                   "--within", 0.2, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "suffices" in done.stdout and "proved not to suffice" in done.stdout
    trials = pd.read_csv(tmp_path / "out" / "goal.csv")
    assert set(trials.verdict) <= {SUFFICES, TOO_LITTLE, NOT_KNOWN}
    assert (pd.read_csv(tmp_path / "out" / "programme.csv").start_year.between(2026, 2035)).all()
    wrong = capplan("goal", root / "data" / "tiny", root / "scenarios" / "baseline.toml", "--out", tmp_path / "no")
    assert wrong.exit_code == 2 and "one target" in wrong.stderr and not (tmp_path / "no").exists()
