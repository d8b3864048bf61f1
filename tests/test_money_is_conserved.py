"""Money is neither made nor lost: in every pot, vintage and year, whatever the grants, the reserves and the scenario."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capplan import forecast, optimise, propose, read_estate, read_scenario
from capplan.errors import InfeasibleError
from capplan.results import reserves_frame

ROOT = Path(__file__).resolve().parents[1]
PENNY = 0.011
pounds = st.integers(0, 400_000)


@st.composite
def moneys(draw):
    """Grants of all routes and reserves of a plan of a few years: tables as text, and what the scenario changes."""
    first, years = draw(st.integers(2025, 2028)), draw(st.integers(1, 6))
    grants = []
    for number in range(draw(st.integers(0, 7))):
        route = draw(st.sampled_from(("SCA", "SCA", "DFC", "CIF", "PSDS4")))
        year = draw(st.integers(2025, 2027) if route == "PSDS4" else st.integers(first - 1, first + years))
        eligible = {"CIF": "condition", "PSDS4": "energy"}.get(route) or draw(st.sampled_from(("condition", "any")))
        school = draw(st.sampled_from(("ELL", "MAR"))) if route == "DFC" or draw(st.booleans()) else ""
        grants.append([f"G{number}", route, year, draw(pounds), eligible, school])
    opening, reserves = draw(st.integers(-50_000, 900_000)), []
    for year in range(first, first + years):
        reserves.append([year, opening if year == first else "", draw(st.integers(0, 3_000_000)),
                         draw(st.integers(-90_000, 90_000))])
    changes = {"plan": {"first_year": first, "years": years},
               "reserves": {"floor_share": draw(st.sampled_from((0.0, 0.05, 0.2))), "floor_gbp": draw(pounds)},
               "costs": {"tender_inflation": draw(st.sampled_from((0.0, 0.032, 0.1)))}}
    return grants, reserves, changes


def programme_of(folder, grants, reserves, changes):
    """The tiny estate with this money, its must-dos taken off so that there is a programme whatever the money."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "data" / "tiny", folder)
    pd.DataFrame(grants, columns=["grant_id", "route", "grant_year", "amount_gbp", "eligible", "school_id"]).to_csv(
        folder / "grants.csv", index=False)
    if not grants:
        (folder / "grants.csv").unlink()
    pd.DataFrame(reserves, columns=["year", "opening_gbp", "income_gbp", "surplus_gbp"]).to_csv(
        folder / "reserves.csv", index=False)
    parts = pd.read_csv(folder / "components.csv", dtype=str, keep_default_na=False)
    parts.assign(priority="3", statutory="no", due_year="").to_csv(folder / "components.csv", index=False)
    works = pd.read_csv(folder / "works.csv", dtype=str, keep_default_na=False)
    works.assign(must_start_by="").to_csv(folder / "works.csv", index=False)
    scenario = read_scenario("baseline.toml")
    scenario = scenario.model_copy(update={name: getattr(scenario, name).model_copy(update=values)
                                           for name, values in changes.items()})
    return optimise(propose(forecast(read_estate(folder), scenario)), gap=0.05, time_limit_s=10)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(moneys())
def test_every_pound_comes_in_once_and_goes_out_lapses_or_is_left(tmp_path_factory, money):
    programme = programme_of(tmp_path_factory.getbasetemp() / "conserved", *money)
    flow, draws = programme.cashflow(), programme.draws
    assert (abs(flow.opening_gbp + flow.in_gbp - flow.out_gbp - flow.lapsed_gbp - flow.closing_gbp) <= PENNY).all()
    for pot, rows in flow.groupby("pot_id"):
        assert rows.opening_gbp.iloc[0] == 0
        assert list(rows.opening_gbp.iloc[1:]) == pytest.approx(list(rows.closing_gbp.iloc[:-1]), abs=PENNY)
        amount = float(programme.candidates.pots.set_index("pot_id").amount[pot])
        assert rows.in_gbp.sum() == pytest.approx(amount, abs=PENNY)
        assert rows.out_gbp.sum() + rows.lapsed_gbp.sum() + rows.closing_gbp.iloc[-1] == pytest.approx(amount, abs=PENNY)
        assert (rows[["opening_gbp", "in_gbp", "out_gbp", "lapsed_gbp", "closing_gbp"]] >= -PENNY).all().all()
    owed = programme.candidates.spend.set_index(["scheme_id", "start_year"]).cost
    for scheme, start in programme.choice.items():
        assert draws.amount_gbp[draws.scheme_id == scheme].sum() == pytest.approx(owed[scheme, start], abs=PENNY)
    assert draws.amount_gbp.sum() == pytest.approx(flow.out_gbp.sum(), abs=1.0)
    assert set(draws.scheme_id) <= set(programme.choice)


@pytest.mark.slow
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(moneys())
def test_a_pot_pays_only_in_its_window_only_what_it_may_and_reserves_keep_above_their_floor(tmp_path_factory, money):
    programme = programme_of(tmp_path_factory.getbasetemp() / "windows", *money)
    candidates, draws = programme.candidates, programme.draws
    pots, schemes = candidates.pots.set_index("pot_id"), candidates.schemes.set_index("scheme_id")
    for row in draws.itertuples():
        pot, scheme = pots.loc[row.pot_id], schemes.loc[row.scheme_id]
        assert pot.first_year <= row.year <= pot.last_year
        assert pot.tags in ("", scheme.tag)
        assert pot.school_id in ("", scheme.school_id)
    reserves = reserves_frame(programme)
    assert reserves.closing_gbp.to_numpy() == pytest.approx(
        (reserves.opening_gbp + reserves.surplus_gbp - reserves.spent_on_works_gbp).to_numpy(), abs=PENNY)
    without = candidates.money.reserves
    broken = (without.opening_gbp + without.surplus_gbp < without.floor_gbp - PENNY).to_numpy()
    assert ((reserves.closing_gbp >= reserves.floor_gbp - PENNY).to_numpy() | broken).all()
    if broken.any():
        assert (reserves.spent_on_works_gbp[: int(broken.nonzero()[0].max()) + 1] <= PENNY).all()


def test_a_must_do_that_the_money_cannot_pay_for_ends_in_words_and_not_in_a_programme(tmp_path):
    shutil.copytree(ROOT / "data" / "tiny", tmp_path / "poor")
    (tmp_path / "poor" / "grants.csv").unlink()
    reserves = pd.read_csv(tmp_path / "poor" / "reserves.csv").assign(opening_gbp=None)
    reserves.loc[0, "opening_gbp"] = 0
    reserves.to_csv(tmp_path / "poor" / "reserves.csv", index=False)
    scenario = read_scenario("baseline.toml", "no_stand_in_grants")
    with pytest.raises(InfeasibleError, match="must be done"):
        optimise(propose(forecast(read_estate(tmp_path / "poor"), scenario)))
