"""An estate whose unsurveyed blocks are filled with modelled components, so that totals leave nothing out and say so."""

from dataclasses import dataclass, field

import pandas as pd

from . import reference
from .condition.inventory import modelled_components
from .errors import DataError
from .tables import COMPONENTS, ESTATE_TABLES
from .tabular import as_cells, typed

LONGEST_ID = 80
KEPT_COST_SHARE = 0.9
"""The dearest modelled components that make up this share of an element's cost at a grade stand for all of it: a matter of
how many rows an estate is to have, since every total of block, element and grade stays as it is."""
DECIMALS = 4
GROUNDS = ("External areas", "Playing fields")
UNIT_COSTS = {"A": "cost_d_gbp_per_unit", "B": "cost_b_gbp_per_unit", "C": "cost_c_gbp_per_unit", "D": "cost_d_gbp_per_unit"}


@dataclass(frozen=True)
class FilledEstate:
    """An estate's tables with modelled components, and what was modelled."""

    frames: dict = field(repr=False)
    """Typed tables by name, as ``estate.write_estate`` takes them."""
    blocks: pd.DataFrame = field(repr=False)
    """Blocks filled: block_id, site_id, gifa_m2, components."""
    grounds_left_out: tuple
    """Sites without a component of the grounds; theirs are not modelled."""
    gifa_share: float
    """Share of the estate's floor area that was filled. [-]"""
    notes: tuple
    """The same in words."""

    def __str__(self):
        return " ".join(self.notes)


def fill_unsurveyed(estate):
    """Give every block that has no component the expected ones of surveyed blocks of its size.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    FilledEstate
        The estate's tables with the modelled components after its own, named ``BLOCK.M001`` and on, and the account.

    Raises
    ------
    DataError
        If a modelled component would not pass the estate's own checks.

    Notes
    -----
    A block with any component counts as surveyed. *Counterexample:* one whose network switch alone is listed: its roof
    is still unknown. External areas and playing fields are not modelled, since they go with the site and not with the
    block; sites without any are named. *Counterexample:* a site whose whole backlog is its car park. Unit costs of the
    published types weigh which modelled components are worth a row; see ``condition.inventory`` for the rest.
    """
    components = estate.components
    bare = estate.blocks[~estate.blocks.block_id.isin(components.block_id)]
    added = _modelled(bare, components)
    frames = {table.name: estate.table(table.name) for table in ESTATE_TABLES}
    if len(added):
        cells = [as_cells(COMPONENTS, frame) for frame in (components, added)]
        whole = pd.concat(cells, ignore_index=True).fillna("")
        whole.index = whole.index + 2
        frames["components"], faults = typed(COMPONENTS, whole, "components.csv")
        if faults:
            raise DataError(faults)
    counts = added.groupby("block_id").size()
    filled = bare[["block_id", "site_id", "gifa_m2"]].assign(components=bare.block_id.map(counts).fillna(0).astype(int))
    share = float(filled.gifa_m2.sum() / estate.blocks.gifa_m2.sum())
    left_out = tuple(_sites_without_grounds(estate))
    return FilledEstate(frames, filled.reset_index(drop=True), left_out, share,
                        tuple(_notes(filled, len(estate.blocks), share, left_out)))


def _modelled(blocks, components):
    """Modelled components of the blocks, in the columns of an estate."""
    types = reference.component_types()
    costs = types[list(UNIT_COSTS.values())].set_axis(list(UNIT_COSTS), axis=1)
    parts = modelled_components(blocks, reference.load("inventory"), components, costs, KEPT_COST_SHARE)
    parts = parts.assign(quantity=parts.quantity.round(DECIMALS), priority=pd.Series(pd.NA, parts.index, dtype="Int64"))
    parts = parts[parts.quantity > 0].reset_index(drop=True)
    stems = _stems(blocks.block_id, components.component_id)
    number = parts.groupby("block_id", sort=False).cumcount() + 1
    names = [f"{stems[block]}{count:03d}" for block, count in zip(parts.block_id, number, strict=True)]
    parts.insert(0, "component_id", pd.Series(names, parts.index, dtype="str"))
    return parts[[name for name in COMPONENTS.column_names if name in parts]]


def _stems(block_ids, taken):
    """What the names of a block's modelled components begin with: short enough, and no other component's beginning."""
    room, taken, stems = LONGEST_ID - len("9999"), tuple(taken), {}
    for position, block in enumerate(block_ids, start=1):
        stem = f"{block}.M" if len(block) + 2 <= room else f"block-{position}.M"
        while stem in stems.values() or any(name.startswith(stem) for name in taken):
            stem = f"block-{position}.M" if len(stem) >= room else f"{stem}M"
        stems[block] = stem
    return stems


def _sites_without_grounds(estate):
    elements = reference.component_types().element
    components = estate.components
    have = components.site_id[components.type_id.map(elements).isin(GROUNDS)]
    return estate.sites.site_id[~estate.sites.site_id.isin(have)].to_list()


def _notes(filled, blocks, share, left_out):
    if not len(filled):
        yield "Every block has components; none was modelled."
    else:
        yield (f"{len(filled):,} of {blocks:,} blocks ({filled.gifa_m2.sum():,.0f} m2, {share:.0%} of the floor area) had "
               f"no component; {filled.components.sum():,} modelled ones were added, the mean of blocks of their size in "
               "DfE's survey of 2012 to 2014, at the grades found then. They are right for totals over many blocks and not "
               "for any one of them.")
    if left_out:
        yield (f"External areas and playing fields are not modelled: {len(left_out):,} "
               f"site{'s have' if len(left_out) != 1 else ' has'} none ({', '.join(left_out[:5])}"
               f"{' and others' if len(left_out) > 5 else ''}).")
