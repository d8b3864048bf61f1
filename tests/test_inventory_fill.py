"""Unsurveyed blocks filled: the estate passes its own checks, keeps what was there, and says what was modelled."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import capplan
from capplan import reference
from capplan.estate import inspect_estate, read_estate, write_estate
from capplan.inventory_fill import fill_unsurveyed
from capplan.tables import ESTATE_TABLES

ROOT = Path(__file__).resolve().parents[1]


def estate_without(source, blocks, folder, rename=None):
    """The estate of a folder without the components of some blocks, written and read again."""
    estate = read_estate(source)
    frames = {table.name: estate.table(table.name) for table in ESTATE_TABLES}
    parts = frames["components"]
    frames["components"] = parts[~parts.block_id.isin(blocks)]
    history = frames["history"]
    frames["history"] = history[history.component_id.isin(frames["components"].component_id)]
    if rename:
        frames["components"] = frames["components"].replace({"component_id": rename})
        frames["history"] = frames["history"].replace({"component_id": rename})
    folder.mkdir()
    write_estate(frames, folder)
    return read_estate(folder)


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """The example estate with every other block unsurveyed, before and after it is filled, and the blocks."""
    source = ROOT / "data" / "example"
    lost = read_estate(source).blocks.block_id.iloc[::2].to_list()
    before = estate_without(source, lost, tmp_path_factory.mktemp("fill") / "half")
    return before, fill_unsurveyed(before), lost


def test_the_filled_estate_passes_its_own_checks_and_forecasts(half, tmp_path):
    _, filled, lost = half
    write_estate(filled.frames, tmp_path)
    assert inspect_estate(tmp_path)[1] == []
    estate = read_estate(tmp_path)
    parts = estate.components
    assert parts.component_id.is_unique and set(parts.block_id[parts.block_id != ""]) == set(estate.blocks.block_id)
    assert parts.surveyed[parts.block_id.isin(lost)].isna().all()
    outlook = capplan.forecast(estate, capplan.read_scenario(ROOT / "scenarios" / "baseline.toml"))
    assert any("is modelled, not surveyed" in note for note in outlook.notes)


def test_what_was_there_is_kept_to_the_cell_and_only_components_are_added(half):
    before, filled, lost = half
    own = filled.frames["components"].iloc[:len(before.components)]
    pd.testing.assert_frame_equal(own.reset_index(drop=True), before.components.reset_index(drop=True))
    for table in ESTATE_TABLES:
        if table.name != "components":
            pd.testing.assert_frame_equal(filled.frames[table.name], before.table(table.name))
    added = filled.frames["components"].iloc[len(before.components):]
    assert set(added.block_id) == set(lost) and added.remedial_cost_gbp.isna().all() and added.priority.isna().all()
    assert (added.component_id == [f"{block}.M{number:03d}" for block, rows in added.groupby("block_id", sort=False)
                                   for number in range(1, len(rows) + 1)]).all()


def test_the_account_adds_up(half):
    before, filled, lost = half
    blocks = before.blocks.set_index("block_id")
    assert filled.blocks.block_id.to_list() == lost
    assert filled.blocks.components.sum() == len(filled.frames["components"]) - len(before.components)
    assert filled.blocks.components.between(50, 200).all()      # the inventory itself has some 300 rows with a quantity
    assert filled.gifa_share == pytest.approx(blocks.gifa_m2[lost].sum() / blocks.gifa_m2.sum())
    assert f"{len(lost)} of {len(blocks)} blocks" in str(filled) and f"{filled.gifa_share:.0%}" in str(filled)


def test_the_cost_at_each_grade_is_that_of_the_inventory_by_a_slow_loop(half):
    before, filled, lost = half
    types, inventory = reference.component_types(), reference.load("inventory")
    block = before.blocks.set_index("block_id").loc[lost[0]]
    added = filled.frames["components"].query("block_id == @lost[0] and surveyed.isna()")
    measured = {"gifa": block.gifa_m2, "ground_gifa": block.ground_gifa_m2, "lifts": block.lifts,
                "wall": block.perimeter_m * block.height_m * (1 - block.windows_doors_percent / 100),
                "windows_doors": block.perimeter_m * block.height_m * block.windows_doors_percent / 100}
    storeys = "any" if np.isnan(block.storeys) else "one" if block.storeys <= 1 else "several"
    for grade in "CD":
        expected = {}
        for row in inventory.itertuples():
            inside = row.gifa_from_m2 <= block.gifa_m2 and not block.gifa_m2 >= row.gifa_below_m2
            if inside and row.storeys == storeys and not np.isnan(measured[row.measured_by]) and (
                    row.measured_by != "gifa" or row.type_id not in expected):
                expected[row.type_id] = (measured[row.measured_by] * row.presence_share * row.quantity_per_unit *
                                         getattr(row, f"grade_{grade.lower()}_share") *
                                         types.at[row.type_id, f"cost_{grade.lower()}_gbp_per_unit"])
        own = added[added.grade == grade]
        cost = (own.quantity * types[f"cost_{grade.lower()}_gbp_per_unit"].reindex(own.type_id).to_numpy()).sum()
        assert cost == pytest.approx(sum(expected.values()), rel=1e-4) and cost > 0


def test_an_estate_surveyed_throughout_is_left_as_it_is():
    estate = read_estate(ROOT / "data" / "example")
    filled = fill_unsurveyed(estate)
    pd.testing.assert_frame_equal(filled.frames["components"], estate.components)
    assert filled.gifa_share == 0 and "none was modelled" in str(filled)


def test_sites_without_grounds_are_named(tmp_path):
    filled = fill_unsurveyed(read_estate(ROOT / "data" / "tiny"))
    assert filled.grounds_left_out == ("ELL-1",) and "1 site has none (ELL-1)" in str(filled)


def test_names_already_taken_and_names_too_long_are_got_round(tmp_path):
    source = ROOT / "data" / "tiny"
    estate = read_estate(source)
    block = estate.blocks.block_id.iloc[0]
    other = estate.components.component_id[estate.components.block_id != block].iloc[0]
    before = estate_without(source, [block], tmp_path / "taken", {other: f"{block}.M001"})
    filled = fill_unsurveyed(before).frames
    assert filled["components"].component_id.is_unique and f"{block}.MM001" in set(filled["components"].component_id)
    folder = tmp_path / "long"
    folder.mkdir()
    filled = {name: before.table(name) for name in filled}
    for table in ("blocks", "components", "works"):
        filled[table] = filled[table].replace({"block_id": {block: "L" * 79}})
    write_estate(filled, folder)
    whole = fill_unsurveyed(read_estate(folder)).frames
    write_estate(whole, folder)
    assert inspect_estate(folder)[1] == []
    assert whole["components"].component_id.str.len().max() <= 80
