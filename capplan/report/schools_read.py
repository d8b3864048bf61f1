"""Everything the papers of schools are made from, read and added up once for all of them."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import DataError, Fault
from ..estate import read_estate
from ..run_records import INPUTS, RECORD, read_record, unpack_inputs
from ..tabular import read_cells
from .register import FROM_LIST, deferred_register
from .results import CONTRIBUTION_ROUTE, RESERVES_ROUTE, in_plan

CENTRE = ""
CENTRE_NAME = "The centre of the trust"
TEXTS = {
    "components": ("component_id", "school_id", "block_id", "site_id", "element", "type_id", "grade", "construction_type",
                   "surveyed"),
    "ownership_options": ("need", "option", "scheme_id", "school_id", "block_id", "element", "chosen"),
    "energy": ("school_id", "plan", "fuel"),
    "candidates/pots": ("pot_id", "school_id", "route"),
    "assumptions": ("figure", "meaning", "source", "status", "value"),
}
NUMBERS = {
    "components": ("quantity", "expected_life_years", "poor_at_start", "poor_at_end", "fails_in_first_year", "cost_to_a_gbp",
                   "treated_in"),
    "ownership_options": ("start_year", *(f"{name}_present_gbp" for name in (
        "capital", "patching", "failures", "closures", "handed_on", "total"))),
    "energy": ("year", "use_kwh", "cost_gbp", "footprint_tco2e"),
    "candidates/pots": ("amount",), "assumptions": (),
}
SUMS = {"schemes": "Schemes planned", "works_gbp": "Works planned and paid for",
        "grants_gbp": "of it from grants", "reserves_gbp": "of it from the trust's reserves",
        "others_gbp": "of it from what others pay", "waiting": "Needs that wait",
        "waiting_gbp": "Needs that wait, if done in the first year at the cheapest remedy",
        "contributed_gbp": "Contributed to the trust's common money", "received_gbp": "Received from it",
        "central_services_gbp": "of it central services, shared by income", "net_gbp": "Received less contributed"}
"""What every statement adds up to: the name of each sum and how it is said."""
LEDGER = ("contributed_gbp", "received_gbp", "central_services_gbp", "net_gbp")
COUNTS = ("schemes", "waiting")


@dataclass(frozen=True)
class SchoolsRead:
    """What the papers of schools are made from.

    ``estate`` is what the run was made from, ``None`` where the folder does not keep it; ``tables`` holds the tables a
    folder may lack, empty then; ``deferred`` is the register of needs that wait; ``sums`` has a row for each school and,
    with a blank name, the centre.
    """

    results: object
    estate: object
    tables: dict = field(repr=False)
    deferred: pd.DataFrame = field(repr=False)
    sums: pd.DataFrame = field(repr=False)
    dated: str = ""
    run_id: str = ""

    def table(self, name, school_id=None):
        """A table of the folder, whole or the rows of one school."""
        frame = self.tables[name]
        return frame.copy(deep=False) if school_id is None else frame[frame.school_id == school_id].copy(deep=False)

    def control_of(self, row):
        """Interim control of a row of ``deferred`` in a sentence or two, with who looks after it and when."""
        own = "" if row.control_from != FROM_LIST else " (assumed)"
        return f"{row.control.rstrip('.')}{own}. {row.owner[:1].upper()}{row.owner[1:]}; look again {row.look_again}."

    def name_of(self, school_id):
        """What a school, or the centre, is called."""
        return self.sums.name[school_id]

    def site_of(self, site_id):
        """School that uses a site; the centre where nobody knows."""
        sites = self.estate.sites.set_index("site_id").school_id
        return sites.get(site_id, CENTRE)


def read_schools(results):
    """Read what the papers of schools need from a results folder.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it. Tables beside those, ``inputs.zip`` and ``run.json`` are read where they are there.

    Returns
    -------
    SchoolsRead

    Raises
    ------
    DataError
        If a table that is there cannot be read, or what the run was made from is damaged.
    """
    tables, faults = {}, []
    for name in TEXTS:
        tables[name], own = further_table(results.folder, name, TEXTS[name], NUMBERS[name])
        faults += own
    if faults:
        raise DataError(faults)
    deferred = deferred_register(results)
    dated, run_id = f"{results.years[0]}-09-01", ""
    if (Path(results.folder) / RECORD).is_file():
        record = read_record(results.folder)
        dated, run_id = record["made_at"][:10], record["run_id"]
    return SchoolsRead(results, kept_estate(results.folder), tables, deferred, statement_sums(results, deferred), dated,
                       run_id)


def kept_estate(folder):
    """The estate a run was made from, as its results folder keeps it.

    Parameters
    ----------
    folder : str or Path
        Results folder.

    Returns
    -------
    Estate or None
        ``None`` where the folder keeps no estate, as one made by ``capplan optimise``.

    Raises
    ------
    DataError
        If what it keeps is damaged.
    """
    if not folder or not (Path(folder) / INPUTS).is_file():
        return None
    with tempfile.TemporaryDirectory() as place:
        unpack_inputs(folder, Path(place))
        return read_estate(place)


def statement_sums(results, deferred):
    """What the statement of each school adds up to.

    Parameters
    ----------
    results : Results
    deferred : DataFrame
        As ``register.deferred_register`` gives it.

    Returns
    -------
    DataFrame
        Index: school_id, every school in the order of ``schools.csv``, then the centre (blank) where anything belongs to it.
        Columns: ``name`` and those of ``SUMS``. [GBP nominal; missing where nobody knows it]

    Notes
    -----
    Schemes of no school (a loan, works of the trust) are the centre's. *Counterexample:* works at a shared site stand with
    the one school that the site is given to.
    """
    homes = results.schemes.set_index("scheme_id").school_id
    routes = results.cashflow.drop_duplicates("pot_id").set_index("pot_id").route
    draws = in_plan(results, results.draws)
    draws = draws.assign(school_id=draws.scheme_id.map(homes), source=draws.pot_id.map(routes).map(
        {RESERVES_ROUTE: "reserves_gbp", CONTRIBUTION_ROUTE: "others_gbp"}).fillna("grants_gbp"))
    spent = draws.groupby(["school_id", "source"]).amount_gbp.sum().unstack(fill_value=0.0)
    ledger = results.ledger.fillna({"school_id": CENTRE}).groupby("school_id")[list(LEDGER)].sum(min_count=1)
    frame = pd.DataFrame({
        "schemes": results.funded.groupby("school_id").size(), "works_gbp": draws.groupby("school_id").amount_gbp.sum(),
        **{name: spent.get(name, 0.0) for name in ("grants_gbp", "reserves_gbp", "others_gbp")},
        "waiting": deferred.groupby("school_id").size(), "waiting_gbp": deferred.groupby("school_id").cost_gbp.sum()})
    frame = frame.reindex(frame.index.union(ledger.index)).join(ledger)
    centre = [CENTRE] if CENTRE in frame.index else []
    names = results.schools.set_index("school_id").name
    frame = frame.reindex([*names.index, *centre])
    plain = [name for name in SUMS if name not in LEDGER]
    frame[plain] = frame[plain].fillna(0.0)
    frame = frame.astype(dict.fromkeys(COUNTS, int))
    frame.insert(0, "name", [names.get(school, CENTRE_NAME) for school in frame.index])
    return frame.rename_axis("school_id")[["name", *SUMS]]


def programme_sums(results, deferred):
    """What the statements must add up to, from other tables than theirs where there are any.

    Parameters
    ----------
    results : Results
    deferred : DataFrame
        As ``register.deferred_register`` gives it.

    Returns
    -------
    Series
        By the names of ``SUMS``: schemes started, what leaves the pots in the years of the plan, and nothing for the common
        money, whose two sides cancel.
    """
    out = in_plan(results, results.cashflow).groupby("route").out_gbp.sum()
    reserves, others = (float(out.get(route, 0.0)) for route in (RESERVES_ROUTE, CONTRIBUTION_ROUTE))
    known = results.ledger[list(LEDGER)].notna().all() if len(results.ledger) else pd.Series(False, LEDGER)
    return pd.Series({
        "schemes": len(results.funded), "works_gbp": float(out.sum()), "grants_gbp": float(out.sum()) - reserves - others,
        "reserves_gbp": reserves, "others_gbp": others, "waiting": len(deferred),
        "waiting_gbp": float(deferred.cost_gbp.sum()), **{name: 0.0 if known[name] else float("nan") for name in LEDGER}})


def further_table(folder, name, texts, numbers):
    """A table of a results folder that it may lack, as text and numbers.

    Parameters
    ----------
    folder : str or Path
        Results folder.
    name : str
        The table, without ``.csv``.
    texts, numbers : sequence of str
        Its columns that are wanted.

    Returns
    -------
    tuple of (DataFrame or None, list of Fault)
        No rows where it is not there; ``None`` where it is at fault.
    """
    path, columns = Path(folder) / f"{name}.csv", (*texts, *numbers)
    if not path.is_file():
        return pd.DataFrame(columns=list(columns)), []
    cells, faults = read_cells(path)
    if cells is None:
        return None, faults
    lost = [Fault(path.name, 1, column, "no such column", "there; capplan run writes it") for column in columns
            if column not in cells]
    if lost:
        return None, lost
    frame = cells[list(columns)].copy()
    for column in numbers:
        text = frame[column].str.strip()
        frame[column] = pd.to_numeric(text.where(text != ""), errors="coerce").astype(float)
        bad = frame[column].isna() & (text != "")
        lost += [Fault(path.name, int(row), column, repr(value), "a number") for row, value in text[bad].items()]
    return frame.reset_index(drop=True), lost
