"""Envelopes and the price of rules: never worse with more money, prices between true bounds, by hand on small folders."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.money_job import envelopes_frame, schemes_of_envelopes
from capplan.programme.envelopes import TODAY, envelope, envelopes, price_list
from capplan.programme.marginal import worth_of_a_pound
from capplan.report.envelopes import _step_words

GAP = 0.001


@pytest.fixture(scope="module")
def tiny(root):
    return propose(forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml")))


@pytest.fixture(scope="module")
def found(tiny):
    return envelopes(tiny, points=8, most=2.0, gap=GAP, time_limit_s=20)


def test_one_envelope_is_todays_money_and_the_others_are_shares_of_it(tiny, found):
    today = tiny.pots.amount.sum()
    assert [each.share for each in found] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0])
    assert [each.money_gbp for each in found] == pytest.approx([each.share * today for each in found], abs=0.1)
    assert sum(each.share == TODAY for each in found) == 1


def test_todays_money_is_marked_whatever_the_number_of_points(tiny):
    for points, most in ((3, 2.0), (7, 1.5)):
        shares = [each.share for each in envelopes(tiny, points, most, gap=0.05, time_limit_s=5)]
        assert TODAY in shares
        assert shares == sorted(shares)


def test_more_money_is_never_worse(found):
    values = [each.programme.objective for each in found if each.programme]
    assert len(values) >= 6
    assert all(later >= earlier - 0.01 for earlier, later in zip(values, values[1:], strict=False))


def test_every_envelope_is_spent_within_itself_and_its_bound_is_above_it(found):
    for each in found:
        if each.programme:
            assert each.programme.draws.amount_gbp.sum() <= each.money_gbp + 0.01
            assert each.programme.objective <= each.programme.bound + 0.01


def test_the_schemes_of_an_envelope_add_up_to_what_it_spends(tiny, found):
    table, frame = schemes_of_envelopes(tiny, found), envelopes_frame(tiny, found)
    good = frame[frame.reason == ""]
    assert table.groupby("share_of_today").cost_gbp.sum().to_list() == pytest.approx(list(good.spent_gbp), abs=0.01)
    assert table.groupby("share_of_today").size().to_list() == list(good.schemes)
    assert not table.duplicated(["share_of_today", "need"]).any() and (table.school_name != "the trust").all()


def test_money_of_one_route_alone_leaves_the_others_as_they_are(tiny):
    pots = tiny.pots
    less = envelope(tiny, 0.5, "DFC", gap=0.05, time_limit_s=5)
    whole = pots.amount.sum() - 0.5 * pots.amount[pots.route == "DFC"].sum()
    assert less.money_gbp == pytest.approx(whole, abs=0.1)
    assert less.share == pytest.approx(less.money_gbp / pots.amount.sum())
    drawn = less.programme.draws.groupby("pot_id").amount_gbp.sum()
    allowed = (pots.amount * (1 - 0.5 * (pots.route == "DFC"))).set_axis(pots.pot_id)
    assert (drawn <= allowed.reindex(drawn.index) + 0.01).all()


def test_the_bounds_allow_a_frontier_that_bends_down(found):
    """What the relaxation allows is concave in money; three proved programmes may not stand above a straight line by more
    than their gaps."""
    good = [each for each in found if each.programme]
    for left, middle, right in zip(good, good[1:], good[2:], strict=False):
        assert middle.programme.bound * (1 + GAP) >= (left.programme.objective + right.programme.objective) / 2 - (
            0.05 * middle.programme.objective)


def test_todays_envelope_is_the_programme_of_today(tiny, found):
    today = next(each for each in found if each.share == TODAY)
    plain = optimise(tiny, gap=GAP, time_limit_s=20)
    assert today.programme.objective == pytest.approx(plain.objective, rel=2 * GAP)


def test_too_little_money_for_what_must_be_done_is_said_in_words(tiny):
    poor = replace(tiny, _frames={**tiny._frames, "pots": tiny.pots.assign(amount=tiny.pots.amount * 0.1)})
    for each in envelopes(poor, points=2, most=1.5, gap=0.05, time_limit_s=5):
        assert each.programme is None
        assert "must" in each.reason


def test_a_price_lies_between_its_bounds_and_no_rule_costs_less_than_nothing(tiny, found):
    today = next(each.programme for each in found if each.share == TODAY)
    prices = price_list(tiny, today, gap=GAP, time_limit_s=20)
    assert [price.rule for price in prices] == ["the floor under the reserves", "the list of what must be done"]
    for price in prices:
        assert 0 <= price.least_gbp <= price.most_gbp
        assert price.programme.objective >= today.objective - 0.01
        assert price.programme.objective - today.objective <= price.most_gbp + 0.01


def test_without_must_dos_the_list_of_them_has_no_price(tiny, found):
    free = replace(tiny, _frames={**tiny._frames, "schemes": tiny.schemes.assign(must_do="")})
    programme = optimise(free, gap=GAP, time_limit_s=20)
    prices = price_list(free, programme, gap=GAP, time_limit_s=20)
    assert [price.rule for price in prices] == ["the floor under the reserves"]


@pytest.mark.parametrize(("points", "most"), [(1, 2.0), (5, 1.0)])
def test_envelopes_that_make_no_sense_are_refused(tiny, points, most):
    with pytest.raises(ValueError, match="at least two points"):
        envelopes(tiny, points, most)


@pytest.mark.slow
def test_the_worth_of_a_pound_is_the_slope_of_the_relaxation(tiny):
    """Between what the next tenth adds and what the last tenth added, both proved."""
    free = replace(tiny, _frames={**tiny._frames, "schemes": tiny.schemes.assign(must_do="")}, money=None)
    total, worth = free.pots.amount.sum(), {}
    for share in (0.7, 1.0, 1.3):
        pots = free.pots.assign(amount=free.pots.amount * share)
        worth[share] = optimise(replace(free, _frames={**free._frames, "pots": pots}), gap=0.0005, time_limit_s=20)
    last = (worth[1.0].bound - worth[0.7].objective) / (0.3 * total)
    further = (worth[1.3].objective - worth[1.0].bound) / (0.3 * total)
    assert further * 0.8 <= worth_of_a_pound(tiny) <= last * 1.2


def test_a_pound_is_worth_nothing_where_there_is_money_for_everything_and_the_best_scheme_where_there_is_none(tiny):
    rich = replace(tiny, _frames={**tiny._frames, "pots": tiny.pots.assign(amount=1e9)})
    assert worth_of_a_pound(rich) == pytest.approx(0, abs=1e-6)
    poor = replace(tiny, _frames={**tiny._frames, "pots": tiny.pots.assign(amount=0.0)})
    ratios = tiny.scheme_years.value / tiny.spend.cost
    assert worth_of_a_pound(poor) == pytest.approx(np.max(ratios[tiny.spend.cost > 0]))


@pytest.mark.slow
def test_twenty_envelopes_of_the_example_take_no_longer_than_three_programmes(root):
    """At the same gap, on whatever machine this is; each envelope says how far it is proved."""
    import time
    candidates = propose(forecast(read_estate(root / "data" / "example"), read_scenario("baseline.toml")))
    began = time.perf_counter()
    one = optimise(candidates, gap=0.005, time_limit_s=60)
    single = time.perf_counter() - began
    began = time.perf_counter()
    found = envelopes(candidates, gap=0.005, time_limit_s=60)
    assert one.gap <= 0.005
    assert all(math.isfinite(each.programme.gap) for each in found if each.programme)
    print(f"one programme {single:.1f} s, twenty envelopes {time.perf_counter() - began:.1f} s")


def test_the_screen_tells_the_steps_on_both_sides_of_today_and_nothing_where_one_is_missing():
    frame = pd.DataFrame({"share_of_today": [0.9, 1.0, 1.1], "value_per_further_gbp": [np.nan, 1.25, 0.75]})
    assert "the last pound avoids £1.25 of loss, the next £0.75" in _step_words(frame)[0]
    assert _step_words(frame.head(2)) == []
    assert _step_words(frame.assign(value_per_further_gbp=[np.nan, np.nan, 0.75])) == []
