"""Column maps for exports shaped like those of estate systems, on made-up files of those shapes, beside an estate."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from capplan.errors import DataError
from capplan.estate import Estate, read_estate
from capplan.importers.survey import read_survey
from capplan.importers.survey_map import read_map
from capplan.importers.survey_maps import shipped_maps

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "data" / "survey_examples"
COLUMNS = ["component_id", "site_id", "block_id", "type_id", "quantity", "grade", "remedial_cost_gbp"]
NONE = float("nan")
# What each made-up file comes to, read by eye from the file and the measurements of data/tiny: 800 m2 on the ground, a wall
# of 150 m x 8 m of which 25% is windows, a site of 7,000 m2 with a block of 1,000 m2 on it.
SYSTEMS = {
    "k2_condition": ("k2_shaped.xlsx", [
        ("K2-1", "ELL-1", "ELL-1-A", "ROOF.03", 800, "C", 41200.5), ("K2-2", "ELL-1", "ELL-1-A", "MECH.01", 800, "D", 30000),
        ("K2-3", "ELL-1", "ELL-1-T", "ELEC.03", 60, "B", NONE), ("K2-4", "MAR-1", "MAR-1-A", "EXT.24", 300, "CX", 90000),
        ("K2-5", "MAR-1", "", "AREA.01", 3000, "B", NONE)]),
    "iamcompliant_conditions": ("iamcompliant_shaped.csv", [
        ("R2", "ELL-1", "ELL-1-A", "ROOF.03", 800, "C", 41200), ("R3", "ELL-1", "ELL-1-A", "ELEC.04", 800, "D", 9600),
        ("R4", "ELL-1", "ELL-1-T", "ELEC.03", 60, "C", NONE), ("R5", "MAR-1", "MAR-1-A", "EXT.24", 300, "C", 93000),
        ("R6", "MAR-1", "", "AREA.01", 6000, "B", NONE)]),
    "eo_portal_dfe_numbers": ("eo_portal_shaped.csv", [
        ("EO-1", "ELL-1", "ELL-1-A", "ROOF.03", 480, "B", 0), ("EO-2", "ELL-1", "ELL-1-A", "ROOF.03", 320, "CX", 26000),
        ("EO-3", "ELL-1", "ELL-1-A", "MECH.01", 800, "D", 31000), ("EO-4", "MAR-1", "MAR-1-A", "ELEC.03", 2000, "B", NONE),
        ("EO-5", "MAR-1", "", "AREA.01", 6000, "B", NONE)]),
    "every_assets": ("every_shaped.csv", [
        ("EV-100", "ELL-1", "ELL-1-A", "MECH.01", 800, "D", NONE), ("EV-101", "ELL-1", "ELL-1-A", "MECH.02", 800, "B", NONE),
        ("EV-102", "ELL-1", "ELL-1-A", "ELEC.04", 800, "C", NONE), ("EV-200", "MAR-1", "MAR-1-A", "SAN.01", 2000, "A", NONE),
        ("EV-201", "MAR-1", "MAR-1-A", "ELEC.01", 2000, "DX", NONE)])}


@pytest.fixture(scope="module")
def estate():
    return read_estate(ROOT / "data" / "tiny")


def prices(name):
    return None if name == "every_assets" else 2026


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_file_of_the_shape_is_read_as_a_person_would_read_it(name, estate):
    file, expected = SYSTEMS[name]
    found = read_survey(EXAMPLES / file, read_map(name, estate, prices(name)))
    pd.testing.assert_frame_equal(found.frames["components"][COLUMNS].reset_index(drop=True),
                                  pd.DataFrame(expected, columns=COLUMNS), check_dtype=False)
    blocks = found.frames["blocks"].set_index("block_id")
    assert blocks.gifa_m2.to_dict() == {"ELL-1-A": 800, "MAR-1-A": 2000, "ELL-1-T": 60}
    assert blocks.planned_exit["ELL-1-T"] == pd.Timestamp("2029-08-31")
    assert found.frames["schools"].urn.tolist() == [900101, 900102] and found.rows_kept == 5


@pytest.mark.parametrize("name", SYSTEMS)
def test_layouts_that_are_assumed_say_so_first(name):
    file, data = shipped_maps()[name]
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Layout ASSUMED by capplan") and data["description"].startswith("ASSUMED")
    assert "schools" not in data and "trust" not in data and "cost_price_base" not in data


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_an_estate_or_prices_it_is_told_what_is_lacking(name, estate):
    with pytest.raises(DataError, match="schools"):
        read_map(name)
    if prices(name):
        with pytest.raises(DataError, match="cost_price_base"):
            read_map(name, estate)


def test_headings_and_words_that_differ_are_told_with_the_nearest(estate, tmp_path):
    text = (EXAMPLES / "eo_portal_shaped.csv").read_text(encoding="utf-8")
    (tmp_path / "a.csv").write_text(text.replace("Block Ref", "Block Reference"), encoding="utf-8")
    with pytest.raises(DataError, match="did you mean 'Block Reference'"):
        read_survey(tmp_path / "a.csv", read_map("eo_portal_dfe_numbers", estate, 2026))
    (tmp_path / "b.csv").write_text(text.replace(",1706,", ",17060,").replace("900102", "900199"), encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_survey(tmp_path / "b.csv", read_map("eo_portal_dfe_numbers", estate, 2026))
    assert [(fault.row, fault.column) for fault in raised.value.faults][:4] == [
        (2, "Element ID"), (3, "Element ID"), (5, "URN"), (6, "URN")]
    assert "capplan crosswalk" in str(raised.value)


def test_a_code_of_several_types_is_never_guessed(estate, tmp_path):
    text = (EXAMPLES / "every_shaped.csv").read_text(encoding="utf-8")
    (tmp_path / "a.csv").write_text(text.replace(",5.1,", ",2.3,"), encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_survey(tmp_path / "a.csv", read_map("every_assets", estate))
    assert [(fault.row, fault.column, fault.found) for fault in raised.value.faults] == [(5, "NRM code", "'2.3'")]


def test_what_the_map_says_itself_stands(estate, tmp_path):
    text = shipped_maps()["every_assets"][0].read_text(encoding="utf-8")
    own = text + '''
[[blocks]]
school_id = "ELL"
found_as = "Main building"
block_id = "ELL-1-A"
gifa_m2 = 850.0
'''
    (tmp_path / "mine.toml").write_text(own, encoding="utf-8")
    survey = (EXAMPLES / "every_shaped.csv").read_text(encoding="utf-8").replace("ELL-1-A", "main building")
    (tmp_path / "a.csv").write_text(survey, encoding="utf-8")
    found = read_survey(tmp_path / "a.csv", read_map(tmp_path / "mine.toml", estate))
    block = found.frames["blocks"].set_index("block_id").loc["ELL-1-A"]
    assert (block.gifa_m2, block.ground_gifa_m2, block.permanence) == (850, 800, "permanent")


def test_codes_may_stand_for_types_in_any_map(estate, tmp_path):
    text = shipped_maps()["every_assets"][0].read_text(encoding="utf-8")
    for code, wrong in (("NRM1:5.5", False), ("NRM1:2.3", True), ("Uniclass:EF_80_50", False)):
        (tmp_path / "m.toml").write_text(text.replace('"MECH.06"', f'"{code}"'), encoding="utf-8")
        if wrong:
            with pytest.raises(DataError, match="this code stands for ROOF.01"):
                read_map(tmp_path / "m.toml", estate)
        else:
            assert read_map(tmp_path / "m.toml", estate).types["5.7"] == code


def test_schools_of_several_sites_need_a_column_of_sites(estate):
    frames = estate.tables()
    sites = pd.concat([frames["sites"], frames["sites"].iloc[:1].assign(site_id="ELL-2")])
    more = Estate({**frames, "sites": sites.set_axis(range(2, len(sites) + 2))})
    with pytest.raises(DataError, match="no gifa_m2 of the block 'ELL-1-A'"):
        read_survey(EXAMPLES / "every_shaped.csv", read_map("every_assets", more))
    found = read_survey(EXAMPLES / "k2_shaped.xlsx", read_map("k2_condition", more, 2026))
    assert found.frames["components"].site_id.tolist() == ["ELL-1", "ELL-1", "ELL-1", "MAR-1", "MAR-1"]


def test_by_command(tmp_path, capplan):
    told = json.loads(capplan("import", "maps", "--json").stdout)
    assert {row["map"]: row["needs_estate"] for row in told} == {
        name: "no" if "schools" in data else "yes" for name, (_, data) in shipped_maps().items()}
    done = capplan("import", "survey", EXAMPLES / "k2_shaped.xlsx", "--map", "k2_condition", "--estate", ROOT / "data/tiny",
                   "--prices", 2026, "--out", tmp_path / "new")
    assert done.exit_code == 0, done.stderr
    assert capplan("check", tmp_path / "new").exit_code == 0
    done = capplan("import", "survey", EXAMPLES / "k2_shaped.xlsx", "--map", "k2", "--out", tmp_path / "no")
    assert done.exit_code == 2 and "no such file" in done.stderr


def test_every_map_without_schools_is_tested_here():
    assert {name for name, (_, data) in shipped_maps().items() if "schools" not in data} == set(SYSTEMS)


def test_shipped_maps_are_toml_with_a_name_and_a_description():
    for file, data in shipped_maps().values():
        assert data["name"] and data["description"] and tomllib.loads(file.read_text(encoding="utf-8")) == data
