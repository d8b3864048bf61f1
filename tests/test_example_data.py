"""The example estates: they read clean, tiny's sums are those on paper, example is reproducible and like the survey."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.estate import inspect_estate, read_estate
from capplan.tables import ESTATE_TABLES

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
SCRIPT = ROOT / "scripts" / "make_example.py"
SURVEY = SHARED / "pds_sample.parquet"
GROUNDS = ("External areas", "Playing fields")

# Standard deviations, over 400 draws of 34 blocks and 14 grounds from the survey, of the share of each grade and of each
# element's share of renewal cost. An estate of this size that follows the survey lies within three of them.
GRADE_SD = {"A": 0.039, "B": 0.0345, "C": 0.0135, "D": 0.003}
COST_SD = {"Ceilings": 0.002, "Electrical services": 0.012, "External areas": 0.050,
           "External walls, windows and doors": 0.017, "Fixed furniture and fittings": 0.0105, "Floors and stairs": 0.019,
           "Internal walls and doors": 0.011, "Mechanical services": 0.0055, "Playing fields": 0.028,
           "Redecorations": 0.003, "Roofs": 0.0125, "Sanitary services": 0.001}


@pytest.fixture(scope="module")
def script():
    """scripts/make_example.py as a module; ``example_mix`` beside it is found as when the script is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPT.parent))
        yield importlib.import_module("make_example")


@pytest.fixture(scope="module")
def aggregation(script):
    return importlib.import_module("example_mix")


@pytest.fixture(scope="module")
def mix(aggregation):
    return aggregation.read_mix()


@pytest.fixture(scope="module")
def tiny():
    return read_estate(ROOT / "data" / "tiny")


@pytest.fixture(scope="module")
def example():
    return read_estate(ROOT / "data" / "example")


def with_types(estate):
    types = reference.component_types()[["element", "cost_b_gbp_per_unit", "cost_d_gbp_per_unit"]]
    parts = estate.components.join(types, on="type_id")
    return parts.assign(letter=parts.grade.str[0], renewal_gbp=parts.quantity * parts.cost_d_gbp_per_unit)


@pytest.mark.parametrize("name", ["tiny", "example"])
def test_estate_reads_without_a_fault(name):
    assert inspect_estate(ROOT / "data" / name)[1] == []


@pytest.mark.parametrize("name", ["tiny", "example"])
def test_estate_holds_every_table_and_nothing_else(name):
    files = {path.name for path in (ROOT / "data" / name).iterdir()}
    assert files == {f"{table.name}.csv" for table in ESTATE_TABLES}


# --- tiny: the sums of data/README.md, by hand ----------------------------------------------------------------------


def test_tiny_surveyed_costs_against_paper(tiny):
    parts = with_types(tiny)
    sums = parts.groupby([parts.component_id.str[:3], "letter"]).remedial_cost_gbp.sum()
    assert sums["ELL", "D"] == 30000
    assert sums["MAR", "D"] == 180000
    assert sums["ELL", "C"] == 40000 + 10000 + 4000 == 54000
    assert sums["MAR", "C"] == 90000 + 130000 + 16000 == 236000
    assert sums["ELL", "B"] == 8000 + 2800 + 200
    assert parts.remedial_cost_gbp[parts.letter.isin(["C", "D"])].sum() == 500000


def test_tiny_unit_costs_against_paper(tiny):
    parts = with_types(tiny).set_index("component_id")
    blank = parts[parts.remedial_cost_gbp.isna() & (parts.letter != "A")]
    regions = tiny.sites.set_index("site_id").school_id.map(tiny.schools.set_index("school_id").region)
    location = blank.site_id.map(regions).map(reference.location_factor)
    cost_gbp = blank.quantity * blank.cost_b_gbp_per_unit * reference.price_ratio(2016, 2026) * location
    assert cost_gbp.round(2).to_dict() == {"MAR-04": 31145.01, "MAR-07": 18535.01}
    assert round(11000 + cost_gbp.sum(), 2) == 60680.02


