"""DfE's property data survey (2012-14), read into an estate with every oddity counted and listed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .. import reference
from ..errors import AuditError, DataError, Fault
from ..estate import write_estate
from ..tables import COMPONENTS, EARLIEST_SURVEY
from ..tabular import write_frame
from . import pds_geometry as geometry
from . import pds_quantities
from .pds_columns import HEADINGS, NUMBERS, PERCENTAGES, match_columns, numbers, read_source, words
from .pds_identity import identified, places, translated, wanted_rows
from .pds_oddities import OddityLog

COST_PRICE_BASE = 2016
POOL_ANSWERS = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes", "no": "no", "n": "no", "false": "no", "0": "no"}


@dataclass(frozen=True)
class PdsImport:
    """A property data survey file as an estate, and the account of every one of its rows.

    Raises
    ------
    AuditError
        If the rows kept, set aside and elsewhere do not sum to the rows read.
    """

    frames: dict = field(repr=False)
    """Typed tables of the estate by name: trust, schools, sites, blocks, components."""
    anomalies: pd.DataFrame = field(repr=False)
    """Every oddity looked for: oddity, rows, what_was_done."""
    listed: pd.DataFrame = field(repr=False)
    """One row per oddity of a source row: source_row, oddity, site_id, building_id, element_id, found, done."""
    set_aside: pd.DataFrame = field(repr=False)
    """Source rows not kept, as they came, after source_row and why."""
    rows_read: int
    """Rows of the file below its header; blank lines are not rows."""
    rows_kept: int
    """Rows that became components."""
    rows_elsewhere: int = 0
    """Rows of local authorities that were not asked for."""

    def __post_init__(self):
        accounted = self.rows_kept + len(self.set_aside) + self.rows_elsewhere
        if accounted != self.rows_read or self.rows_kept != len(self.frames["components"]):
            raise AuditError(f"{self.rows_read:,} rows read, {accounted:,} accounted for.")

    def __str__(self):
        odd = int((self.anomalies.rows > 0).sum())
        elsewhere = f", {self.rows_elsewhere:,} of other authorities" if self.rows_elsewhere else ""
        return (f"{self.rows_read:,} rows read: {self.rows_kept:,} kept, {len(self.set_aside):,} set aside{elsewhere}; "
                f"{len(self.frames['sites']):,} sites, {len(self.frames['blocks']):,} blocks; {odd} kinds of oddity")


def read_pds(path, las=(), surveyed="2013-09-01"):
    """Read a property data survey file into the tables of an estate.

    Parameters
    ----------
    path : str or Path
        CSV or Parquet in the survey's layout: one row per component with the measurements of its block and site.
    las : iterable of int or str
        Numbers of the local authorities wanted; all of them if empty.
    surveyed : str or date
        Date given to every component, since the file has none. The programme ran from 2012 to 2014.

    Returns
    -------
    PdsImport
        Costs are in 2016 prices [GBP]; quantities in the unit of their type [m2, m or nr], those of windows and doors,
        walls, lifts and pools as the survey costed them and not as its file says.

    Raises
    ------
    DataError
        If the file cannot be read, lacks an indispensable column, holds no row of an authority asked for, holds a
        local authority whose region is not known, or leaves no component or no block.

    References
    ----------
    .. [1] Department for Education, Property data survey programme, 2012 to 2014.
    """
    surveyed, path = _survey_date(surveyed), Path(path)
    source = read_source(path)
    columns = match_columns(list(source), path.name)
    at = places(source, columns)
    wanted = wanted_rows(at.la, las, path.name)
    rows_read, source = len(source), source[wanted]
    rows, unreadable = _parsed(source, columns)
    log = OddityLog(rows)
    _note_file(log, source, columns, rows_read)
    rows = identified(pd.concat([rows, at[wanted]], axis=1), log)
    why = _set_aside_reasons(rows, source, log)
    rows = geometry.filled(geometry.without_bad_percentages(rows, log), log)
    block_values, site_values = geometry.blocks(rows, log, unreadable), geometry.sites(rows, log, unreadable)
    quantity = pds_quantities.quantities(rows, log, why == "", "unit_area" in columns)
    why = _aside(why, log, "quantity that cannot be worked out", quantity.isna(), "no quantity")
    kept = why == ""
    _note_repeats(rows, kept, log)
    rows = rows.assign(quantity=quantity, cost=_costs(rows, log, unreadable.cost, "cost" in columns),
                       block=rows.label.where(rows.label.isin(block_values.index), ""))[kept]
    _refuse_unknown_authorities(rows, path.name)
    frames = _frames(rows, block_values, site_values, surveyed)
    _refuse_nothing(frames, why, path.name)
    set_aside = pd.concat([why[~kept].rename("why"), source[~kept]], axis=1).rename_axis("source_row").reset_index(
        allow_duplicates=True)
    return PdsImport(frames, log.anomalies(), log.listed(), set_aside, rows_read, len(rows), rows_read - len(source))


def write_pds(imported, folder):
    """Write an imported survey as an estate folder, with the account of its rows in ``import_report``.

    Parameters
    ----------
    imported : PdsImport
        As ``read_pds`` returns it.
    folder : str or Path
        Folder to write to; made if it is not there.
    """
    folder = Path(folder)
    report = folder / "import_report"
    report.mkdir(parents=True, exist_ok=True)
    write_estate(imported.frames, folder)
    write_frame(imported.anomalies, report / "anomalies.csv")
    write_frame(_without_formulas(imported.listed), report / "oddities.csv")
    write_frame(_without_formulas(imported.set_aside), report / "set_aside.csv")


def _without_formulas(frame):
    """Text cells a spreadsheet would run as a formula, made plain by an apostrophe."""
    def plain(values):
        """One column, its cells as text that no spreadsheet runs."""
        if not (pd.api.types.is_string_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype)):
            return values
        text = values.astype(object).where(values.notna(), "").astype(str)
        return text.mask(text.str.match(r"[=+@\t]"), "'" + text)

    return frame.apply(plain)


def _survey_date(surveyed):
    text = surveyed if isinstance(surveyed, str) else f"{surveyed:%Y-%m-%d}"
    date = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(date) or not pd.Timestamp(EARLIEST_SURVEY, 1, 1) <= date <= pd.Timestamp.now():
        raise DataError([Fault("surveyed", None, "", repr(text), "the date of the survey (YYYY-MM-DD), not before "
                               f"{EARLIEST_SURVEY} and not in the future")])
    return date


def _parsed(source, columns):
    """Cells as numbers and words, in the survey's own columns, and where a cell is not the number it should be."""
    parsed, unreadable = {}, {}
    for name in HEADINGS:
        if name in NUMBERS:
            if name in columns:
                parsed[name], unreadable[name] = numbers(source[columns[name]], name in PERCENTAGES)
            else:
                parsed[name], unreadable[name] = np.nan, False
        else:
            parsed[name] = words(source[columns[name]]) if name in columns else ""
    rows = pd.DataFrame(parsed, index=source.index)
    rows["swimming_pool"] = rows.swimming_pool.str.lower().map(POOL_ANSWERS).fillna("").astype("str")
    rows["grade"] = rows.grade.str.upper().str.removeprefix("GRADE ")
    return rows, pd.DataFrame(unreadable, index=source.index)


