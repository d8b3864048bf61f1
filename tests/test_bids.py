"""Bids of an estate: the rules they are held to, what they become among the candidates, and the folder that weighs them."""

import json

import pandas as pd
import pytest

from capplan import forecast, propose, read_estate, read_scenario
from capplan.bid_job import bids_folder
from capplan.candidates import with_bids
from capplan.errors import CapplanError, DataError
from capplan.programme.audit import audit

BID = {"bid_id": "WALLS", "route": "CIF", "round_year": 2027, "school_id": "MAR", "block_id": "MAR-1-A",
       "element": "External walls, windows and doors", "kind": "", "ask_gbp": 80_000, "match_gbp": 20_000, "odds": "",
       "need_points": 0.5, "cost_points": 0.8, "planning_points": 1, "fees_share": 0.08, "bid_cost_gbp": 5_000,
       "survey_dated": "2026-09-01", "spend_by": ""}


@pytest.fixture(scope="module")
def baseline():
    return read_scenario("baseline.toml")


def bidding(folder, *bids, sca=False):
    """The tiny estate as a trust that bids to CIF: no SCA among its grants, and bids."""
    grants = pd.read_csv(folder / "grants.csv")
    grants[sca | (grants.route != "SCA")].to_csv(folder / "grants.csv", index=False)
    pd.DataFrame([{**BID, **bid} for bid in bids]).to_csv(folder / "bids.csv", index=False)
    return folder


def weighed(folder, baseline):
    return with_bids(propose(forecast(read_estate(folder), baseline)))


def test_a_bid_among_the_candidates_by_hand(tiny, baseline):
    """Asked 80,000 of 100,000, so four fifths of each bill at most; made in 2026-27 when the round of 2027-28 closes; two
    financial years from April 2027 pay for the summers of 2027 and 2028, planning years 2026 and 2027. Score: half of 60,
    four fifths of 25 and all of 15; a match adds 6 at most, of the 5 points for cost that are left."""
    candidates, frame, notes = weighed(bidding(tiny, {}), baseline)
    bid, = frame.itertuples()
    assert (bid.made_in, bid.first_year, bid.last_year) == (2026, 2026, 2027)
    assert bid.odds == 0.277
    assert "round of 2025-26" in bid.odds_source
    assert bid.score_points == pytest.approx(30 + 20 + 15)
    assert bid.score_with_match_most_points == pytest.approx(70)
    pot = candidates.pots.set_index("pot_id").loc["WALLS"]
    assert pot.most_share == pytest.approx(0.8)
    assert pot.with_scheme == "BID-WALLS"
    there = candidates.schemes[(candidates.schemes.block_id == "MAR-1-A")
                               & (candidates.schemes.element == BID["element"])]
    assert set(pot.schemes.split(";")) == set(there.scheme_id)
    spend = candidates.spend[candidates.spend.scheme_id == "BID-WALLS"]
    assert spend[["start_year", "year", "cost"]].values.tolist() == [[2026, 2026, 5000]]
    assert not candidates.pots[(candidates.pots.route != "reserves")].tags.str.contains("revenue").any()
    assert (candidates.pots[candidates.pots.route != "reserves"].tags != "").all()
    assert any("whether the trust may bid" in note for note in notes)


def test_a_bid_of_the_whole_school_is_for_all_its_condition_works(tiny, baseline):
    _, frame, _ = weighed(bidding(tiny, {"block_id": "", "element": ""}), baseline)
    candidates = propose(forecast(read_estate(tiny), baseline))
    wanted = candidates.schemes[(candidates.schemes.school_id == "MAR") & (candidates.schemes.tag == "condition")
                                & ~candidates.schemes.kind.isin(["rebuild", "demolish"])]
    assert set(frame.schemes[0].split(";")) == set(wanted.scheme_id)