def test_tiny_windows_against_paper(tiny):
    block = tiny.blocks.set_index("block_id").loc["MAR-1-A"]
    windows = with_types(tiny).set_index("component_id").loc["MAR-02"]
    assert windows.quantity == block.perimeter_m * block.height_m * block.windows_doors_percent / 100 == 300
    unit_gbp = reference.component_types().cost_c_gbp_per_unit["EXT.24"]
    cost_gbp = 300 * unit_gbp * reference.price_ratio(2016, 2026) * reference.location_factor("East of England")
    assert round(cost_gbp, 2) == 92640.79
    assert windows.remedial_cost_gbp == 90000


def test_tiny_money_against_paper(tiny):
    grants, reserves = tiny.grants, tiny.reserves
    assert grants[grants.route == "SCA"].amount_gbp.tolist() == [50000, 50000, 50000]
    assert grants[grants.route == "DFC"].amount_gbp.sum() == 2 * (5350 + 7375) == 25450
    assert reserves.year.tolist() == list(range(2026, 2036))
    assert reserves.surplus_gbp.sum() == 70000
    spendable_gbp = reserves.opening_gbp.iloc[0] + reserves.surplus_gbp.sum() - 0.05 * reserves.income_gbp.iloc[-1]
    assert spendable_gbp == 250000
    assert grants.amount_gbp.sum() + spendable_gbp == 425450


def test_tiny_has_more_to_do_than_money_and_can_do_what_it_must(tiny):
    parts, works = tiny.components, tiny.works
    must = parts[(parts.priority == 1) | parts.statutory]
    assert must.remedial_cost_gbp.sum() == 30000 + 10000
    assert works.cost_gbp[works.must_start_by.notna()].sum() == 20000
    assert works.cost_gbp.sum() == 56000
    assert 500000 + 56000 > 425450
    assert must.remedial_cost_gbp.sum() < tiny.grants.amount_gbp[tiny.grants.grant_year == 2026].sum()


def test_tiny_sums_are_the_ones_written_down():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for figure in ("2,860 m2", "210,000", "290,000", "500,000", "31,145.01", "18,535.01", "60,680.02", "425,450",
                   "25,450", "616,680", "92,640.79"):
        assert figure in text, figure


def test_tiny_is_surveyed_before_its_first_year_and_one_row_is_modelled(tiny):
    surveyed = tiny.components.surveyed
    assert surveyed.isna().sum() == 1
    assert surveyed.max() == pd.Timestamp(2026, 9, 1)
    assert tiny.blocks.gifa_m2.sum() == 2860


# --- example: reproducible ------------------------------------------------------------------------------------------


def test_example_is_what_the_script_writes_byte_for_byte(tmp_path):
    subprocess.run([sys.executable, str(SCRIPT), "--out", str(tmp_path / "made")], check=True, capture_output=True)
    for table in ESTATE_TABLES:
        name = f"{table.name}.csv"
        made, kept = ((folder / name).read_bytes() for folder in (tmp_path / "made", ROOT / "data" / "example"))
        assert made == kept, f"data/example/{name} is not what scripts/make_example.py writes"


def test_another_seed_makes_another_estate(script, mix):
    made = script.make_estate(mix, seed=1)
    kept = pd.read_csv(ROOT / "data" / "example" / "blocks.csv", dtype=str, keep_default_na=False)
    assert not made["blocks"].equals(kept)


def test_committed_mix_is_the_aggregate_of_the_survey(aggregation, tmp_path):
    if not SURVEY.is_file():
        pytest.skip("the survey sample is not here")
    aggregation.write_mix(SURVEY, tmp_path / "mix.csv")
    made, kept = (pd.read_csv(path, comment="#") for path in (tmp_path / "mix.csv", aggregation.MIX_FILE))
    pd.testing.assert_frame_equal(made, kept, atol=1.1e-4, rtol=0)


