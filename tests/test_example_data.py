"""The example estates: they read clean, tiny's sums are those on paper, example is reproducible and like the survey."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.condition.compliance import duties_due, missing_duties
from capplan.condition.deterioration import transition_matrices
from capplan.condition.learning import fit_transitions
from capplan.condition.suitability import suitability_by_place
from capplan.estate import inspect_estate, read_estate
from capplan.history import repeat_surveys
from capplan.tables import CRITERIA, ESTATE_TABLES, TABLES

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
SCRIPT = ROOT / "scripts" / "make_example.py"
SURVEY = SHARED / "pds_sample.parquet"
GROUNDS = ("External areas", "Playing fields")
BY_HAND = ("ICT", "Temporary buildings")  # elements the survey of English schools does not have
LATER_TABLES = ("history", "compliance", "suitability")

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


def beside(script, name):
    """A module that ``make_example.py`` imports from its own folder."""
    assert script.__name__ == "make_example"
    return importlib.import_module(name)


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


def surveyed_parts(estate):
    """Components in the elements of the survey: without the ICT register and the hired classroom."""
    parts = with_types(estate)
    return parts[~parts.element.isin(BY_HAND)]


@pytest.mark.parametrize("name", ["tiny", "example"])
def test_estate_reads_without_a_fault(name):
    assert inspect_estate(ROOT / "data" / name)[1] == []


OF_OTHER_TRUSTS = ("rates", "loans", "bids", "loan_offers", "feeders", "housing", "pupil_yields", "area_forecasts",
                   "pupil_changes", "holidays", "owners", "controls", "evidence", "prospects", "posts")


@pytest.mark.parametrize(("name", "without"), [("tiny", (*LATER_TABLES, *OF_OTHER_TRUSTS, "rolls", "budget", "census",
                                                         "births", "admissions", "meters", "readings", "weather",
                                                         "places", "expansions", "pupil_funding")),
                                               ("example", OF_OTHER_TRUSTS)])
def test_estate_holds_every_table_and_nothing_else(name, without):
    """Rates are what ``capplan learn`` writes, and neither trust borrows or bids; tiny stays a page of sums."""
    files = {path.name for path in (ROOT / "data" / name).iterdir()}
    assert files == {f"{table.name}.csv" for table in ESTATE_TABLES if table.name not in without}


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
    made, kept = ({path.name: path.read_bytes() for path in folder.iterdir()}
                  for folder in (tmp_path / "made", ROOT / "data" / "example"))
    assert made.keys() == kept.keys()
    for name, content in made.items():
        assert content == kept[name], f"data/example/{name} is not what scripts/make_example.py writes"


def test_another_seed_makes_another_estate(script, mix):
    made = script.make_estate(mix, seed=1)
    kept = pd.read_csv(ROOT / "data" / "example" / "blocks.csv", dtype=str, keep_default_na=False)
    assert not made["blocks"].equals(kept)


def test_what_was_drawn_first_stays_as_it_is_whatever_comes_later(script, mix, monkeypatch):
    def nothing_later(frames, streams):
        for stream in streams:
            stream.random(7)
        for name in ("blocks", "components"):
            blank = dict.fromkeys(set(TABLES[name].column_names) - set(frames[name]), "")
            frames[name] = frames[name].assign(**blank)

    whole = script.make_estate(mix)
    monkeypatch.setattr(script, "add_later", nothing_later)
    bare = script.make_estate(mix)
    for name, first in bare.items():
        shared = [column for column in first if (first[column] != "").any()]
        assert whole[name][shared].iloc[:len(first)].equals(first[shared]), name
    assert len(bare["components"]) == 1574
    assert set(whole) - set(bare) == {*LATER_TABLES, "meters", "readings", "weather"}


@pytest.mark.slow
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
    letters = surveyed_parts(example).letter.value_counts(normalize=True)
    elements = mix[mix.kind == "element"]
    for letter, sd in GRADE_SD.items():
        expected = (elements[f"grade_{letter.lower()}"] * elements["count"]).sum() / elements["count"].sum()
        assert abs(letters[letter] - expected) < 3 * sd, letter


def test_example_elements_lie_near_the_mix(example, mix):
    parts, elements = surveyed_parts(example), mix[mix.kind == "element"].set_index("name")
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
    parts, rng = surveyed_parts(example), np.random.default_rng(11)
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
    assert (len(example.sites), len(blocks), len(parts)) == (14, 35, 1574 + 93)
    assert round(blocks.gifa_m2.sum()) == 52430 + 56
    assert schools["pupils"].sum() == 6898
    assert schools.pfi.sum() == schools.voluntary_aided.sum() == 1
    assert set(schools.region) == {"West Midlands", "East Midlands"}
    temporary = blocks[blocks.permanence == "temporary"]
    assert (len(temporary), temporary.planned_exit.notna().sum()) == (7, 3)
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
    costed = parts.remedial_cost_gbp.notna()[looked_at & (parts.letter != "A") & ~parts.element.isin(BY_HAND)]
    assert 0.8 < costed.mean() < 1


def test_example_allocations_by_hand(script):
    money = beside(script, "example_money")

    def school(region, band, pfi="no", va="no", **pupils):
        return {"region": region, "band": band, "pfi": pfi, "va": va, "primary": 0, "secondary": 0, "post16": 0,
                "special": 0, **pupils}

    plain = money.allocation_gbp(school("West Midlands", "CDC2-F", primary=315))
    assert plain == pytest.approx((159.25 * 315 * 1.0 * 0.95, 4000 + 11.25 * 315))
    aided = money.allocation_gbp(school("East Midlands", "CDC2-E", va="yes", primary=206))
    assert aided == pytest.approx((33481.2933, (4000 + 11.25 * 206) * 1.08))
    contractor = money.allocation_gbp(school("West Midlands", "CDC2-B", pfi="yes", secondary=1176))
    assert contractor == pytest.approx((80061.345, 4000 + 11.25 * 1764))
    assert money.allocation_gbp(school("West Midlands", "CDC2-B", primary=90))[0] == 25000
    sixth = money.allocation_gbp(school("West Midlands", "none", secondary=100, post16=50, special=10))
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


# --- example: what comes beside the surveys -------------------------------------------------------------------------


def test_earlier_surveys_and_works_come_before_the_present_survey(example):
    parts = example.components.set_index("component_id")
    history = example.history.join(parts[["surveyed", "grade", "installed"]].add_prefix("now_"), on="component_id")
    surveys, works = history[history.cause == "survey"], history[history.cause == "works"]
    years = (surveys.now_surveyed - surveys.seen).dt.days / 365.25
    assert years.between(4.1, 5.1).all()
    assert surveys.component_id.is_unique
    assert works.component_id.is_unique
    before = surveys.set_index("component_id").loc[works.component_id]
    assert (before.seen.to_numpy() < works.seen).all()
    assert (works.seen < works.now_surveyed).all()
    assert (works.grade == works.now_grade).all()
    assert (works.grade < before.grade.to_numpy()).all()
    renewed = works[works.grade == "A"]
    assert (renewed.now_installed == renewed.seen.dt.year).all()
    alone = surveys[~surveys.component_id.isin(renewed.component_id)].dropna(subset=["now_installed"])
    assert len(alone) > 100
    assert (alone.now_installed < alone.seen.dt.year).all()
    homes = example.sites.set_index("site_id").school_id
    assert set(homes) - set(parts.site_id[history.component_id].map(homes)) == {"FEN", "LAR"}
    assert max(dates.dt.day_of_week.max() for dates in (surveys.seen, works.seen)) <= 4    # no Saturdays


def test_grades_got_better_without_works_only_where_a_surveyor_erred(example):
    pairs = repeat_surveys(example)
    alone = pairs[~pairs.works_between.astype(bool)]
    assert len(alone) > 700
    assert 0 < (alone.grade_after < alone.grade_before).mean() < 0.02


def test_matched_past_follows_the_rates_it_was_drawn_from(script):
    """By chances, not draws: of those that were at one grade, the shares at each grade now are the matrix power."""
    maker = beside(script, "example_history")
    letters = np.repeat(list("ABCD"), [600, 330, 60, 10])
    parts = pd.DataFrame({"type_id": "ROOF.01", "element": "Roofs", "letter": letters, "years": 4.5})
    chances = maker.past_chances(parts, maker.true_shares(["ROOF.01"]))
    assert ((chances >= 0) & (chances.sum(axis=1, keepdims=True) <= 1 + 1e-12)).all()
    assert len(chances) / 5 < chances.sum() < len(chances)
    drops = reference.component_types().loc[["ROOF.01"], ["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy(float)
    yearly = transition_matrices(drops)[0]
    four = yearly @ yearly @ yearly @ yearly
    expected = (four + four @ yearly) / 2
    for then in range(2):
        found = [chances[letters == "A", then].sum(), chances[letters == "B", then].sum(),
                 chances[(letters == "C") | (letters == "D"), then].sum()]
        wanted = [*expected[then, :2], expected[then, 2:].sum()]
        assert np.allclose(np.divide(found, sum(found)), wanted, atol=1e-12)


def test_true_rates_are_the_published_ones_but_for_mechanical_services(script):
    maker, types = beside(script, "example_history"), reference.component_types()
    own = maker.true_shares(["ELEC.01", "MECH.01"])
    assert np.isclose(own["ELEC.01"][0, 1, 1], types.p_ab["ELEC.01"])
    assert np.isclose(own["MECH.01"][0, 1, 0], (1 - types.p_ab["MECH.01"]) ** 1.5)


def test_history_teaches_that_mechanical_services_wear_faster(example):
    """Each element within three standard errors (one over the root of the drops seen) of its true multiplier."""
    types = reference.component_types()
    pairs = repeat_surveys(example)
    pairs = pairs[~pairs.works_between.astype(bool)]
    element, names = pd.factorize(types.element)
    before, after = (pairs[name].map("ABCDE".index).to_numpy() for name in ("grade_before", "grade_after"))
    fitted = fit_transitions(types.index.get_indexer(pairs.type_id), before, after, pairs.years.to_numpy(),
                             types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy(float), 1e4, element, 1.0, 0.0)
    drops = pd.Series((after - before).clip(min=0)).groupby(pairs.element.to_numpy()).sum()
    drops = drops[drops >= 20]
    found = pd.Series(fitted.element_multiplier, names)[drops.index]
    true = pd.Series(1.0, drops.index).where(drops.index != "Mechanical services", 1.5)
    assert len(found) >= 7
    assert (np.log(found / true).abs() < 3 / drops ** 0.5).all(), found.round(2).to_dict()
    assert found.idxmax() == "Mechanical services"
    assert found.max() > 1.25 * found.drop("Mechanical services").mean()


def test_years_of_installation_suit_block_and_grade(example):
    parts = with_types(example).join(example.blocks.set_index("block_id").age_band, on="block_id")
    dated = parts.dropna(subset=["installed"])
    assert 0.3 < len(dated) / len(parts) < 0.6
    looked_at = dated.surveyed.dt.year
    assert (dated.installed <= looked_at).all()
    assert (dated.installed[dated.age_band == "after 1976"] > 1976).all()
    age = (looked_at - dated.installed).groupby(dated.letter).median()
    assert age["A"] < age["B"] < age["C"]


def test_ict_register_of_every_school(example):
    parts, blocks = with_types(example), example.blocks.join(example.sites.set_index("site_id").school_id, on="site_id")
    ict = parts[parts.element == "ICT"].assign(school_id=lambda frame: frame.component_id.str[:3])
    largest = blocks.sort_values("gifa_m2").drop_duplicates("school_id", keep="last").set_index("school_id").block_id
    assert (ict.block_id == ict.school_id.map(largest)).all()
    have = ict.pivot_table(index="school_id", columns="type_id", values="quantity", aggfunc="sum", fill_value=0)
    pupils = example.schools.set_index("school_id").pupils
    assert set(have.index) == set(pupils.index)
    assert (have[["ICT.01", "ICT.08", "ICT.09"]] == 1).all().all()
    assert (pupils / have["ICT.05"]).between(15, 30).all()      # pupils to a display
    assert (have["ICT.03"] == 0).any()
    assert (have["ICT.03"] > 0).any()
    assert (ict.support_ends.dt.year > ict.installed)[ict.support_ends.notna()].all()
    assert 0.3 < ict.support_ends.notna().mean() < 0.7
    assert 1.0e6 < ict.renewal_gbp.sum() < 2.5e6
    assert parts.support_ends[parts.element != "ICT"].isna().all()


def test_single_points_of_failure_and_known_failures(example):
    parts, blocks = example.components, example.blocks.set_index("block_id")
    sole = parts[parts.sole]
    mains = (parts.type_id == "AREA.08").sum()
    assert sole.type_id.value_counts().to_dict() == {"ICT.01": 12, "AREA.08": mains, "MECH.01": 7}
    phase = example.schools.set_index("school_id").phase
    boilers = sole[sole.type_id == "MECH.01"]
    assert set(boilers.component_id.str[:3].map(phase)) == {"primary"}
    known = parts.dropna(subset=["failure_probability"])
    assert len(known) == 2
    assert known.failure_probability.between(0.2, 0.5).all()
    assert set(known.grade) == {"C"}
    assert set(blocks.use) >= {"teaching", "hall or dining", "kitchen", "sports", "mixed", "office"}
    assert (blocks.gifa_m2[blocks.surplus] < 200).all()
    assert blocks.surplus.sum() == 1
    for column in ("exposure", "build_quality", "maintenance"):
        assert 0.1 < (blocks[column] == "").mean() < 0.8, column
    temporary = blocks.permanence == "temporary"
    assert (blocks.planning_expires.notna() == temporary).all()
    left = blocks.planned_exit.dropna()
    assert (blocks.planning_expires[left.index] >= left).all()


def test_a_temporary_building_is_not_counted_twice(example):
    parts = with_types(example)
    whole = set(parts.block_id[parts.type_id == "TEMP.01"])
    assert whole == {"HAL-1-C"}
    assert set(parts.type_id[parts.block_id.isin(whole)]) == {"TEMP.01"}
    assert set(example.blocks.block_id) == set(parts.block_id) - {""}


def test_inspections_are_mostly_in_time_with_gaps_on_purpose(example):
    items, duties = example.compliance, reference.load("compliance_duties")
    due = duties_due(items, duties, 2026, 10)
    inspections = items.remedial_cost_gbp.isna()
    never = items.last_done.isna()
    assert items.last_done.max() < pd.Timestamp(2026, 9, 1)
    assert 5 <= ((due.days_overdue > 31) & inspections).sum() <= 20
    assert 1 <= (never & inspections).sum() <= 10
    places = example.components[["site_id", "block_id", "type_id"]]
    lacking = missing_duties(places, items, duties)
    lacking = lacking[lacking.duty_id.isin(set(items.duty_id[inspections]))]
    assert lacking.groupby("site_id").size().idxmax() == "FEN-1"
    lifts = example.components[example.components.type_id == "ELEC.06"].block_id
    assert set(items.block_id[items.duty_id == "LIFT-LOLER"]) <= set(lifts)


def test_remedial_works_are_due_soon_and_not_under_pfi(example):
    items = example.compliance
    works = items[items.remedial_cost_gbp > 0]
    due = duties_due(works, reference.load("compliance_duties"), 2026, 10)
    assert sorted(due.must_do_year) == [2026, 2026, 2026, 2027]
    assert works.remedial_cost_gbp.sum() == 21500 + 38500 + 6400 + 46000
    assert (works.finding != "").all()
    assert not works.site_id.str.startswith("LAR").any()


def test_what_must_be_done_is_well_within_the_money(example):
    """By the year it is due, all surveyor's and unit costs with a quarter on top against grants and spare reserves."""
    types = reference.component_types()
    parts = with_types(example)
    must = parts[(parts.priority == 1) | parts.statutory | parts.support_ends.notna()]
    rise = types.price_base[must.type_id].map(lambda year: reference.price_ratio(int(year), 2026)).to_numpy()
    cost = must.remedial_cost_gbp.fillna(must.renewal_gbp * rise)
    year = must.due_year.fillna(must.support_ends.dt.year).fillna(2026).clip(lower=2026)
    works, remedial = example.works, example.compliance[example.compliance.remedial_cost_gbp > 0]
    spend = pd.concat([cost.groupby(year).sum(), works.groupby("must_start_by").cost_gbp.sum(),
                       remedial.groupby(remedial.due.dt.year).remedial_cost_gbp.sum()]).groupby(level=0).sum()
    spend = 1.25 * spend.reindex(range(2026, 2036), fill_value=0).cumsum()
    grants, reserves = example.grants, example.reserves.set_index("year")
    capital = grants[grants.route.isin(["SCA", "DFC"])].groupby("grant_year").amount_gbp.sum().cumsum()
    spare = reserves.opening_gbp.iloc[0] + reserves.surplus_gbp.cumsum() - 0.05 * reserves.income_gbp
    assert (spend < capital.reindex(spend.index) + spare.reindex(spend.index)).all()
    assert spend.loc[2035] < capital.loc[2035] / 3


