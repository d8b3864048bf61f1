"""What a block nobody has surveyed may hold: the mean of surveyed blocks of its size, as modelled components.

A mean block has a part of every common type at every grade, so that sums over many blocks come out right; no block is
like that. Modelled components are for totals and for deciding where to survey, never for ordering works.
"""

import numpy as np
import pandas as pd

GRADES = ("A", "B", "C", "D")
FLOOR_AREA = "gifa"
MEASUREMENTS = ("gifa_m2", "ground_gifa_m2", "storeys", "perimeter_m", "height_m", "windows_doors_percent", "lifts")
COLUMNS = ["site_id", "block_id", "type_id", "quantity", "quantity_basis", "grade", "surveyed", "quantity_low",
           "quantity_high", "presence_share"]
TENTH = 0.1
"""The low and high quantities are the first and the last tenth's."""


def measurements(blocks):
    """What the quantities of a block are shares of, by quantity basis.

    Parameters
    ----------
    blocks : DataFrame
        Blocks with those of ``MEASUREMENTS`` that are known. [m2, m, %, or a number]

    Returns
    -------
    DataFrame
        Columns ``gifa``, ``ground_gifa``, ``wall`` (without its openings), ``windows_doors`` [m2] and ``lifts`` [nr], in
        the order of ``blocks``; blank where a measurement is not known.

    Notes
    -----
    Assumes walls of one height all round. *Counterexample:* a hall among classrooms.

    Examples
    --------
    >>> measurements(pd.DataFrame({"gifa_m2": [900.0], "perimeter_m": [100.0], "height_m": [6.0],
    ...                            "windows_doors_percent": [40.0]})).iloc[0].to_list()
    [900.0, nan, 360.0, 240.0, nan]
    """
    known = pd.DataFrame({name: blocks[name].astype(float) if name in blocks else np.nan for name in MEASUREMENTS},
                         index=blocks.index)
    wall_m2, open_share = known.perimeter_m * known.height_m, known.windows_doors_percent / 100
    return pd.DataFrame({FLOOR_AREA: known.gifa_m2, "ground_gifa": known.ground_gifa_m2,
                         "wall": wall_m2 * (1 - open_share), "windows_doors": wall_m2 * open_share, "lifts": known.lifts})


def modelled_components(blocks, inventory, components=None, unit_cost_gbp=None, kept_share=1.0):
    """Expected components of blocks that have none.

    Parameters
    ----------
    blocks : DataFrame
        ``block_id``, ``site_id``, ``gifa_m2`` [m2], and those of ``MEASUREMENTS`` that are known.
    inventory : DataFrame
        As ``reference.load("inventory")``.
    components : DataFrame, optional
        Components there are: blocks that have any (by ``block_id``) are left alone.
    unit_cost_gbp : DataFrame, optional
        By ``type_id``: renewal cost [GBP/unit] in column A and repair cost at grades B, C and D. Needed to drop anything.
    kept_share : float
        Share of the cost of a block's element at a grade that the rows kept must make up, the dearest first; they are
        scaled to carry the whole of it. 1 keeps every row. [-]

    Returns
    -------
    DataFrame
        One row per block, type and grade: the columns of components (``surveyed`` blank, which is modelled;
        ``quantity_basis`` what the quantity was worked out from), ``presence_share`` [-], and ``quantity_low`` and
        ``quantity_high``: one block in ten that has it has less than the low, one in ten more than the high; the low is
        zero where more than one in ten has none. [m2, m or nr]

    Raises
    ------
    ValueError
        If a block has no size in the inventory, or rows are to be dropped without costs.

    Notes
    -----
    Quantity = share of such blocks that have the type x quantity per unit of what measures it x share of the grade, and
    that unit is the type's own geometry where the block's is known, floor area elsewhere. Sums over many blocks are
    right on average. *Counterexample:* any one block: the mean roof is part flat, part pitched.

    Dropping keeps the cost of every block, element and grade exactly, since what is left out is carried by dearer rows
    of the same; what costs nothing to repair is dropped. *Counterexample:* a count of lifts, when lifts were dropped.

    Grades are as DfE's survey of 2012 to 2014 found them, as if repairs had kept pace with wear since. *Counterexample:* an
    estate without capital for ten years, beside whose aged surveys the modelled blocks look too good. The age of a block
    is not in the published sample and plays no part. *Counterexample:* a new block. Temporary buildings are taken as
    permanent ones of their size. *Counterexample:* a hut without foundations, which wears faster.

    Modelled from one half of the sample's hundred authorities, the backlog per m2 of the other half's (each half in turn,
    three ways of halving) is off by 39% to 44% for the middle authority, by 25% to 29% for the middle one of those with
    thirty blocks or more; by 15% to 28% for half the country, one half too high and the other too low, and by 2% at most in
    total. One rate for every m2 does as well (44%): authorities differ by more than the size of their blocks.

    Examples
    --------
    >>> inventory = pd.DataFrame({"gifa_from_m2": [0], "gifa_below_m2": [None], "storeys": ["any"],
    ...     "type_id": ["ROOF.01"], "measured_by": ["gifa"], "presence_share": [0.5], "quantity_per_unit": [0.8],
    ...     "low_per_unit": [0.2], "high_per_unit": [1.0], "grade_a_share": [0.0], "grade_b_share": [0.75],
    ...     "grade_c_share": [0.25], "grade_d_share": [0.0]})
    >>> blocks = pd.DataFrame({"block_id": ["Lab"], "site_id": ["S"], "gifa_m2": [1000.0]})
    >>> modelled_components(blocks, inventory)[["type_id", "grade", "quantity", "quantity_low", "quantity_high"]]
       type_id grade  quantity  quantity_low  quantity_high
    0  ROOF.01     B     300.0           0.0          750.0
    1  ROOF.01     C     100.0           0.0          250.0

    References
    ----------
    .. [1] Department for Education, Property data survey programme, 2012 to 2014: ten per cent sample published with the
       Blockbuster deterioration model.
    """
    if kept_share < 1 and unit_cost_gbp is None:
        raise ValueError("To drop what costs little, unit costs are needed.")
    bare = blocks if components is None else blocks[~blocks.block_id.isin(components.block_id)]
    bare = bare.reset_index(drop=True)
    rows = _matched(bare, inventory.reset_index(drop=True))
    amount = rows.amount * rows.quantity_per_unit
    low = rows.amount * np.where(rows.presence_share >= 1 - TENTH, rows.low_per_unit, 0.0)
    high = rows.amount * rows.high_per_unit
    parts = []
    for grade in GRADES:
        share = rows[f"grade_{grade.lower()}_share"]
        parts.append(rows.assign(grade=grade, quantity=amount * rows.presence_share * share, quantity_low=low * share,
                                 quantity_high=high * share))
    parts = pd.concat(parts, ignore_index=True)
    parts = parts[parts.quantity > 0]
    if unit_cost_gbp is not None:
        parts = _without_dust(parts, unit_cost_gbp, kept_share)
    parts = parts.assign(quantity_basis=parts.measured_by, surveyed=pd.Series(pd.NaT, parts.index, dtype="datetime64[ns]"))
    return parts.sort_values(["block_row", "type_id", "grade"], ignore_index=True)[COLUMNS]


