"""Reasons: every sentence is true of the programme it is said of."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.candidates import Candidates
from capplan.explanations import reasons, scheme_figures


@pytest.fixture(scope="module")
def programme(root):
    estate, scenario = read_estate(root / "data" / "tiny"), read_scenario("baseline.toml")
    return optimise(propose(forecast(estate, scenario)))


@pytest.fixture(scope="module")
def figures(programme):
    return scheme_figures(programme)


@pytest.fixture(scope="module")
def sentences(programme, figures):
    return reasons(programme, figures)


def per_pound(sentence):
    """The value per pound a sentence states."""
    return float(re.search(r"£([0-9.]+) of loss avoided for each pound", sentence)[1])


def made_by_hand(schemes, years, choice):
    """A programme from (scheme, exclusion group, must do) and {(scheme, year): (value, cost)}."""
    frames = {
        "schemes": pd.DataFrame(schemes, columns=["scheme_id", "exclusion_group", "must_do"]),
        "scheme_years": pd.DataFrame([[*key, value] for key, (value, _) in years.items()],
                                     columns=["scheme_id", "start_year", "value"]),
        "spend": pd.DataFrame([[*key, key[1], cost] for key, (_, cost) in years.items()],
                              columns=["scheme_id", "start_year", "year", "cost"])}
    draws = pd.DataFrame([[year, years[scheme, year][1]] for scheme, year in choice.items()], columns=["year", "amount_gbp"])
    return SimpleNamespace(candidates=Candidates(frames), choice=choice, draws=draws)


def present_costs(programme):
    """Real cost of every scheme and start year, discounted to the start at 3.5% a year by hand."""
    years = programme.candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    return {pair: cost / 1.035 ** (pair[1] - 2026) for pair, cost in years.items()}


def said(*arguments):
    programme = made_by_hand(*arguments)
    return reasons(programme, scheme_figures(programme))


def test_every_scheme_has_one_sentence(programme, sentences):
    assert sentences.index.tolist() == programme.candidates.schemes.scheme_id.tolist()
    assert all(sentence.endswith(".") and len(sentence) > 10 for sentence in sentences)


def test_figures_are_those_of_the_year_chosen(programme, figures):
    candidates = programme.candidates
    value = candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    cost, present = candidates.spend.set_index(["scheme_id", "start_year"]).cost, present_costs(programme)
    for scheme, row in figures.iterrows():
        year = programme.choice.get(scheme)
        if year is None:
            assert pd.isna(row.start_year)
        else:
            assert row.start_year == row.shown_year == year
        pair = scheme, int(row.shown_year)
        assert (row.value_gbp, row.cost_gbp) == (value[pair], cost[pair])
        assert row.value_per_gbp == pytest.approx(value[pair] / present[pair])


def test_a_scheme_not_chosen_is_shown_in_its_best_year(programme, figures):
    value = programme.candidates.scheme_years.set_index(["scheme_id", "start_year"]).value
    ratio = value / pd.Series(present_costs(programme))
    best = ratio.groupby(level=0).max()
    for scheme in figures.index[figures.start_year.isna()]:
        assert figures.value_per_gbp[scheme] == pytest.approx(best[scheme]), scheme


def needs_of(facts, scheme):
    """What a scheme meets: its group, or itself, and what it also meets."""
    return {facts.exclusion_group[scheme] or scheme, *filter(None, facts.also_meets[scheme].split(";"))}


def test_sentences_are_true_of_tiny(programme, figures, sentences):
    facts = programme.candidates.schemes.set_index("scheme_id")
    winners = {need: scheme for scheme in programme.choice for need in needs_of(facts, scheme)}
    kinds = set()
    for scheme, sentence in sentences.items():
        kinds.add(sentence.split(":")[0].split(" ")[0])
        if scheme in programme.choice:
            year = programme.choice[scheme]
            assert sentence.startswith(f"In {year}-{(year + 1) % 100:02d}"), scheme
            assert ("must be done" in sentence) == (facts.must_do[scheme] != ""), scheme
            assert per_pound(sentence) == pytest.approx(figures.value_per_gbp[scheme], abs=0.00501)
        elif sentence.startswith("Not needed"):
            met = {winners[need] for need in needs_of(facts, scheme) if need in winners}
            assert any(f" {winner} meets" in sentence for winner in met), scheme
            assert ("one of its needs" in sentence) == (len(needs_of(facts, scheme)) > 1), scheme
        else:
            assert sentence.startswith("Out"), scheme
            assert not needs_of(facts, scheme) & set(winners)
            assert per_pound(sentence) == pytest.approx(figures.value_per_gbp[scheme], abs=0.00501)
            rivals = [figures.value_per_gbp[other] for other, year in programme.choice.items()
                      if year == figures.shown_year[scheme] and not facts.must_do[other]]
            if "every optional scheme" in sentence:
                assert figures.value_per_gbp[scheme] < min(rivals), scheme
    assert kinds == {"In", "Not", "Out"}, "tiny has all three"


def test_works_on_a_whole_block_are_named_where_they_stand_in_place_of_others():
    """The rebuild meets the roof and, with it, W1; a patch of the roof is not needed for the same need, a refurbishment for
    one of its needs; the hall's windows are another matter."""
    schemes = [("rebuild", "block", "", "roof;W1"), ("patch", "roof", "", ""), ("W1", "", "", ""),
               ("refurbish", "block", "", "roof;floor"), ("windows", "glass", "", "")]
    years = {(name, 2026): (10.0, 100.0) for name, *_ in schemes}
    programme = made_by_hand([row[:3] for row in schemes], years, {"rebuild": 2026})
    frames = programme.candidates._frames
    frames["schemes"]["also_meets"] = [row[3] for row in schemes]
    sentences = reasons(programme, scheme_figures(programme))
    assert sentences["patch"] == sentences["W1"] == "Not needed: rebuild meets the same need."
    assert sentences["refurbish"] == "Not needed: rebuild meets one of its needs."
    assert sentences["windows"].startswith("Out")