def test_suitability_is_scored_in_part(example):
    scores = example.suitability
    places = example.blocks.join(example.sites.set_index("site_id").school_id, on="site_id")[["school_id", "block_id"]]
    found = suitability_by_place(scores, places, pd.Timestamp(2026, 9, 1))
    assert set(scores.criterion) == set(CRITERIA)
    assert set(example.schools.school_id) - set(scores.school_id) == {"FEN", "LAR", "ARR"}
    assert 0.2 < found.worst.notna().mean() < 0.7
    assert set(scores.score) == {1, 2, 3, 4}
    assert (scores.note[scores.score > 2] != "").all()
    temporary = example.blocks.block_id[example.blocks.permanence == "temporary"]
    worse = scores.block_id.isin(temporary)
    assert scores.score[worse].mean() > scores.score[(scores.block_id != "") & ~worse].mean()
    falling = example.blocks[example.blocks.surplus].iloc[0]
    own = scores[(scores.school_id == falling.site_id[:3]) & (scores.criterion == "sufficiency") & (scores.block_id == "")]
    assert own.score.tolist() == [1]


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


# --- example: the budget --------------------------------------------------------------------------------------------


def test_the_budget_adds_up_to_the_reserves_table_to_the_pound(example):
    budget = example.budget
    budget["surplus_gbp"] = budget.income_gbp - budget.staff_gbp - budget.energy_gbp - budget.other_costs_gbp
    totals = budget.groupby("year")[["income_gbp", "surplus_gbp", "energy_gbp"]].sum()
    reserves = example.reserves.set_index("year")
    assert totals.income_gbp.tolist() == reserves.income_gbp.tolist()
    assert totals.surplus_gbp.tolist() == reserves.surplus_gbp.tolist()
    assert (totals.energy_gbp / totals.income_gbp).between(0.026, 0.028).all()
    assert (budget[["income_gbp", "staff_gbp", "energy_gbp", "other_costs_gbp"]] >= 0).all().all()


def test_five_schools_of_the_budget_spend_more_than_a_top_slice_of_5_percent_leaves_them(example):
    first = example.budget.query("year == 2026 and school_id != ''")
    left = first.income_gbp * 0.95 - first.staff_gbp - first.energy_gbp - first.other_costs_gbp
    assert sorted(first.school_id[left < 0]) == ["ARR", "FEN", "HAL", "LAR", "OXM"]