def test_mix_shares_are_shares(mix):
    kinds = mix.set_index("kind")
    grades = kinds.loc[["type", "element"], ["grade_a", "grade_b", "grade_c", "grade_d"]]
    assert np.allclose(grades.sum(axis=1), 1, atol=3e-4)
    assert kinds.loc["element", ["share", "cost_share"]].sum().round(3).tolist() == [1, 1]
    levels = mix[["p10", "p25", "p50", "p75", "p90"]].dropna()
    assert (np.diff(levels, axis=1) >= 0).all()


def test_systematic_choice_keeps_every_chance(script):
    rng, shares = np.random.default_rng(3), np.array([0.9, 0.5, 0.3, 0.1])
    draws = [script.systematic_choice(shares, rng) for _ in range(4000)]
    seen = np.bincount(np.concatenate(draws), minlength=4) / 4000
    assert {len(draw) for draw in draws} == {1, 2}
    assert np.allclose(seen, shares, atol=4 * 0.5 / 4000 ** 0.5)


# --- example: like the survey ---------------------------------------------------------------------------------------


def test_example_grades_lie_near_the_mix(example, mix):
    letters = with_types(example).letter.value_counts(normalize=True)
    elements = mix[mix.kind == "element"]
    for letter, sd in GRADE_SD.items():
        expected = (elements[f"grade_{letter.lower()}"] * elements["count"]).sum() / elements["count"].sum()
        assert abs(letters[letter] - expected) < 3 * sd, letter


def test_example_elements_lie_near_the_mix(example, mix):
    parts, elements = with_types(example), mix[mix.kind == "element"].set_index("name")
    counts = parts.element.value_counts(normalize=True)
    costs = parts.groupby("element").renewal_gbp.sum() / parts.renewal_gbp.sum()
    assert (counts - elements.share).abs().max() < 0.02  # most blocks have most elements: rows hardly vary
    for element, sd in COST_SD.items():
        assert abs(costs[element] - elements.cost_share[element]) < 3 * sd, element


def test_example_lies_among_real_estates_of_its_size(example):
    if not SURVEY.is_file():
        pytest.skip("the survey sample is not here")
    columns = ["building_id", "element_id", "grade", "gifa", "unit_area", "composition", "block_perimeter", "height",
               "windows_doors"]
    types = reference.component_types().reset_index(drop=True)
    real = pd.read_parquet(SURVEY, columns=columns).merge(types, left_on="element_id", right_on="pds_element_id")
    real["grounds"] = real.element.isin(GROUNDS)
    real = real[real.grounds | (real.gifa > 0)]
    glass = real.block_perimeter * real.height * real.windows_doors / 100
    real["whole"] = np.select(
        [real.quantity_basis == basis for basis in ("windows_doors", "wall", "lifts", "pool")],
        [glass, real.block_perimeter * real.height - glass, 1.0, 1.0], np.nan)
    quantity = (real.composition * real.whole).fillna(real.unit_area)
    real["renewal_gbp"] = real.cost_d_gbp_per_unit * quantity
    parts, rng = with_types(example), np.random.default_rng(11)
    for column, own in (("element", parts.groupby("element").renewal_gbp.sum()), ("grade", parts.letter.value_counts())):
        value = {"element": "renewal_gbp", "grade": "one"}[column]
        tables = [real[real.grounds == which].assign(one=1, grade=real.grade.astype(str)).pivot_table(
            index="building_id", columns=column, values=value, aggfunc="sum", fill_value=0) for which in (False, True)]
        names = sorted(own.index)
        inside, outside = (table.reindex(columns=names, fill_value=0).to_numpy(float) for table in tables)
        draws = np.array([inside[rng.integers(len(inside), size=34)].sum(0)
                          + outside[rng.integers(len(outside), size=14)].sum(0) for _ in range(1000)])
        draws /= draws.sum(axis=1, keepdims=True)
        low, high = np.quantile(draws, [0.0025, 0.9975], axis=0)
        share = (own / own.sum()).reindex(names).to_numpy()
        assert ((share >= low) & (share <= high)).all(), dict(zip(names, share.round(4).tolist(), strict=True))