@pytest.mark.parametrize(("bid", "column", "told"), [
    ({"ask_gbp": 20_000, "match_gbp": 0, "round_year": 2022}, "", "under the least £50,000"),
    ({"ask_gbp": 5e6, "round_year": 2026}, "", "over the most £4,000,000"),
    ({"fees_share": 0.1, "round_year": 2026}, "", "not below the limit, 0.1"),
    ({"survey_dated": "2022-10-01", "round_year": 2026}, "", "not after 2022-10-01"),
    ({"round_year": 2029}, "", "Breaks the dates of CIF"), ({"kind": "energy"}, "", "Breaks the uses of CIF"),
    ({"route": "SCA"}, "route", "a route that takes bids"), ({"route": "PSDS4", "odds": 0.5, "kind": "energy"}, "",
                                                             "Breaks the dates of PSDS4"),
    ({"route": "donation"}, "route", "a route that takes bids"),
    ({"route": "other grant", "spend_by": "2028-03-31"}, "odds", "the chance of winning"),
    ({"route": "other grant", "odds": 0.5}, "spend_by", "the last day of spending"),
    ({"block_id": "ELL-1-A"}, "school_id", "the school its block belongs to"),
    ({"bid_id": "DFC-2026-ELL"}, "bid_id", "another name"), ({"odds": 1.5}, "odds", "at most 1"),
    ({"ask_gbp": 0}, "ask_gbp", "above 0"), ({"school_id": "NOWHERE", "block_id": ""}, "school_id", "school_id of schools")])
def test_bids_that_break_a_rule_are_refused(bid, column, told, tiny):
    with pytest.raises(DataError) as refused:
        read_estate(bidding(tiny, bid))
    assert any(fault.where == "bids.csv" and fault.column == column and told in fault.must_be
               for fault in refused.value.faults), refused.value


def test_every_bid_at_fault_is_named_at_once(tiny):
    with pytest.raises(DataError) as refused:
        read_estate(bidding(tiny, {"route": "SCA"}, {"bid_id": "B2", "kind": "energy"}, {"bid_id": "B3", "ask_gbp": -1}))
    assert {fault.row for fault in refused.value.faults} == {2, 3, 4}


def test_a_third_bid_of_a_school_in_a_round_breaks_the_rule(tiny):
    """Two are allowed; of 2024 the figure is published, so that it is a fault, and of later rounds only unconfirmed."""
    rounds = [{"bid_id": f"B{place}", "round_year": 2024} for place in range(3)]
    with pytest.raises(DataError, match="over the most 2 bids"):
        read_estate(bidding(tiny, *rounds))
    assert len(read_estate(bidding(tiny, *({**row, "round_year": 2027} for row in rounds))).bids) == 3


def test_a_trust_with_sca_may_not_bid_unless_invited(tiny):
    with pytest.raises(DataError, match="may not bid to CIF"):
        read_estate(bidding(tiny, {}, sca=True))
    schools = pd.read_csv(tiny / "schools.csv")
    schools.assign(cif_round_year=[None, 2027]).astype({"cif_round_year": "Int64"}).to_csv(tiny / "schools.csv", index=False)
    assert len(read_estate(tiny).bids) == 1


def test_by_the_rolls_a_large_trust_may_not_bid(tiny, baseline):
    """Five schools and 3,000 pupils have SCA; this trust of two has CIF whatever its pupils."""
    rolls = [[school, 2026, 300, 0, 0, 0, "counted"] for school in ("ELL", "MAR")]
    columns = ["school_id", "census_year", "pupils_primary", "pupils_secondary", "pupils_post16", "pupils_special", "status"]
    pd.DataFrame(rolls, columns=columns).to_csv(tiny / "rolls.csv", index=False)
    _, frame, notes = weighed(bidding(tiny, {}), baseline)
    assert len(frame) == 1
    assert not any("whether the trust may bid" in note for note in notes)
    schools = pd.read_csv(tiny / "schools.csv")
    more = [schools.iloc[:1].assign(school_id=f"S{place}", name=f"School {place}", urn=900200 + place) for place in range(3)]
    pd.concat([schools, *more]).to_csv(tiny / "schools.csv", index=False)
    more = [[f"S{place}", 2026, 1000, 0, 0, 0, "counted"] for place in range(3)]
    pd.DataFrame([*rolls, *more], columns=columns).to_csv(tiny / "rolls.csv", index=False)
    with pytest.raises(DataError, match="in which MAR has SCA"):
        weighed(tiny, baseline)


def test_a_round_that_closed_before_the_plan_is_refused_and_one_after_it_left_out(tiny, baseline):
    with pytest.raises(DataError, match="2027 or later"):
        weighed(bidding(tiny, {"round_year": 2026}), baseline)
    short = baseline.model_copy(update={"plan": baseline.plan.model_copy(update={"years": 1})})
    _, frame, notes = weighed(bidding(tiny, {"round_year": 2028}), short)
    assert not len(frame)
    assert any("cannot be spent in the years of the plan" in note for note in notes)


def test_a_bid_where_there_is_nothing_to_do_is_left_out_and_told(tiny, baseline):
    _, frame, notes = weighed(bidding(tiny, {"element": "ICT"}), baseline)
    assert not len(frame)
    assert any("no works there" in note for note in notes)


