"""Figures of data/tiny that a person can check with a calculator; the arithmetic is in the docstrings.

Everything is in 2026 prices with 10% fees and 7.5% contingency (x 1.175). The asphalt roof of Marlstow (ROOF.04,
surveyed DX at 180,000, replace only) drops from A to B with 0.05797 a year, B to C 0.09662, C to D 0.23188, D to E
0.38647; its unit costs at D and E are 133.4310717 and 140.102625285. Loss rates of roofs: half the cost of
replacement at failure, patching 5% at D and 15% at E.
"""

import pytest

from capplan import forecast, optimise, propose, read_estate, read_scenario


@pytest.fixture(scope="module")
def outlook(root):
    return forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml"))


@pytest.fixture(scope="module")
def candidates(outlook):
    return propose(outlook)


@pytest.fixture(scope="module")
def programme(candidates):
    return optimise(candidates)


def row_of(outlook, component):
    return outlook.parts.component_id.tolist().index(component)


def spent(candidates, scheme, year):
    spend = candidates.spend
    return float(spend.cost[(spend.scheme_id == scheme) & (spend.start_year == year)].iloc[0])


def worth(candidates, scheme, year):
    years = candidates.scheme_years
    return float(years.value[(years.scheme_id == scheme) & (years.start_year == year)].iloc[0])


def test_backlog_now(outlook):
    """C and D: (84,000 + 416,000) x 1.175 = 587,500. B: 60,680.02 x 1.175 = 71,299.02."""
    now = outlook.by_year().iloc[0]
    assert now.backlog_gbp == pytest.approx(587_500)
    assert now.backlog_d_gbp == pytest.approx(210_000 * 1.175)
    assert now.backlog_c_gbp == pytest.approx(290_000 * 1.175)
    assert now.backlog_b_gbp == pytest.approx(71_299.02, abs=0.02)
    assert now.backlog_e_gbp == 0


def test_backlog_by_school_now(outlook):
    """Ellerwick 84,000 x 1.175 = 98,700; Marlstow 416,000 x 1.175 = 488,800."""
    assert outlook.backlog_by(outlook.parts.school_id, 0).to_dict() == pytest.approx({"ELL": 98_700, "MAR": 488_800})


def test_costs_of_the_replace_only_roof(outlook):
    """B, C and D cost the surveyor's 180,000 x 1.175 = 211,500; E is dearer as its unit cost is: x 1.05 = 222,075."""
    assert outlook.costs_gbp[row_of(outlook, "MAR-01")] == pytest.approx([0, 211_500, 211_500, 211_500, 222_075])


def test_losses_of_the_replace_only_roof(outlook):
    """Patching: at C 2% of 211,500 = 4,230, at D 5% = 10,575, at E 15% of 222,075 = 33,311.25. A failure: half of 222,075 =
    111,037.50, and half of 200 pupils away for 5 days, 500 x 37 = 18,500; together 129,537.50. In 2026, at D: 10,575 +
    0.38647 x 129,537.50 = 60,637.36."""
    row = row_of(outlook, "MAR-01")
    assert outlook.loss.yearly_gbp[row] == pytest.approx([0, 0, 4_230, 10_575, 33_311.25], abs=0.01)
    assert outlook.pupil_days[row] == pytest.approx(500)
    assert outlook.loss.failure_gbp[row] == pytest.approx(129_537.50, abs=0.01)
    of_2026 = outlook.shares(0)[row] @ outlook.loss.yearly_gbp[row] + outlook.nothing.failures[0, row] * 129_537.50
    assert of_2026 == pytest.approx(60_637.36, abs=0.01)


def test_patching_the_felt_roof_by_hand(candidates):
    """At C for 47,000: brought to B for 35% = 16,450. Nothing else of Ellerwick's roofs."""
    assert spent(candidates, "ELL-1-A.ROOF.patch", 2026) == 16_450
    assert not candidates.schemes.scheme_id.eq("MAR-1-A.ROOF.patch").any()  # DX: only to be replaced


def test_the_roof_after_a_year(outlook):
    """At D with 1 - 0.38647 = 0.61353, failed with 0.38647."""
    assert outlook.shares(1)[row_of(outlook, "MAR-01")] == pytest.approx([0, 0, 0, 0.61353, 0.38647])


