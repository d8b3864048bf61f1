"""The mix of the example estate: figures aggregated from DfE's property data survey into scripts/example_mix.csv.

    python scripts/example_mix.py SURVEY     writes scripts/example_mix.csv from the survey's ten per cent sample (Parquet)

``make_example.py`` draws from that file; the survey itself is needed only here.
"""

import argparse
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from capplan import reference

MIX_FILE = Path(__file__).resolve().parent / "example_mix.csv"
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
PERCENTILES = [f"p{round(100 * level)}" for level in LEVELS]
GRADE_COLUMNS = ["grade_a", "grade_b", "grade_c", "grade_d"]
ROOF_STRUCTURES = {"Flat roof": "ROOF.01", "Pitched roof": "ROOF.02"}
GROUNDS = ("External areas", "Playing fields")
FEW = 200

MIX_NOTES = """\
# Figures aggregated from the property data survey of English schools, 2012 to 2014: the ten per cent sample that the
# Department for Education published with its blockbuster model ({rows:,} components,
# {blocks:,} blocks, {grounds:,} grounds).
# Written by scripts/example_mix.py; read by scripts/make_example.py. No row describes one school or one block.
# p10 ... p90 are percentiles, linear in between; what of, by kind:
# type: share of the composition a type makes up where it is found; the shares are of blocks (single-storey,
#   multi-storey) or of grounds that have it; for what lies on a flat or pitched roof, of blocks with such a roof.
#   Grades: of that type, or of its element where fewer than {few} components of the type were seen.
# family: what the compositions of alternatives in one block add up to (on a roof: over the share of that roof); where
#   p10 is 1 they are a whole.
# element: share is of components, cost_share of the renewal cost (unit cost at grade D x quantity), by element. Quantities
#   are those the survey costed: windows_doors is a percentage of the wall (perimeter x height), and the composition
#   of lifts and of pools is their number.
# cost: remedial cost over unit cost x quantity, at that grade, over the median of the same ratio in the same authority
#   (which is its location factor). block, grounds: geometry; correlation: of normal scores.
"""


def read_mix(path=MIX_FILE):
    """The committed aggregate of the survey, without its notes.

    Returns
    -------
    DataFrame
        One row per (kind, name); the notes at the head of the file say what the columns mean.
    """
    return pd.read_csv(path, comment="#")


def family(types):
    """The group of alternatives a type belongs to: element, sub-element and, for roofs, flat or pitched."""
    roof = types.construction_type.str.split(":").str[0]
    part = roof.where(roof.isin(list(ROOF_STRUCTURES)) & (types.sub_element != "Structure"), "")
    return types.element + " / " + types.sub_element + part.where(part == "", " / " + part)


def _drawn(levels, rng):
    """A value between the 10th and 90th of the percentiles given."""
    return float(np.interp(rng.random(), LEVELS, levels))


class Mix:
    """The committed figures, laid out for drawing."""

    def __init__(self, frame):
        self._rows = frame.set_index(["kind", "name"]).sort_index()
        self.levels = dict(zip(self._rows.index, self._rows[PERCENTILES].to_numpy(float), strict=True))
        types = reference.component_types()
        figures = self._rows.loc["type"].reindex(types.index).dropna(subset=["count"])
        types = types.loc[figures.index]
        self.types = types.assign(family=family(types)).join(figures.drop(columns=["cost_share"]))
        grounds = self.types.element.isin(GROUNDS)
        self.families = {False: self._grouped(~grounds), True: self._grouped(grounds)}

    def _grouped(self, wanted):
        return list(self.types[wanted].groupby("family", sort=False))

    def row(self, kind, name):
        """One row of the mix."""
        return self._rows.loc[(kind, name)]

    def draw(self, kind, name, rng):
        """A value drawn from one row's percentiles."""
        return _drawn(self.levels[kind, name], rng)