def _matched(blocks, inventory):
    """A row for each block and type of its size: by the type's own geometry where that is known, else by floor area."""
    storeys = blocks.storeys if "storeys" in blocks else pd.Series(np.nan, blocks.index)
    told = np.select([storeys.isna(), storeys <= 1], ["any", "one"], "several")
    bands = inventory[["gifa_from_m2", "gifa_below_m2"]].apply(pd.to_numeric, errors="coerce").astype(float)
    bands = bands.fillna({"gifa_below_m2": np.inf})
    amounts = measurements(blocks)
    tables = []
    for (least, below, kind), own in inventory.groupby([bands.gifa_from_m2, bands.gifa_below_m2, "storeys"], sort=False):
        inside = np.flatnonzero((blocks.gifa_m2 >= least) & (blocks.gifa_m2 < below) & (told == kind))
        for by, measured in own.groupby("measured_by", sort=False):
            tables.append(pd.DataFrame({"block_row": inside, "amount": amounts[by].to_numpy()[inside]}).merge(
                measured.drop(columns="storeys"), how="cross"))
    rows = pd.concat(tables, ignore_index=True) if tables else inventory.assign(block_row=0, amount=0.0)[:0]
    lost = blocks.block_id[~blocks.index.isin(rows.block_row)]
    if len(lost):
        raise ValueError(f"Blocks of no size or storeys of the inventory: {', '.join(map(str, lost[:5]))}.")
    rows = rows[rows.amount.notna()]
    rows = rows.assign(own=rows.measured_by != FLOOR_AREA).sort_values(["block_row", "type_id", "own"], kind="stable")
    rows = rows.drop_duplicates(["block_row", "type_id"], keep="last")
    return rows.assign(**{name: blocks[name].to_numpy()[rows.block_row.to_numpy(int)] for name in ("block_id", "site_id")})


def _without_dust(parts, unit_cost_gbp, kept_share):
    """Rows that make up the share wanted of the cost of their block, element and grade, scaled to carry all of it."""
    element = parts.type_id.str.split(".").str[0]
    costs = unit_cost_gbp.loc[parts.type_id, list(GRADES)].to_numpy()
    cost = costs[np.arange(len(parts)), parts.grade.map({grade: i for i, grade in enumerate(GRADES)}).to_numpy(int)]
    parts = parts.assign(element=element, cost=cost * parts.quantity).sort_values(
        ["block_row", "element", "grade", "cost", "type_id"], ascending=[True, True, True, False, True], ignore_index=True)
    groups = parts.groupby(["block_row", "element", "grade"]).cost
    total, before = groups.transform("sum"), groups.cumsum() - parts.cost
    kept = (parts.cost > 0) & (before < kept_share * total)
    parts = parts[kept]
    scale = total[kept] / parts.groupby(["block_row", "element", "grade"]).cost.transform("sum")
    return parts.assign(**{name: parts[name] * scale for name in ("quantity", "quantity_low", "quantity_high")})
