"""Modelled inventory: by hand, the sample it was worked out from, and authorities it has not seen."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.condition.inventory import GRADES, measurements, modelled_components
from capplan.tables import BASES

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT.parent / "shared" / "data" / "pds_sample.parquet"
CSV = ROOT / "capplan" / "reference" / "inventory.csv"
SHARES = [f"grade_{grade.lower()}_share" for grade in GRADES]
GROUNDS = ("AREA", "FIELD")


def row(type_id, by, presence, quantity, shares, low=0.0, high=1.0, size=(0, None), storeys="any"):
    return {"gifa_from_m2": size[0], "gifa_below_m2": size[1], "storeys": storeys, "type_id": type_id, "measured_by": by,
            "presence_share": presence, "quantity_per_unit": quantity, "low_per_unit": low, "high_per_unit": high,
            **dict(zip(SHARES, shares, strict=True))}


def block(block_id="B", gifa_m2=1000.0, **known):
    return {"block_id": block_id, "site_id": "S", "gifa_m2": gifa_m2, **known}


def costs():
    types = reference.component_types()
    columns = ["cost_d_gbp_per_unit", "cost_b_gbp_per_unit", "cost_c_gbp_per_unit", "cost_d_gbp_per_unit"]
    return types[columns].set_axis(list(GRADES), axis=1)


def cost_of(parts):
    """Cost of each row at its own grade."""
    by_grade = costs().reset_index(names="type_id").melt("type_id", var_name="grade", value_name="unit_gbp")
    matched = parts[["type_id", "grade"]].merge(by_grade, on=["type_id", "grade"], how="left", validate="m:1")
    return pd.Series(matched.unit_gbp.to_numpy() * parts.quantity.to_numpy(), parts.index)


def backlog(parts, by="block_id"):
    return cost_of(parts)[parts.grade.isin(["C", "D"])].groupby(parts[by]).sum()


@pytest.fixture(scope="module")
def committed():
    return pd.read_csv(CSV)


# 1,000 m2, 100 m round and 6 m high with 40% of openings: 360 m2 of wall. Walls: in 0.8 of blocks, 0.9 m2 per m2 of wall.
WALL_GRADES = (0.5, 0.25, 0.25, 0)
WALLS = [row("EXT.03", "gifa", 0.8, 0.5, WALL_GRADES, 0.3, 0.7), row("EXT.03", "wall", 0.8, 0.9, WALL_GRADES)]


def test_walls_by_hand_from_their_own_geometry_or_from_floor_area():
    known = block(perimeter_m=100.0, height_m=6.0, windows_doors_percent=40.0)
    blocks = pd.DataFrame([known, block("C", perimeter_m=100.0)])
    parts = modelled_components(blocks, pd.DataFrame(WALLS)).set_index(["block_id", "grade"])
    assert parts.quantity["B"].to_dict() == pytest.approx({"A": 129.6, "B": 64.8, "C": 64.8})      # 0.8 x 0.9 x 360
    assert parts.quantity["C"].to_dict() == pytest.approx({"A": 200.0, "B": 100.0, "C": 100.0})    # 0.8 x 0.5 x 1,000
    assert set(parts.quantity_basis["B"]) == {"wall"} and set(parts.quantity_basis["C"]) == {"gifa"}
    assert parts.surveyed.isna().all() and (parts.site_id == "S").all()
    assert parts.quantity_low["C"].to_list() == [0, 0, 0]                                           # one in five has none
    assert parts.quantity_high["C"].to_list() == pytest.approx([350, 175, 175])


def test_the_low_of_what_nearly_every_block_has_is_not_nothing():
    parts = modelled_components(pd.DataFrame([block()]), pd.DataFrame([row("ROOF.01", "gifa", 0.95, 1, (1, 0, 0, 0), 0.3)]))
    assert parts.quantity_low.to_list() == [300]


def test_size_and_storeys_choose_the_row():
    inventory = pd.DataFrame([row("ROOF.01", "gifa", 1, quantity, (1, 0, 0, 0), size=size, storeys=storeys)
                              for quantity, size, storeys in ((0.1, (0, 200), "any"), (0.2, (200, None), "any"),
                                                              (0.3, (200, None), "one"), (0.4, (200, None), "several"))])
    blocks = pd.DataFrame([block("small", 199.9), block("any", 200.0), block("one", 200.0, storeys=1),
                           block("several", 200.0, storeys=2)])
    for rows in (inventory, inventory[::-1]):
        parts = modelled_components(blocks, rows).set_index("block_id")
        assert parts.quantity.to_dict() == pytest.approx({"small": 19.99, "any": 40, "one": 60, "several": 80})
    with pytest.raises(ValueError, match="no size.*lost"):
        modelled_components(pd.DataFrame([block("lost", 100.0, storeys=1)]), inventory)


def test_blocks_with_any_component_are_left_alone():
    blocks = pd.DataFrame([block("A"), block("B")])
    parts = modelled_components(blocks, pd.DataFrame(WALLS), pd.DataFrame({"block_id": ["A", ""]}))
    assert set(parts.block_id) == {"B"}
    assert not len(modelled_components(blocks, pd.DataFrame(WALLS), pd.DataFrame({"block_id": ["A", "B"]})))


def test_dropping_needs_costs():
    with pytest.raises(ValueError, match="unit costs"):
        modelled_components(pd.DataFrame([block()]), pd.DataFrame(WALLS), kept_share=0.5)


def test_measurements_by_hand():
    frame = measurements(pd.DataFrame([block(perimeter_m=100, height_m=6, windows_doors_percent=40, lifts=2,
                                             ground_gifa_m2=500), block(gifa_m2=7)]))
    assert frame.iloc[0].to_list() == [1000, 500, 360, 240, 2]
    assert frame.gifa.iloc[1] == 7 and frame.iloc[1, 1:].isna().all()


@pytest.mark.parametrize("kept_share", [0.95, 0.8, 0.5, 1e-9])
def test_dropping_dust_keeps_the_cost_of_every_block_element_and_grade(committed, kept_share):
    blocks = pd.DataFrame([block("A", 150.0), block("B", 900.0, storeys=1, ground_gifa_m2=900.0), block("C", 4000.0)])
    every, fewer = (modelled_components(blocks, committed, unit_cost_gbp=costs(), kept_share=share)
                    for share in (1.0, kept_share))
    assert len(fewer) < len(every)
    sums = [cost_of(parts).groupby([parts.block_id, parts.type_id.str.split(".").str[0], parts.grade]).sum()
            for parts in (modelled_components(blocks, committed), every, fewer)]
    sums = [own[own > 0] for own in sums]
    pd.testing.assert_series_equal(sums[0], sums[1])
    pd.testing.assert_series_equal(sums[0], sums[2])


def test_half_of_the_cost_is_made_up_by_one_of_two_equals_by_hand():
    # 100 m2 of each at grade A, both at 10 a unit: one row keeps half, and carries both.
    unit_gbp = pd.DataFrame(dict.fromkeys(GRADES, 10.0), index=["ROOF.01", "ROOF.02"])
    inventory = pd.DataFrame([row(kind, "gifa", 1, 0.1, (1, 0, 0, 0)) for kind in unit_gbp.index])
    parts = modelled_components(pd.DataFrame([block()]), inventory, None, unit_gbp, 0.5)
    assert parts[["type_id", "quantity"]].to_numpy().tolist() == [["ROOF.01", 200.0]]


def test_the_same_blocks_in_another_order_have_the_same_components(committed):
    blocks = pd.DataFrame([block(f"B{i}", 100.0 + 300 * i, storeys=1 + i % 2) for i in range(9)])
    parts = modelled_components(blocks, committed, unit_cost_gbp=costs(), kept_share=0.9)
    turned = modelled_components(blocks[::-1], committed.sample(frac=1, random_state=4), unit_cost_gbp=costs(),
                                 kept_share=0.9)
    key = ["block_id", "type_id", "grade"]
    pd.testing.assert_frame_equal(parts.sort_values(key, ignore_index=True), turned.sort_values(key, ignore_index=True))
    assert not parts.duplicated(key).any()


def test_the_committed_table_is_whole(committed):
    types = reference.component_types()
    assert len(committed) < 1500 and set(committed.type_id) <= set(types.index)
    assert not committed.type_id.str.startswith(GROUNDS).any()
    assert (committed.status == "derived").all() and (committed.source == "dfe-pds-sample").all()
    np.testing.assert_allclose(committed[SHARES].sum(axis=1), 1, atol=1e-9)
    assert (committed[SHARES] >= 0).all(axis=None) and committed.presence_share.between(0, 1).all()
    assert (committed.low_per_unit <= committed.high_per_unit).all() and (committed.quantity_per_unit > 0).all()
    assert (committed.blocks > 0).all()
    own = types.quantity_basis.reindex(committed.type_id).to_numpy()
    assert ((committed.measured_by == "gifa") | (committed.measured_by == own)).all() and set(own) <= set(BASES)
    key = ["gifa_from_m2", "storeys", "type_id", "measured_by"]
    assert not committed.duplicated(key).any()
    by_floor = committed[committed.measured_by == "gifa"]
    assert set(zip(committed.gifa_from_m2, committed.storeys, committed.type_id, strict=True)) == set(
        zip(by_floor.gifa_from_m2, by_floor.storeys, by_floor.type_id, strict=True))


def test_the_bands_of_the_committed_table_leave_no_block_out(committed):
    for _, own in committed.groupby("storeys"):
        bands = own[["gifa_from_m2", "gifa_below_m2"]].drop_duplicates().sort_values("gifa_from_m2").to_numpy(float)
        assert bands[0, 0] == 0 and np.isnan(bands[-1, 1])
        assert bands[1:, 0].tolist() == bands[:-1, 1].tolist()


# What the committed table is worked out from.


@pytest.fixture(scope="module")
def script():
    """scripts/make_inventory.py as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("make_inventory")