def write_mix(survey, out=MIX_FILE):
    """Aggregate DfE's survey sample into ``example_mix.csv``.

    Parameters
    ----------
    survey : Path
        Parquet file of the sample, in DfE's column names.
    out : Path
        File to write.
    """
    types = reference.component_types().drop(columns="type_id").rename_axis("type_id").reset_index()
    rows = pd.read_parquet(survey, columns=[
        "la_number", "building_id", "element_id", "grade", "cost", "composition", "storeys", "gifa", "ground_gifa",
        "block_perimeter", "height", "windows_doors", "number_lifts", "site_area_exc_field", "boundary_length",
        "field_area", "unit_area"]).merge(types, left_on="element_id", right_on="pds_element_id", how="left")
    rows["grounds"], rows["family"] = rows.element.isin(GROUNDS), family(rows)
    rows = rows[(rows.grounds | (rows.gifa > 0)) & (rows.composition > 0)].astype({"grade": str})
    rows["quantity"] = _costed_quantity(rows)
    mix = pd.concat([_type_rows(rows), _cost_rows(rows), _geometry_rows(rows)], ignore_index=True)
    mix["count"] = mix["count"].astype("Int64")
    order = ["kind", "name", "count", "share", "share_single_storey", "share_multi_storey", *PERCENTILES,
             *GRADE_COLUMNS, "cost_share"]
    blocks, grounds = (rows[rows.grounds == which].building_id.nunique() for which in (False, True))
    notes = MIX_NOTES.format(rows=len(rows), blocks=blocks, grounds=grounds, few=FEW)
    table = mix[order].round(4).to_csv(index=False, lineterminator="\n")
    out.write_text(notes + table, encoding="utf-8")


def _costed_quantity(rows):
    """What the survey's remedial costs are for: its unit_area, put right where that is not a quantity. [m2, m or nr]"""
    walls_m2, windows_share = rows.block_perimeter * rows.height, rows.windows_doors / 100
    whole = {"windows_doors": walls_m2 * windows_share, "wall": walls_m2 * (1 - windows_share), "lifts": 1.0, "pool": 1.0}
    quantity = rows.unit_area
    for basis, amount in whole.items():
        quantity = quantity.where(rows.quantity_basis != basis, rows.composition * amount)
    return quantity


def _percentiles(groups):
    return groups.quantile(list(LEVELS)).unstack().set_axis(PERCENTILES, axis=1)


def _grade_shares(rows, by):
    return pd.crosstab(rows[by], rows.grade, normalize="index").set_axis(GRADE_COLUMNS, axis=1)


def _type_rows(rows):
    """Rows of kind type, family and element."""
    part = rows.family.str.rsplit(" / ", n=1).str[-1]
    roofs = {kind: rows[rows.type_id == own].groupby("building_id").composition.sum()
             for kind, own in ROOF_STRUCTURES.items()}
    whole = pd.Series(1.0, rows.index)
    for kind, shares in roofs.items():
        whole = whole.where(part != kind, rows.building_id.map(shares))
    rows = rows.assign(part=part, fill=rows.composition / whole, renewal_gbp=rows.cost_d_gbp_per_unit * rows.quantity)
    on = rows.dropna(subset=["fill"])
    places = rows.drop_duplicates("building_id")
    table = on.groupby("type_id").agg(count=("grade", "size"), element=("element", "first"), part=("part", "first"))
    homes = {"share": places[rows.loc[places.index].building_id.isin(rows.building_id[rows.grounds])],
             "share_single_storey": places[places.storeys <= 1], "share_multi_storey": places[places.storeys > 1]}
    for column, own in homes.items():
        inside = on[on.building_id.isin(own.building_id) & (on.grounds == (column == "share"))]
        indoors = own if column == "share" else own[own.building_id.isin(rows.building_id[~rows.grounds])]
        totals = {kind: indoors.building_id.isin(shares.index).sum() for kind, shares in roofs.items()}
        base = table.part.map(totals).fillna(len(indoors))
        table[column] = inside.groupby("type_id").building_id.nunique().reindex(table.index) / base
    grounds = table.element.isin(GROUNDS)
    for column in homes:
        table[column] = table[column].fillna(0).where(grounds == (column == "share"))
    grades = _grade_shares(on, "type_id")
    pooled = _grade_shares(rows, "element")
    few = table["count"] < FEW
    grades[few] = pooled.reindex(table.element[few]).to_numpy()
    table = table.join(_percentiles(on.groupby("type_id").fill)).join(grades)
    sums = _percentiles(on.groupby(["family", "building_id"]).fill.sum().groupby("family"))
    elements = pooled.assign(share=rows.element.value_counts(normalize=True), count=rows.element.value_counts(),
                             cost_share=rows.groupby("element").renewal_gbp.sum() / rows.renewal_gbp.sum())
    return pd.concat([frame.rename_axis("name").reset_index().assign(kind=kind)
                      for kind, frame in (("type", table), ("family", sums), ("element", elements))])