def test_other_plans_say_that_they_count_on_no_bid(tiny, baseline):
    candidates = propose(forecast(read_estate(bidding(tiny, {})), baseline))
    assert any("bids.csv has 1 bid that may be won or lost" in note for note in candidates.notes)
    assert not candidates.schemes.scheme_id.str.startswith("BID-").any()


def test_bids_lost_in_a_shock_have_no_chance(tiny, baseline):
    shocked = baseline.model_copy(update={"shocks": baseline.shocks.model_copy(update={"bids_lost": True})})
    _, frame, _ = weighed(bidding(tiny, {"odds": 0.9}), shocked)
    assert frame.odds.tolist() == [0.0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, root, baseline):
    """What ``capplan bids`` writes of two bids, one of them all but sure."""
    import shutil
    estate = shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("bids") / "estate")
    bidding(estate, {"odds": 0.95, "bid_cost_gbp": 2_000},
            {"bid_id": "ROOF", "school_id": "ELL", "block_id": "ELL-1-A", "element": "Roofs", "ask_gbp": 30_000,
             "match_gbp": 0, "odds": 0.3, "bid_cost_gbp": 20_000})
    out = tmp_path_factory.mktemp("bids") / "out"
    out.mkdir()
    text, facts = bids_folder(estate, "baseline.toml", (), out, gap=0.0005)
    return out, text, facts


@pytest.mark.slow
def test_the_folder_adds_up(folder):
    out, text, facts = folder
    bids, outcomes, plans = (pd.read_csv(out / f"{name}.csv") for name in ("bids", "outcomes", "plans"))
    bids, plans = bids.set_index("bid_id"), plans.set_index("plan")
    assert outcomes.probability.tolist() == pytest.approx([0.05 * 0.7, 0.05 * 0.3, 0.95 * 0.7, 0.95 * 0.3])
    assert plans.mean_gbp["best found"] == pytest.approx(outcomes.probability @ outcomes.value_gbp, abs=0.05)
    assert plans.mean_gbp["best found"] >= plans.mean_gbp.max() - 0.01
    assert (outcomes.known_beforehand_gbp >= outcomes.value_gbp - 0.01).all()
    assert bids.make["WALLS"] == "yes"
    assert bids.flips_at["WALLS"] < 0.95
    assert bids.make["ROOF"] == "no", "it costs two thirds of what it may bring with three chances in ten"
    assert json.loads((out / "lottery.json").read_text(encoding="utf-8"))["make"] == facts["make"] == ["WALLS"]
    assert "from odds of" in text.lower()
    assert (out / "bids.txt").read_text(encoding="utf-8").rstrip() == text


@pytest.mark.slow
def test_the_programmes_after_the_outcomes_spend_what_was_won(folder):
    out, _, _ = folder
    likely, lost = (pd.read_csv(out / name / "draws.csv") for name in ("most_likely", "all_lost"))
    assert (likely.pot_id == "WALLS").any()
    assert not (lost.pot_id == "WALLS").any()
    for draws in (likely, lost):
        made = draws[draws.scheme_id == "BID-WALLS"]
        assert made.amount_gbp.sum() == pytest.approx(2_000)
        assert made.pot_id.str.startswith("RESERVE").all()


def test_without_bids_the_command_says_what_is_missing(tiny, tmp_path, capplan, root):
    done = capplan("bids", tiny, root / "scenarios" / "baseline.toml", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "bids.csv" in done.stderr
    assert not (tmp_path / "out").exists()


def test_where_no_bid_can_help_that_is_said(tiny, baseline, tmp_path):
    with pytest.raises(CapplanError, match="No bid can help this plan.*WALLS is left out"):
        bids_folder(bidding(tiny, {"element": "ICT"}), "baseline.toml", (), tmp_path)


@pytest.mark.slow
def test_the_audit_does_not_accept_an_award_without_its_bid(tiny, baseline):
    from capplan import optimise
    candidates, _, _ = weighed(bidding(tiny, {"odds": 1, "match_gbp": 0}), baseline)
    programme = optimise(candidates, gap=0.01, time_limit_s=10)
    assert "BID-WALLS" in programme.choice
    less = {scheme: year for scheme, year in programme.choice.items() if scheme != "BID-WALLS"}
    draws = programme.draws[programme.draws.scheme_id != "BID-WALLS"]
    assert any("before BID-WALLS has started" in fault for fault in audit(candidates, less, draws, programme.objective))