def test_windows_and_walls_of_a_block_share_its_outside_wall(example):
    parts, blocks = example.components, example.blocks.set_index("block_id")
    types = reference.component_types()
    families = parts.type_id.map(types.sub_element)
    outside_m2 = blocks.perimeter_m * blocks.height_m
    glazed = parts[families == "Windows and doors"].groupby("block_id").quantity.sum()
    structure = parts[families == "Walls: Structure"].groupby("block_id").quantity.sum()
    known = outside_m2[outside_m2.notna() & blocks.windows_doors_percent.notna()]
    assert len(known) > 25
    assert np.allclose(glazed.reindex(known.index) + structure.reindex(known.index), known, atol=0.5)
    assert np.allclose(100 * glazed.reindex(known.index) / known, blocks.windows_doors_percent[known.index], atol=0.5)
    assert set(parts.quantity_basis[families == "Windows and doors"]) == {"windows_doors", "measured"}


def test_surveyors_costs_are_near_unit_costs(tiny, example):
    """A quantity in the wrong sense (a percentage for an area) makes a cost many times its unit cost."""
    types = reference.component_types()
    for estate in (tiny, example):
        parts = estate.components.dropna(subset=["remedial_cost_gbp"])
        regions = estate.sites.set_index("site_id").school_id.map(estate.schools.set_index("school_id").region)
        location = parts.site_id.map(regions).map(reference.location_factor).to_numpy()
        rises = parts.cost_price_base.map(lambda year: reference.price_ratio(2016, int(year))).to_numpy()
        units = types.loc[parts.type_id]
        letter = parts.grade.str[0].where(~parts.grade.str.endswith("X"), "D")      # replace only: costs a renewal
        unit_gbp = np.select([letter == grade for grade in "BCD"], [units[f"cost_{grade}_gbp_per_unit"] for grade in "bcd"])
        expected = parts.quantity.to_numpy() * unit_gbp * rises * location
        large = expected > 500      # below that, costs rounded to GBP 10 say little
        ratio = parts.remedial_cost_gbp.to_numpy()[large] / expected[large]
        assert large.sum() > len(parts) / 2
        assert ((ratio > 0.5) & (ratio < 2)).all(), parts.component_id[large][(ratio < 0.5) | (ratio > 2)].tolist()


def test_flat_and_pitched_coverings_lie_on_their_own_roofs(example):
    parts = example.components.join(reference.component_types()[["sub_element", "construction_type"]], on="type_id")
    for kind, structure in (("Flat roof", "ROOF.01"), ("Pitched roof", "ROOF.02")):
        roofs = parts[parts.type_id == structure].set_index("block_id").quantity
        covered = parts[parts.construction_type.str.startswith(kind + ":")
                        & (parts.sub_element == "Coverings and insulation")].groupby("block_id").quantity.sum()
        assert set(covered.index) == set(roofs.index)
        assert np.allclose(covered, roofs.reindex(covered.index), atol=0.5)


# --- example: what it has to show -----------------------------------------------------------------------------------


def test_example_has_the_size_and_the_cases_it_promises(example):
    schools, blocks, parts = example.schools, example.blocks, example.components
    assert schools.phase.value_counts().to_dict() == {"primary": 7, "secondary": 3, "all-through": 1, "special": 1}
    assert (len(example.sites), len(blocks), len(parts)) == (14, 34, 1574)
    assert round(blocks.gifa_m2.sum()) == 52430
    assert schools["pupils"].sum() == 6898
    assert schools.pfi.sum() == schools.voluntary_aided.sum() == 1
    assert set(schools.region) == {"West Midlands", "East Midlands"}
    temporary = blocks[blocks.permanence == "temporary"]
    assert (len(temporary), temporary.planned_exit.notna().sum()) == (6, 3)
    assert blocks.planned_exit[blocks.permanence == "permanent"].isna().all()
    assert (parts.priority == 1).sum() == 10
    assert parts.statutory.sum() == 8
    assert set(parts.grade) == {"A", "B", "C", "D", "CX"}
    homes = parts.site_id.map(example.sites.set_index("site_id").school_id)
    assert set(homes[parts.surveyed.isna()]) == {"FEN"}
    assert parts.surveyed.dt.year.dropna().between(2022, 2026).all()