def _note_file(log, source, columns, rows_read):
    missing = [name for name in HEADINGS if name not in columns and name != "priority"]
    unused = [name for name in source if name not in columns.values()]
    log.note_file("whole file: no date of survey", len(source))
    log.note_file("whole file: PFI, voluntary aided and permanence not surveyed", len(source))
    log.note_file("whole file: columns missing", len(source) if missing else 0, ", ".join(missing))
    log.note_file("whole file: columns not used", len(source) if unused else 0, ", ".join(unused))
    if rows_read == len(source):
        log.note_file("whole file: blank lines between rows", source.index[-1] - 1 - rows_read)


def _aside(why, log, reason, odd, found):
    """Reasons with one more, for the rows that have none yet."""
    odd = odd & (why == "")
    log.note(reason, odd, found)
    return why.mask(odd, reason)


def _set_aside_reasons(rows, source, log):
    comparable = source.apply(lambda cells: cells.astype(str) if cells.dtype == object else cells)
    why = pd.Series("", rows.index, dtype="str")
    why = _aside(why, log, "exact duplicate of an earlier row", comparable.duplicated(), "the same in every column")
    why = _aside(why, log, "no site", rows.site == "", "a blank")
    why = _aside(why, log, "no local authority", rows.la == "", "a blank")
    def names(odd):
        """Element, sub-element and construction type of the odd rows."""
        return rows.element[odd] + " / " + rows.sub_element[odd] + " / " + rows.construction_type[odd]

    why = _aside(why, log, "unknown construction type", rows.type_id == "",
                 lambda odd: (rows.element_id[odd] + " " + names(odd)).str.strip())
    why = _aside(why, log, "no building", (rows.building == "") & rows.in_building, "a blank")
    why = _aside(why, log, "grade not A to E", rows.survey_grade == "", lambda odd: "grade " + rows.grade[odd])
    log.note("grounds without a building", (rows.building == "") & (rows.type_id != "") & ~rows.in_building, "a blank")
    return why


