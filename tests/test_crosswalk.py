"""Codes of elements in other systems: public ones only, and no code is taken for a type it does not name alone."""

import json
import re

import pandas as pd
import pytest

from capplan import reference
from capplan.crosswalk import crosswalk, dfe_names, type_named, types_of_code

CODES = {"NRM1": r"\d{1,2}\.\d{1,2}", "Uniclass EF": r"EF(_\d\d){1,4}"}
# Elements as the Royal Institution's own pages list them (isurv, group element 5, effective 1 January 2013).
GROUP_5 = {"5.1": "Sanitary installations", "5.2": "Services equipment", "5.4": "Water installations", "5.5": "Heat source",
           "5.6": "Space heating and air conditioning", "5.7": "Ventilation", "5.8": "Electrical installations",
           "5.9": "Fuel installations", "5.10": "Lift and conveyor installations",
           "5.12": "Communication, security and control systems"}


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(reference.__path__[0] + "/element_crosswalk.csv", dtype=str, keep_default_na=False)


def test_every_part_of_every_element_stands_once_in_each_system(rows):
    types = reference.component_types()
    parts = set(zip(types.element, types.sub_element, strict=True))
    for system in CODES:
        own = rows[rows.system == system]
        assert set(zip(own.element, own.sub_element, strict=True)) == parts and len(own) == len(parts)


def test_codes_have_the_form_of_their_system_and_one_title(rows):
    for system, form in CODES.items():
        own = rows[(rows.system == system) & (rows.code != "")]
        assert own.code.str.fullmatch(form).all()
        assert own.groupby("code").title.nunique().max() == 1 and (own.title != "").all()


def test_group_5_is_as_the_institution_lists_it(rows):
    own = rows[(rows.system == "NRM1") & rows.code.str.startswith("5.")].drop_duplicates("code").set_index("code").title
    assert {code: title.casefold() for code, title in own.items()} == {
        code: title.casefold() for code, title in GROUP_5.items() if code in own.index}
    assert len(own) == 10


def test_where_there_is_no_code_it_is_said_why(rows):
    none = rows[rows.code == ""]
    assert len(none) and (none.note.str.len() > 10).all() and (none.match == "none").all()
    assert set(rows.match) == {"same", "wider", "nearest", "none"}


def test_nothing_of_sfg20_is_here(rows, capplan):
    systems = reference.load("code_systems").set_index("system")
    assert "SFG20" not in set(rows.system) and "licensed" in systems.note["SFG20"]
    assert "SFG20" in capplan("crosswalk", "Lifts").stdout


def test_five_point_ten_is_not_five_point_one():
    assert types_of_code("NRM1:5.10") == ["ELEC.06"] and types_of_code("NRM1:5.1") == ["SAN.01"]


def test_codes_of_nrm3_are_those_of_nrm1():
    one, three = (crosswalk(system=name).set_index("type_id").code for name in ("NRM1", "nrm3"))
    pd.testing.assert_series_equal(one, three)


def test_every_number_of_dfe_names_its_one_type():
    types = reference.dfe_component_types()
    for row in types.sample(20, random_state=3).itertuples():
        assert type_named(f"DfE:{row.pds_element_id:.0f}") == (row.type_id, "")


@pytest.mark.parametrize(("text", "words"), [
    ("NRM1:2.4", "this code stands for FLOOR.06"), ("NRM1:9.9", "a code of capplan crosswalk"), ("SFG20:1-1", "a code of"),
    ("ROOF.033", "did you mean ROOF.03"), ("", "a type_id"), ("NRM1:", "a code of")])
def test_what_names_no_one_type_is_told(text, words):
    found, must_be = type_named(text)
    assert found == "" and words in must_be


def test_names_of_dfe_that_stand_for_several_types_stand_for_none():
    names = dfe_names(["element", "sub_element"])
    assert "Roofs > Structure" not in names and names["Electrical services > Lifts"] == "ELEC.06"
    assert len(dfe_names(["element", "sub_element", "type"])) == len(reference.component_types())


def test_by_command(capplan):
    told = json.loads(capplan("crosswalk", "ef_60_40", "--json").stdout)
    assert {row["type_id"] for row in told["codes"]} == {"MECH.01", "MECH.02"}
    assert {row["system"] for row in told["codes"]} == {"DfE", "NRM1", "NRM3", "Uniclass EF"}
    whole = capplan("crosswalk").stdout
    assert re.search(r"Roofs +Structure +1700, 1701 +2\.3 ~ +EF_30_10 ~", whole)
    done = capplan("crosswalk", "nonsense")
    assert done.exit_code == 2 and "nonsense" in done.stderr