def test_only_poor_components_have_priority_and_only_costed_ones_a_price_base(example):
    parts = with_types(example)
    looked_at = parts.surveyed.notna()
    assert (parts.priority.notna() == (parts.letter.isin(["C", "D"]) & looked_at)).all()
    assert (parts.remedial_cost_gbp.notna() == parts.cost_price_base.notna()).all()
    assert (parts.cost_price_base.dropna() == parts.surveyed.dt.year[parts.cost_price_base.notna()]).all()
    costed = parts.remedial_cost_gbp.notna()[looked_at & (parts.letter != "A")]
    assert 0.8 < costed.mean() < 1


def test_example_allocations_by_hand(script):
    def school(region, band, pfi="no", va="no", **pupils):
        return {"region": region, "band": band, "pfi": pfi, "va": va, "primary": 0, "secondary": 0, "post16": 0,
                "special": 0, **pupils}

    plain = script.allocation_gbp(school("West Midlands", "CDC2-F", primary=315))
    assert plain == pytest.approx((159.25 * 315 * 1.0 * 0.95, 4000 + 11.25 * 315))
    aided = script.allocation_gbp(school("East Midlands", "CDC2-E", va="yes", primary=206))
    assert aided == pytest.approx((33481.2933, (4000 + 11.25 * 206) * 1.08))
    contractor = script.allocation_gbp(school("West Midlands", "CDC2-B", pfi="yes", secondary=1176))
    assert contractor == pytest.approx((80061.345, 4000 + 11.25 * 1764))
    assert script.allocation_gbp(school("West Midlands", "CDC2-B", primary=90))[0] == 25000
    sixth = script.allocation_gbp(school("West Midlands", "none", secondary=100, post16=50, special=10))
    assert sixth == pytest.approx((159.25 * 295 * 0.95, 4000 + 11.25 * 295))


def test_example_money_is_a_trusts(example):
    grants, reserves = example.grants, example.reserves
    assert grants.grant_year[grants.route == "SCA"].tolist() == list(range(2026, 2037))
    assert (grants.route == "DFC").sum() == 11 * 12
    assert grants.groupby(["route", "school_id"]).amount_gbp.nunique().eq(1).all()      # flat in nominal terms
    award = grants[grants.route == "PSDS4"].iloc[0]
    assert (award.eligible, str(award.spend_by.date())) == ("energy", "2028-03-31")
    assert 0.06 < reserves.opening_gbp.iloc[0] / reserves.income_gbp.iloc[0] < 0.08
    assert (reserves.surplus_gbp < 0).sum() == 1
    assert (reserves.surplus_gbp / reserves.income_gbp).between(-0.004, 0.009).all()
    assert reserves.income_gbp.pct_change().dropna().between(0.0199, 0.0201).all()


# --- nothing real ---------------------------------------------------------------------------------------------------


def test_reference_numbers_are_in_a_range_no_school_uses(tiny, example):
    numbers = [*tiny.schools.urn, *example.schools.urn]
    assert len(set(numbers)) == len(numbers)
    assert all(900000 < number < 1000000 for number in numbers)
    real = SHARED / "sca_2025_26_schools.csv"
    if real.is_file():
        assert not set(numbers) & set(pd.read_csv(real, usecols=["urn"]).urn)


def test_trust_names_are_nobodys(tiny, example):
    real = SHARED / "sca_2025_26_trusts.csv"
    if not real.is_file():
        pytest.skip("the list of real trusts is not here")
    known = " ".join(pd.read_csv(real, usecols=["trust"]).trust.str.lower())
    for invented in ("arrel", "wendrel", "ellermarl"):
        assert invented in (tiny.trust["name"] + example.trust["name"]).lower()
        assert invented not in known