@pytest.fixture(scope="module")
def surveyed():
    """Blocks of the published sample with their authority, and the components in them."""
    if not SAMPLE.is_file():
        pytest.skip("the published sample is not beside the project")
    pytest.importorskip("pyarrow")
    from capplan.importers.pds import read_pds
    frames = read_pds(SAMPLE).frames
    rows = pd.read_parquet(SAMPLE, columns=["site_id", "la_number"]).drop_duplicates("site_id")
    authority = dict(zip(rows.site_id.astype(str), rows.la_number, strict=True))
    blocks = frames["blocks"].assign(authority=frames["blocks"].site_id.map(authority))
    parts = frames["components"]
    return blocks, parts[(parts.block_id != "") & ~parts.type_id.str.startswith(GROUNDS)]


def few(script, count, grade="A"):
    """``count`` blocks of 100 m2 with a flat roof of 50 m2 at a grade, and 100 of 2,000 m2 with one of 2,000 m2 at D."""
    blocks = pd.DataFrame([block(f"s{i}", 100.0, storeys=1) for i in range(count)] +
                          [block(f"l{i}", 2000.0, storeys=1) for i in range(100)])
    parts = blocks[["block_id"]].assign(type_id="ROOF.01", quantity_basis="ground_gifa", quantity=np.where(
        blocks.gifa_m2 == 100, 50.0, 2000.0), grade=np.where(blocks.gifa_m2 == 100, grade, "D"))
    table = script.inventory(blocks, parts)
    return table[(table.gifa_from_m2 == 0) & (table.storeys == "one")].iloc[0]


