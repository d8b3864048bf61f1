"""A trust's condition beside that of others: its schools and blocks, DfE's sample, and trusts that share without names."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .. import reference
from ..columns import Column, Kind, Table, gbp_column, year_column
from ..condition.benchmark import NEEDS, RENEWALS, measures, place_needs
from ..errors import DataError, Fault
from ..run_records import INPUTS, RECORD, read_record
from ..tables import PHASES, REGIONS
from ..tabular import read_cells, typed
from .results import read_results
from .schools_read import kept_estate
from .words import plain, shortened

NOT_KNOWN = "phase not given"
ROUND_M2, ROUND_GBP = 10, 100
GROUNDS = ("External areas", "Playing fields")
MOST_PEERS = 26

SHARED = Table("benchmark", "Schools of a trust without names, for another trust to lay beside its own.", (), (
    Column("phase", Kind.TEXT, "Phase of education, or that it is not given.", most=60),
    Column("region", Kind.CHOICE, "Region.", choices=REGIONS),
    Column("blocks", Kind.INTEGER, "Blocks.", "blocks", least=0, most=10_000),
    Column("gifa_m2", Kind.NUMBER, "Gross internal floor area, to the next 10.", "m2", least=0, most=1e7),
    *(gbp_column(name, f"Cost of bringing grade {name[5].upper()} to A at DfE's unit costs of 2016, to the next 100.")
      for name in NEEDS),
    *(gbp_column(name, f"Cost of renewing what stands at grade {name[8].upper()}, on the same costs, to the next 100.")
      for name in RENEWALS),
    Column("modelled_share", Kind.NUMBER, "Part of the renewal cost that is modelled, not surveyed.", least=0, most=1),
    gbp_column("backlog_now_gbp", "Backlog (C to E) expected at the start of the plan, with wear, location and fees, in "
               "prices of price_base; blank where it is not known.", needed=False),
    year_column("price_base", "Year whose prices that backlog is in.", needed=False)))


@dataclass(frozen=True)
class Benchmark:
    """Schools and blocks of a trust on DfE's yardstick, and the schools of its peers.

    ``schools`` and ``blocks`` have the columns of ``place_needs`` (grounds left out), ``schools`` those of ``SHARED`` too,
    with names; ``peers`` has a frame like ``SHARED`` for each other trust, called Trust A, Trust B and so on.
    """

    trust: str
    price_base: int
    schools: pd.DataFrame = field(repr=False)
    blocks: pd.DataFrame = field(repr=False)
    peers: dict = field(default_factory=dict, repr=False)


def benchmark(results, peers=()):
    """Lay the trust of a results folder beside its peers.

    Parameters
    ----------
    results : Results
        As ``read_results`` gives it; its folder keeps the estate (``inputs.zip``).
    peers : sequence of str or Path
        Results folders of other trusts, or tables as ``shared`` makes them. Which letter each gets follows what it would
        take to bring it to grade A, the most first, and not the order they are given in.

    Returns
    -------
    Benchmark

    Raises
    ------
    DataError
        With everything wrong with the folders and tables given.
    """
    schools, blocks = own_places(results)
    found, faults = [], []
    for peer in peers:
        try:
            found.append(_peer(Path(peer)))
        except DataError as error:
            faults += error.faults
    if len(peers) > MOST_PEERS:
        faults.append(Fault("--peers", None, "", f"{len(peers)} trusts", f"at most {MOST_PEERS}"))
    if faults:
        raise DataError(faults)
    order = sorted(found, key=lambda frame: -frame[NEEDS].to_numpy().sum() / max(frame.gifa_m2.sum(), 1.0))
    return Benchmark(results.solution["trust"], results.solution["price_base"], schools, blocks,
                     {f"Trust {chr(ord('A') + place)}": frame for place, frame in enumerate(order)})


def own_places(results):
    """Schools and blocks of a results folder on the yardstick.

    Parameters
    ----------
    results : Results

    Returns
    -------
    tuple of (DataFrame, DataFrame)
        Schools by ``school_id`` with the columns of ``SHARED`` and ``name``; blocks by ``block_id`` with ``region`` and
        those of ``place_needs``. Grounds, ICT and temporary buildings listed as one item are no part of either, as they
        are no part of DfE's sample of blocks.

    Raises
    ------
    DataError
        If the folder does not keep its estate.
    """
    estate = kept_estate(results.folder)
    if estate is None:
        raise DataError([Fault(f"{results.folder}: {INPUTS}", None, "", "no such file",
                               "there, with the tables of the estate; capplan run writes it")])
    types = reference.dfe_component_types()
    parts = estate.components
    parts = parts[(parts.block_id != "") & parts.type_id.isin(types.index)].rename(columns={"block_id": "place"})
    area = estate.blocks.set_index("block_id").gifa_m2
    blocks = place_needs(parts, types, area, GROUNDS)
    home = estate.blocks.set_index("block_id").site_id.map(estate.sites.set_index("site_id").school_id)
    about = estate.schools.set_index("school_id")
    schools = blocks.groupby(home).sum().reindex(about.index, fill_value=0.0)
    modelled = place_needs(parts[parts.surveyed.isna()], types, area, GROUNDS)[RENEWALS].sum(axis=1).groupby(home).sum()
    whole = schools[RENEWALS].sum(axis=1)
    facts = results.schools.set_index("school_id")
    schools = schools.assign(
        name=about["name"], phase=about.phase.replace("", NOT_KNOWN), region=about.region,
        blocks=home.value_counts().reindex(about.index, fill_value=0),
        modelled_share=(modelled.reindex(about.index, fill_value=0.0) / whole.where(whole > 0)).fillna(0.0).round(4),
        backlog_now_gbp=facts.backlog_now_gbp.reindex(about.index), price_base=results.solution["price_base"])
    known = blocks[blocks[RENEWALS].sum(axis=1) > 0]
    return schools, known.assign(region=home.map(about.region).reindex(known.index))


def shared(schools):
    """What a trust gives to others: its schools in the order of their size, rounded, without names or identifiers.

    Parameters
    ----------
    schools : DataFrame
        As ``own_places`` returns them.

    Returns
    -------
    DataFrame
        As ``SHARED`` declares it.

    Notes
    -----
    Areas are rounded to 10 m2 and pounds to 100. *Counterexample:* who knows every school of a region by its size can still
    tell which it is; share with those you trust.
    """
    frame = schools[SHARED.column_names].sort_values(["gifa_m2", "need_c_gbp", "need_b_gbp"], kind="stable")
    money = [*NEEDS, *RENEWALS, "backlog_now_gbp"]
    frame = frame.assign(gifa_m2=(frame.gifa_m2 / ROUND_M2).round() * ROUND_M2, modelled_share=frame.modelled_share.round(2),
                         **{name: (frame[name] / ROUND_GBP).round() * ROUND_GBP for name in money})
    return frame.reset_index(drop=True)


def _peer(path):
    """The schools of another trust, without names: of its results folder, or of a table it shared."""
    if path.is_dir():
        return shared(own_places(read_results(path))[0])
    if not path.is_file():
        raise DataError([Fault(str(path), None, "", "no such file or folder",
                               "a results folder, or a table that capplan benchmark --share wrote")])
    cells, faults = read_cells(path)
    if cells is not None:
        frame, own = typed(SHARED, cells, path.name)
        faults = faults + own
    if faults:
        raise DataError(faults)
    if not len(frame):
        raise DataError([Fault(path.name, None, "", "no rows", "at least one school")])
    return frame.reset_index(drop=True)


def all_together(frame):
    """The measures of all places of a frame together: one Series."""
    return measures(frame[["gifa_m2", *NEEDS, *RENEWALS]].sum().to_frame().T).iloc[0]


def phases_in_order(phases):
    """Phases in the order of ``tables.PHASES``, what is not given last."""
    order = {phase: place for place, phase in enumerate(PHASES)}
    return sorted(set(phases), key=lambda phase: (order.get(phase, len(order)), phase))


def dated_run(results):
    """The day a run was made (the first of the plan where its folder does not say), and which run it is, for a foot."""
    solution = results.solution
    foot = f"capplan {plain(solution['capplan_version'])}, scenario {shortened(solution['scenario'], 40)}"
    if not (Path(results.folder) / RECORD).is_file():
        return f"{results.years[0]}-09-01", foot
    record = read_record(results.folder)
    return record["made_at"][:10], f"{foot}, run {record['run_id'][:12]}"