def _note_repeats(rows, kept, log):
    there = (rows.part_of != "") & (rows.type_id != "")
    again = there & rows.duplicated(["part_of", "type_id"])
    log.note("repeated building and element", again,
             lambda odd: "grade " + rows.grade[odd] + ", composition " + rows.composition[odd].astype(str))
    pds_quantities.note_composition_sums(rows, log, kept & (rows.label != ""))


def _costs(rows, log, unreadable, given_in_file):
    """Remedial costs, blank where the file has none that can be believed. [GBP]"""
    cost = rows.cost
    if not given_in_file:
        return cost
    most = COMPONENTS.column("remedial_cost_gbp").most
    bad = unreadable | (cost < 0) | (cost > most)
    log.note("cost negative, unreadable or too great", bad, cost)
    log.note("cost missing", cost.isna() & ~unreadable, "a blank")
    log.note("below grade A without a cost", (cost == 0) & rows.survey_grade.isin(["B", "C", "D"]),
             lambda odd: "grade " + rows.grade[odd])
    log.note("grade A with a cost", (cost > 0) & (rows.survey_grade == "A"), cost)
    return cost.mask(bad)


def _regions():
    table = reference.load("local_authorities")
    return dict(zip(table.la_number.astype(str), table.region, strict=True))


def _refuse_unknown_authorities(rows, where):
    unknown = rows[~rows.la.isin(list(_regions()))]
    if len(unknown):
        raise DataError([
            Fault(where, int(own.index[0]), "la_number", f"{number!r} in this and {len(own) - 1:,} more rows",
                  "a local authority whose region capplan knows, since the region sets the prices (reference/"
                  "local_authorities.csv), or others must be chosen with --la")
            for number, own in unknown.groupby("la", sort=True)])


def _refuse_nothing(frames, why, where):
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in why[why != ""].value_counts().items())
    if not len(frames["components"]):
        raise DataError([Fault(where, None, "", f"no row that can be kept: {reasons}", "at least one component")])
    if not len(frames["blocks"]):
        raise DataError([Fault(where, None, "", "no building with a floor area", "at least one block on a site")])


def _frames(rows, block_values, site_values, surveyed):
    """Typed tables of the estate from the rows kept."""
    first = rows.drop_duplicates("site")
    site_id = first.site.to_numpy()
    schools = pd.DataFrame({"school_id": site_id, "name": "Site " + first.site.to_numpy(),
                            "region": translated(first.la, _regions()).to_numpy(), "pfi": False,
                            "voluntary_aided": False})
    sites = pd.DataFrame({"site_id": site_id, "school_id": site_id}).join(site_values, on="site_id")
    homes = rows[rows.block != ""].drop_duplicates("block")
    blocks = pd.DataFrame({"block_id": homes.block.to_numpy(), "site_id": homes.site.to_numpy()})
    blocks = blocks.join(block_values, on="block_id").assign(permanence="permanent")
    return {"trust": _trust(sorted(first.la.unique())), "schools": schools, "sites": sites, "blocks": blocks,
            "components": _components(rows, surveyed)}


def _trust(las):
    names = reference.load("local_authorities").set_index("la_number").name
    if len(las) == 1:
        return pd.DataFrame({"trust_id": [f"la-{las[0]}"], "name": [f"Surveyed sites in {names[int(las[0])]}"]})
    return pd.DataFrame({"trust_id": ["pds"], "name": [f"Surveyed sites in {len(las)} local authorities"]})


def _components(rows, surveyed):
    types = reference.dfe_component_types()
    number = translated(rows.type_id, types.pds_element_id.astype(int).astype(str))
    sequence = rows.groupby([rows.part_of, number], sort=False).cumcount() + 1
    return pd.DataFrame({
        "component_id": rows.part_of + "-" + number + "-" + sequence.astype(str),
        "site_id": rows.site, "block_id": rows.block, "type_id": rows.type_id, "quantity": rows.quantity,
        "quantity_basis": rows.basis, "grade": rows.survey_grade, "priority": rows.priority, "surveyed": surveyed,
        "remedial_cost_gbp": rows.cost, "cost_price_base": np.where(rows.cost.notna(), COST_PRICE_BASE, np.nan),
    }).reset_index(drop=True)