def test_a_scheme_is_judged_in_its_best_year():
    """Waiting is worth 0.01 a pound in 2026 and 5 in 2027; the scheme that is in is worth 2, in 2026."""
    sentence = said([("in", "", ""), ("waits", "", "")],
                    {("in", 2026): (200.0, 100.0), ("waits", 2026): (1.0, 100.0), ("waits", 2027): (500.0, 100.0)},
                    {"in": 2026})["waits"]
    assert "optional scheme" not in sentence and "2027-28" in sentence
    assert per_pound(sentence) == 5


def test_less_than_every_names_the_least_that_is_in():
    sentence = said([("good", "", ""), ("fair", "", ""), ("poor", "", "")],
                    {("good", 2026): (300.0, 100.0), ("fair", 2026): (150.0, 100.0), ("poor", 2026): (120.0, 100.0)},
                    {"good": 2026, "fair": 2026})["poor"]
    assert per_pound(sentence) == 1.2
    assert sentence.endswith("every optional scheme funded that year avoids at least £1.50.")


def test_less_than_half_names_the_middle_of_those_that_are_in():
    sentence = said([("good", "", ""), ("fine", "", ""), ("fair", "", ""), ("poor", "", "")],
                    {("good", 2026): (300.0, 100.0), ("fine", 2026): (200.0, 100.0), ("fair", 2026): (110.0, 100.0),
                     ("poor", 2026): (120.0, 100.0)}, {"good": 2026, "fine": 2026, "fair": 2026})["poor"]
    assert sentence.endswith("half of the optional schemes funded that year avoid £2.00 or more.")


def test_what_costs_more_than_any_year_spends_is_told_so():
    sentence = said([("in", "", ""), ("large", "", "")],
                    {("in", 2026): (200.0, 100.0), ("large", 2026): (900.0, 101.0)}, {"in": 2026})["large"]
    assert sentence.endswith("at £101, more than is spent in any one year of the plan.")


def test_a_must_do_is_no_yardstick():
    """What must be done may be worth little; that is no reason to call other schemes worth more."""
    sentence = said([("must", "", "2026"), ("in", "", ""), ("out", "", "")],
                    {("must", 2026): (10.0, 100.0), ("in", 2026): (200.0, 100.0), ("out", 2026): (100.0, 100.0)},
                    {"must": 2026, "in": 2026})["out"]
    assert "every optional scheme funded that year avoids at least £2.00" in sentence


def test_nothing_is_said_to_be_worth_more_where_only_must_dos_are_in():
    sentence = said([("must", "", "2026"), ("out", "", "")], {("must", 2026): (10.0, 100.0), ("out", 2026): (900.0, 100.0)},
                    {"must": 2026})["out"]
    assert sentence.startswith("Out")
    assert "worth more" not in sentence and "optional" not in sentence


def test_works_without_a_cost_and_a_scheme_without_a_year():
    found = said([("free", "", ""), ("never", "", "")], {("free", 2099): (10.0, 0.0)}, {"free": 2099})
    assert found["free"] == "In 2099-00: it costs nothing."
    assert found["never"].startswith("Out")
    assert "no year" in found["never"]


def test_urgent_works_in_a_block_that_goes_are_named_where_both_are_chosen_and_not_otherwise():
    from types import SimpleNamespace

    import pandas as pd

    from capplan.results import _going_blocks
    schemes = pd.DataFrame({"scheme_id": ["A.must.urgent", "A.demolish", "B.must.urgent", "B.rebuild", "C.demolish"],
                            "block_id": ["A", "A", "B", "B", "C"],
                            "kind": ["renew", "demolish", "renew", "rebuild", "demolish"]})
    works = {"A.must.urgent": "urgent", "A.demolish": "demolish", "B.must.urgent": "urgent", "B.rebuild": "rebuild",
             "C.demolish": "demolish"}
    candidates = SimpleNamespace(schemes=schemes, works=works)
    chosen = {"A.must.urgent": 2026, "A.demolish": 2027, "B.must.urgent": 2026, "C.demolish": 2026}
    told = list(_going_blocks(SimpleNamespace(candidates=candidates, choice=chosen)))
    assert len(told) == 1
    assert "too: A." in told[0]
    assert not list(_going_blocks(SimpleNamespace(candidates=candidates, choice={"B.must.urgent": 2026})))