def test_types_of_few_blocks_are_drawn_towards_all_blocks_by_hand(script):
    # Fifteen of thirty: half their own 0.5 m2 per m2, half that of all: (15 x 50 + 100 x 2,000) / (1,500 + 200,000).
    pooled = (15 * 50 + 200_000) / (15 * 100 + 200_000)
    found = few(script, 15)
    assert found.quantity_per_unit == pytest.approx((0.5 + pooled) / 2, rel=0.005)
    assert found.grade_d_share == pytest.approx((0 + 200_000 / 200_750) / 2, abs=1e-4)
    assert few(script, 90).quantity_per_unit == 0.5
    own = few(script, 30)
    assert own.quantity_per_unit == 0.5 and own.grade_a_share == 1 and own.blocks == 30 and own.presence_share == 1


def test_a_rare_type_leaves_its_renewal_cost_to_its_element_by_hand(script):
    # 100 blocks of 100 m2 with 100 m2 of one roof, one of which also has 100 m2 of another: that one is left out.
    types = reference.component_types().cost_d_gbp_per_unit
    blocks = pd.DataFrame([block(f"B{i}", 100.0, storeys=1) for i in range(100)])
    parts = pd.DataFrame([{"block_id": f"B{i}", "type_id": kind, "quantity_basis": "gifa", "quantity": 100.0, "grade": "B"}
                          for i, kind in [*((i, "ROOF.01") for i in range(100)), (0, "ROOF.02")]])
    table = script.inventory(blocks, parts).query("storeys == 'one'")
    assert table.type_id.to_list() == ["ROOF.01"]
    expected = 1 + 0.01 * types["ROOF.02"] / types["ROOF.01"]
    assert table.quantity_per_unit.item() == pytest.approx(expected, rel=0.005)