def test_the_roof_a_year_later_costs_more(candidates):
    """0.61353 x 211,500 + 0.38647 x 222,075 = 215,586.92; at 3.2% more, 222,485.70, whole pounds 222,486."""
    assert spent(candidates, "MAR-1-A.ROOF.renew", 2026) == 211_500
    assert spent(candidates, "MAR-1-A.ROOF.renew", 2027) == 222_486


def test_the_roof_renewed_at_the_very_end(candidates):
    """In 2035-36, the last year, it saves only what is handed on. D then was D for nine years: 0.61353 to the ninth =
    0.012317, so after a tenth year 0.007557 is D and 0.992443 E. Handed on without works: 0.007557 x 211,500 +
    0.992443 x 222,075 = 221,995.09; with works all is at A. Discounted by 1.035 to the tenth, 1.410599: 157,376.46."""
    assert worth(candidates, "MAR-1-A.ROOF.renew", 2035) == pytest.approx(157_376.46, abs=0.5)


def test_must_do_costs(candidates):
    """The boiler 30,000 x 1.175 = 35,250 in 2026. The fire alarm 10,000 x 1.175 = 11,750. W1 20,000 x 1.175 = 23,500; in
    2028-29 x 1.032 squared (1.065024) = 25,028.06."""
    assert spent(candidates, "ELL-1-A.MECH.must.urgent", 2026) == 35_250
    assert spent(candidates, "ELL-1-A.ELEC.must.urgent", 2026) == 11_750
    assert spent(candidates, "work.W1", 2026) == 23_500
    assert spent(candidates, "work.W1", 2028) == 25_028


def test_costs_of_the_first_year(candidates):
    """The surveyor's figures x 1.175: felt roof 40,000, heating pipes 8,000, Marlstow's floor 16,000, windows 90,000;
    wiring at C 130,000; with the lighting at B (31,145.01) renewed too 161,145.01 x 1.175 = 189,345.39; the car park
    18,535.01 x 1.175."""
    wanted = {"ELL-1-A.ROOF.renew": 47_000, "ELL-1-A.MECH.renew": 9_400, "MAR-1-A.FLOOR.renew": 18_800,
              "MAR-1-A.EXT.renew": 105_750, "MAR-1-A.ELEC.repair": 152_750, "MAR-1-A.ELEC.renew": 189_345,
              "MAR-1.grounds.AREA.renew": 21_779}
    assert {scheme: spent(candidates, scheme, 2026) for scheme in wanted} == wanted


def test_listed_energy_works(candidates):
    """W2 in 2026-27 saves 4,500 in each of nine years, discounted from the second: 4,500 x (1 / 1.035 + ... + 1 / 1.035
    to the ninth) = 4,500 x 7.607687 = 34,234.59."""
    assert worth(candidates, "work.W2", 2026) == pytest.approx(34_234.59, abs=0.01)


def test_money_in_all(candidates):
    """SCA 150,000 + DFC 25,450 + reserves above the floor 250,000."""
    assert candidates.pots.amount.sum() == 425_450


def test_the_programme_obeys_tiny(programme):
    """It spends no more than there is, does what must be done in time, and leaves reserves of 120,000 or more."""
    assert programme.draws.amount_gbp.sum() <= 425_450
    assert programme.choice["ELL-1-A.MECH.must.urgent"] == 2026
    assert programme.choice["ELL-1-A.ELEC.must.urgent"] <= 2027
    assert programme.choice["work.W1"] <= 2028
    own = programme.draws[programme.draws.pot_id.str.startswith("RESERVE")].groupby("year").amount_gbp.sum()
    held = 300_000.0
    for year in range(2026, 2036):
        held += (-20_000 if year == 2030 else 10_000) - own.get(year, 0.0)
        assert held >= 120_000 - 0.005, year
    assert programme.objective <= programme.bound + 0.01


def test_devolved_capital_stays_at_its_school(programme):
    """Ellerwick's pays for Ellerwick only, Marlstow's for Marlstow."""
    schools = programme.candidates.schemes.set_index("scheme_id").school_id
    own = programme.draws[programme.draws.pot_id.str.startswith("DFC")]
    assert len(own)
    assert (own.pot_id.str[-3:] == own.scheme_id.map(schools)).all()


def test_condition_allocation_pays_for_condition_only(programme):
    tags = programme.candidates.schemes.set_index("scheme_id").tag
    grants = programme.draws[programme.draws.pot_id.str.startswith("SCA")]
    assert (grants.scheme_id.map(tags) == "condition").all()