def _cost_rows(rows):
    """Remedial cost over unit cost x quantity, by grade, with the authority's own level taken out."""
    unit_gbp = np.select([rows.grade == grade for grade in "BCD"],
                         [rows[f"cost_{grade}_gbp_per_unit"] for grade in "bcd"], 0.0)
    ratio = rows.cost / (unit_gbp * rows.quantity).where(unit_gbp * rows.quantity > 0)
    ratio = ratio[ratio > 0]
    ratio /= ratio.groupby(rows.la_number).transform("median")
    groups = ratio.groupby(rows.grade.reindex(ratio.index))
    return _percentiles(groups).assign(count=groups.size(), kind="cost").rename_axis("name").reset_index()


def _geometry_rows(rows):
    """Geometry of blocks and grounds, and how alike the grades within one place are."""
    blocks = rows[~rows.grounds].drop_duplicates("building_id")
    multi = blocks[blocks.storeys > 1]
    grounds = rows[rows.grounds & (rows.gifa >= 1000)].drop_duplicates("building_id")
    area_m2 = grounds.site_area_exc_field
    drawn = {("block", "gifa (m2)"): blocks.gifa,
             ("block", "perimeter / root of ground gifa"): blocks.block_perimeter / blocks.ground_gifa ** 0.5,
             ("block", "storey height (m)"): blocks.height / blocks.storeys,
             ("block", "windows and doors (percent of wall)"): blocks.windows_doors,
             ("block", "ground x storeys / gifa, multi-storey"): multi.ground_gifa * multi.storeys / multi.gifa,
             ("grounds", "site area / gifa"): area_m2 / grounds.gifa,
             ("grounds", "field area / site area"): grounds.field_area / area_m2,
             ("grounds", "boundary / root of all area"):
                 grounds.boundary_length / (area_m2 + grounds.field_area) ** 0.5}
    shares = {"lift, multi-storey": multi.number_lifts > 0,
              "multi-storey, up to 500 m2": blocks.storeys[blocks.gifa <= 500] > 1,
              "multi-storey, 500 to 1500 m2": blocks.storeys[(blocks.gifa > 500) & (blocks.gifa <= 1500)] > 1,
              "multi-storey, over 1500 m2": blocks.storeys[blocks.gifa > 1500] > 1}
    table = [{"kind": kind, "name": name, "count": values.notna().sum(),
              **dict(zip(PERCENTILES, values.quantile(list(LEVELS)), strict=True))}
             for (kind, name), values in drawn.items()]
    table += [{"kind": "block", "name": name, "count": len(values), "share": values.mean()}
              for name, values in shares.items()]
    ranks = rows.groupby("type_id").grade.rank(pct=True) - 0.5 / rows.groupby("type_id").grade.transform("size")
    scores = pd.Series([NormalDist().inv_cdf(rank) for rank in ranks], rows.index).groupby(rows.type_id)
    scores = ((scores.transform(lambda own: own - own.mean())) / scores.transform("std")).dropna()
    places = scores.groupby(rows.building_id.reindex(scores.index))
    alike = places.mean().var() - 1 / places.size().mean()
    table.append({"kind": "block", "name": "correlation of grades", "count": len(places), "share": alike})
    return pd.DataFrame(table)


def main():
    """Read the command line and write the mix."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("survey", type=Path, help="DfE's survey sample, Parquet")
    write_mix(options.parse_args().survey)


if __name__ == "__main__":
    main()
