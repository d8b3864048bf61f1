"""What an English school block typically holds: figures aggregated from DfE's property data survey.

    python scripts/make_inventory.py SURVEY     writes capplan/reference/inventory.csv from the survey's ten per cent sample

The survey itself is needed only here. ``capplan.condition.inventory`` says how the figures are used.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from capplan import reference
from capplan.condition.inventory import measurements

INVENTORY_FILE = Path(__file__).resolve().parents[1] / "capplan" / "reference" / "inventory.csv"
SIZES_M2 = (0, 200, 1500)
FEW_BLOCKS = 30
LEAST_PRESENCE = 0.02
GROUNDS = ("External areas", "Playing fields")
GRADES = ("a", "b", "c", "d")
GRADE_SHARES = [f"grade_{grade}_share" for grade in GRADES]
PER_UNIT = ["quantity_per_unit", "low_per_unit", "high_per_unit"]
COLUMNS = ["gifa_from_m2", "gifa_below_m2", "storeys", "type_id", "measured_by", "presence_share", *PER_UNIT, *GRADE_SHARES,
           "blocks", "status", "source"]


def inventory(blocks, components):
    """What blocks hold, by size, storeys and construction type.

    Parameters
    ----------
    blocks : DataFrame
        Surveyed blocks, as ``capplan.tables`` declares them.
    components : DataFrame
        Their components; the grounds are left out.

    Returns
    -------
    DataFrame
        As ``capplan/reference/inventory.csv``: one row per size band, storeys (one, several, or any for a block whose
        storeys are not known), type and what its quantity is measured by (the floor area, or its own geometry).
    """
    types = reference.component_types()
    parts = components[components.block_id.isin(blocks.block_id)].join(
        types[["element", "cost_d_gbp_per_unit"]], on="type_id")
    parts = parts[~parts.element.isin(GROUNDS)].copy()
    blocks = blocks.assign(size=np.digitize(blocks.gifa_m2, SIZES_M2[1:]))
    blocks = blocks[blocks.block_id.isin(parts.block_id)].set_index("block_id")
    amounts = measurements(blocks)
    pooled = _rows_of(blocks, parts, amounts)
    tables = []
    for size, least in enumerate(SIZES_M2):
        for storeys, told in (("one", blocks.storeys <= 1), ("several", blocks.storeys > 1), ("any", blocks.storeys > 0)):
            chosen = blocks[told & (blocks["size"] == size)]
            own = _rows_of(chosen, parts[parts.block_id.isin(chosen.index)], amounts.loc[chosen.index])
            own = _without_rare(_shrunk(own, pooled), types)
            most = SIZES_M2[size + 1] if size + 1 < len(SIZES_M2) else np.nan
            tables.append(own.reset_index().assign(gifa_from_m2=least, gifa_below_m2=most, storeys=storeys))
    whole = pd.concat(tables, ignore_index=True).assign(status="derived", source="dfe-pds-sample")
    whole["gifa_below_m2"] = whole.gifa_below_m2.astype("Int64")
    return _rounded(whole)[COLUMNS]


def _rows_of(blocks, parts, amounts):
    """Figures of one kind of block by type and by what the quantity is measured by."""
    held = parts.groupby(["type_id", "block_id"]).quantity.sum()
    basis = parts.groupby("type_id").quantity_basis.first()
    shares = parts.pivot_table(index="type_id", columns="grade", values="quantity", aggfunc="sum", fill_value=0.0)
    shares = shares.reindex(columns=list("ABCD"), fill_value=0.0)
    shares = shares.div(shares.sum(axis=1).where(lambda total: total > 0), axis=0).set_axis(GRADE_SHARES, axis=1)
    rows = {}
    for type_id, quantity in held[held > 0].groupby("type_id"):
        quantity = quantity.droplevel("type_id")
        for by in dict.fromkeys(("gifa", basis[type_id])):
            amount = amounts.loc[quantity.index, by]
            if amount.sum() > 0:
                low, high = _percentiles((quantity / amount)[amount > 0], amount[amount > 0])
                rows[type_id, by] = (amount.sum() / amounts[by].sum(), quantity.sum() / amount.sum(), low, high,
                                     len(quantity), len(quantity) / len(blocks))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["presence_share", *PER_UNIT, "blocks", "of_blocks"])
    table.index = pd.MultiIndex.from_tuples(table.index, names=["type_id", "measured_by"])
    return table.join(shares, on="type_id")


def _percentiles(ratio, weight):
    """Tenth and ninetieth percentile over blocks, weighted by what they measure."""
    order = ratio.sort_values(kind="stable")
    reached = weight.reindex(order.index).cumsum() / weight.sum()
    return [float(order[reached >= level - 1e-12].iloc[0]) for level in (0.1, 0.9)]


def _shrunk(own, pooled):
    """Quantities and grades of a type seen in few blocks, drawn towards those of all blocks that hold it."""
    weight = (own.blocks / FEW_BLOCKS).clip(upper=1)
    columns = PER_UNIT + GRADE_SHARES
    mixed = own[columns].mul(weight, axis=0) + pooled.loc[own.index, columns].mul(1 - weight, axis=0)
    return own.assign(**mixed)


def _without_rare(own, types):
    """Types in hardly any block left out, and their renewal cost carried by the others of the element."""
    kinds = own.index.get_level_values("type_id")
    element = types.element.reindex(kinds).to_numpy()
    rare = own.of_blocks < LEAST_PRESENCE
    cost = own.presence_share * own.quantity_per_unit * types.cost_d_gbp_per_unit.reindex(kinds).to_numpy()
    by_floor = own.index.get_level_values("measured_by") == "gifa"
    total = cost[by_floor].groupby(element[by_floor]).sum()
    kept = cost[by_floor & ~rare].groupby(element[by_floor & ~rare]).sum()
    more = (total / kept).reindex(element).to_numpy()
    own = own.assign(**own[PER_UNIT].mul(more, axis=0))
    return own[~rare]


def _rounded(table):
    """Three significant digits, and grade shares of four decimals that add up to one."""
    table = table.copy()
    for name in ["presence_share", *PER_UNIT]:
        table[name] = [float(f"{value:.3g}") for value in table[name]]
    shares = table[GRADE_SHARES].round(4)
    table[GRADE_SHARES] = shares.assign(grade_a_share=(1 - shares[GRADE_SHARES[1:]].sum(axis=1)).round(4))
    return table


def main():
    """Read the command line and write the inventory."""
    from capplan.importers.pds import read_pds

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("survey", type=Path, help="DfE's survey sample, Parquet")
    frames = read_pds(options.parse_args().survey).frames
    table = inventory(frames["blocks"], frames["components"])
    table.to_csv(INVENTORY_FILE, index=False, encoding="utf-8", lineterminator="\n")


if __name__ == "__main__":
    main()
