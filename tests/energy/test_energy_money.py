"""What may pay for heat pumps and packages of data/tiny: pots by tag, and a route's cap on the cost of a tonne by hand."""

import shutil

import pytest

import capplan as cp
from capplan.candidates import split_list
from capplan.candidates.energy_money import _rates
from capplan.energy.measures import figure
from capplan.energy.packages import use_with

CAP = 510                      # route_rules.csv: grant asked over direct lifetime carbon, PSDS4
SCENARIO = """extends = "baseline"
name = "green money"
description = "The tiny trust with an energy grant."
[plan]
years = 6
[energy]
included = true
[measures]
every_years = 1
[solver]
gap = 0.02
"""


@pytest.fixture(scope="module")
def candidates(tmp_path_factory, root):
    """Candidates of data/tiny with a PSDS award of 90,000 pounds that must be spent by March 2028."""
    folder = tmp_path_factory.mktemp("green")
    shutil.copytree(root / "data" / "tiny", folder / "estate")
    with (folder / "estate" / "grants.csv").open("a", encoding="utf-8") as file:
        file.write("GREEN,PSDS4,2026,90000,energy,,2028-03-31\n")
    (folder / "green.toml").write_text(SCENARIO, encoding="utf-8")
    return cp.propose(cp.forecast(cp.read_estate(folder / "estate"), cp.read_scenario(folder / "green.toml")))


def rate_by_hand(candidates, scheme, year):
    """Pounds a tonne of direct carbon of a start, from the leaf and the tables."""
    offers, spend = candidates.energy, candidates.spend
    owner = candidates.schemes.set_index("scheme_id").school_id[scheme]
    school, fitted = offers.schools[owner], offers.fitted[scheme, year]
    at = year - 2026 + 2
    kg = candidates.outlook.energy.footprint.kg_per_kwh[0, 1, at]
    cost = spend.cost[(spend.scheme_id == scheme) & (spend.start_year == year)].sum()
    if scheme in offers.works:
        cost -= spend.cost[(spend.scheme_id == offers.works[scheme]) & (spend.start_year == year)].sum()
    context = []
    if ".solar" in scheme or scheme.endswith("heat_pump"):
        before, after = (use_with(school.premises, what).bought_kwh[1:, at].sum() for what in (context, fitted))
    else:
        before, after = offers.saved[scheme, year].burnt_kwh[at], 0.0
    tonnes = (before - after) * kg / 1000 * min(figure(item.measure, "persistence").value for item in fitted)
    return cost / tonnes if tonnes > 0 else float("inf")


def test_money_for_energy_or_for_condition_pays_for_a_heat_pump_and_only_one_of_them_for_the_rest(candidates):
    tags = candidates.schemes.set_index("scheme_id").tag
    pumps = [name for name in tags.index if name.endswith("heat_pump")]
    assert pumps and set(tags[pumps]) == {"low carbon"}
    pots = candidates.pots.set_index("pot_id")
    assert set(split_list(pots.tags["GREEN"])) == {"energy", "low carbon"}
    assert set(split_list(pots.tags["SCA-2026"])) == {"condition", "low carbon"}
    assert (pots.tags[pots.route == "reserves"] == "").all()


def test_the_cap_on_a_tonne_by_hand(candidates):
    pot = candidates.pots.set_index("pot_id").loc["GREEN"]
    allowed, tags = set(split_list(pot.schemes)), candidates.schemes.set_index("scheme_id").tag
    starts, keeps = zip(candidates.scheme_years.scheme_id, candidates.scheme_years.start_year, strict=True), {}
    for scheme, year in starts:
        of_energy = tags[scheme] in ("energy", "low carbon") and (scheme, year) in candidates.energy.fitted
        if of_energy and pot.first_year <= year <= pot.last_year:
            keeps[scheme] = keeps.get(scheme, True) and rate_by_hand(candidates, scheme, year) <= CAP
    assert {scheme: scheme in allowed for scheme in keeps} == keeps
    assert True in keeps.values() and False in keeps.values(), "the cap parts nothing"
    assert not any(keeps[scheme] for scheme in keeps if ".solar" in scheme), "panels burn no less fuel on site"
    assert "work.W2" in allowed, "the trust's own energy works, whose carbon nobody has told, are not held to it"
    assert any("£510 that PSDS4" in note for note in candidates.notes)


def test_a_renewal_is_held_to_the_cap_at_what_it_adds_to_like_for_like(candidates):
    offers, rates = candidates.energy, _rates(candidates.outlook, candidates._frames, candidates.energy)
    pumps = [pair for pair in rates if pair[0].endswith(".heat_pump")]
    both = set(zip(candidates.scheme_years.scheme_id, candidates.scheme_years.start_year, strict=True))
    assert any((offers.works[scheme], year) in both for scheme, year in pumps), "none has a renewal like for like beside it"
    for pair in pumps:
        assert rates[pair] == pytest.approx(rate_by_hand(candidates, *pair), rel=1e-6)


def test_the_award_pays_for_a_heat_pump_or_a_package_and_nothing_else(candidates):
    programme = cp.optimise(candidates)
    paid = programme.draws[programme.draws.pot_id == "GREEN"]
    tags = candidates.schemes.set_index("scheme_id").tag
    assert paid.amount_gbp.sum() > 0 and tags[paid.scheme_id].isin(["energy", "low carbon"]).all()
    assert set(paid.scheme_id) <= set(split_list(candidates.pots.set_index("pot_id").schemes["GREEN"]))