@pytest.mark.slow
def test_the_committed_table_is_what_the_script_makes_of_the_sample(script, surveyed, committed, tmp_path):
    script.inventory(*surveyed).to_csv(tmp_path / "again.csv", index=False, lineterminator="\n")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "again.csv"), committed)


@pytest.mark.slow
def test_modelled_blocks_of_the_sample_have_the_surveyed_cost_at_each_grade(surveyed, committed):
    # Rounding to three digits and leaving out rare types must not move a total; with geometry and from floor area alone.
    blocks, parts = surveyed
    found = cost_of(parts).groupby(parts.grade).sum()
    for known in (blocks, blocks[["block_id", "site_id", "gifa_m2"]]):
        modelled = modelled_components(known, committed)
        own = cost_of(modelled).groupby(modelled.grade).sum()
        np.testing.assert_allclose(own[list("ABCD")], found[list("ABCD")], rtol=0.01)
        np.testing.assert_allclose(modelled.quantity[modelled.type_id == "ELEC.01"].sum(),
                                   parts.quantity[parts.type_id == "ELEC.01"].sum(), rtol=0.05)
        assert set(modelled.block_id) == set(blocks.block_id)


@pytest.mark.slow
def test_backlog_of_authorities_not_seen(script, surveyed):
    # Each half of the authorities is modelled from the other. Found with this seed and two others: middle error 39% to 44%
    # by authority, 25% to 29% of those with thirty blocks and more, at most 2% in total; a flat rate per m2 is 44% off.
    # Authorities differ by how they look after blocks, which size does not tell: the limits say only that the model is of
    # use for totals, and leave room for another way of halving.
    blocks, parts = surveyed
    authorities = np.sort(blocks.authority.unique())
    np.random.default_rng(1).shuffle(authorities)
    compared = []
    for half in (authorities[::2], authorities[1::2]):
        seen, unseen = blocks[blocks.authority.isin(half)], blocks[~blocks.authority.isin(half)]
        modelled = modelled_components(unseen, script.inventory(seen, parts[parts.block_id.isin(seen.block_id)]))
        table = unseen.set_index("block_id")[["authority", "gifa_m2"]]
        compared.append(table.assign(modelled=backlog(modelled), surveyed=backlog(parts).reindex(table.index)).fillna(0))
    by_authority = pd.concat(compared).groupby("authority").agg({"gifa_m2": "sum", "modelled": "sum", "surveyed": "sum"})
    blocks_seen = blocks.groupby("authority").size()
    error = ((by_authority.modelled - by_authority.surveyed) / by_authority.surveyed).abs()
    assert error.median() < 0.6
    assert error[blocks_seen >= 30].median() < 0.4
    assert abs(by_authority.modelled.sum() / by_authority.surveyed.sum() - 1) < 0.1
