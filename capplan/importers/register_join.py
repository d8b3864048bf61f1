"""School facts of DfE's registers joined to an estate by URN: blanks filled, and everything that does not agree listed."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import DataError, Fault
from ..estate import write_estate
from ..reference import load
from ..tables import ESTATE_TABLES, ROLLS, SCHOOLS
from ..tabular import as_cells, typed, write_frame
from .registers import CENSUS, is_special

FILLED = ("name", "phase", "region", "la_number", "opened", "closed", "pupils", "capacity", "income_gbp",
          "revenue_reserve_gbp")
STAGES = {"primary": ("reception", "stage_1", "stage_2"), "secondary": ("stage_3", "stage_4"), "post16": ("stage_5",)}
EARLY = ("early", "nursery")
COLUMNS = ["school_id", "urn", "file", "fact", "estate", "register", "finding", "done"]
NO_URN, LOST, SHUT, DIFFERS, FILLS, APART, WORD, SUMS = (
    "no URN", "not in the file", "closed", "differs", "blank in the estate", "files differ", "word not known",
    "stages do not add up")
LEFT, TAKEN, NOTHING = "left as it is", "taken from the register", "nothing taken"


@dataclass(frozen=True)
class Joined:
    """An estate with the facts of registers, and every finding: one row per school, file and fact that was filled in, does
    not agree or is not there, with what was done."""

    frames: dict = field(repr=False)
    findings: pd.DataFrame = field(repr=False)


def join_registers(estate, registers, prefer="estate"):
    """Join registers to the schools and rolls of an estate by URN.

    Parameters
    ----------
    estate : Estate
    registers : list of Register
        As ``read_registers`` returns them.
    prefer : str
        ``estate``: only blanks are filled. ``register``: what does not agree is taken from the register too.

    Returns
    -------
    Joined

    Raises
    ------
    ValueError
        If ``prefer`` is neither.
    DataError
        If no school has a URN, or a register says what an estate cannot hold.

    Notes
    -----
    Nothing is taken from a school that a register calls closed: its URN may be that of a school it replaced. Pupils are
    those of the latest census given, else of the register of schools. Part-time pupils of a census are taken to be the
    youngest. *Counterexample:* a sixth form with part-time students.
    """
    if prefer not in ("estate", "register"):
        raise ValueError(f"prefer must be estate or register, not {prefer!r}")
    schools, rows = estate.schools, []
    if schools.urn.isna().all():
        raise DataError([Fault("schools.csv", None, "urn", "no school with a URN", "the unique reference number of each "
                               "school on DfE's register: it is what registers are joined by")])
    rows += [[row.school_id, "", "", "urn", "", "", NO_URN, NOTHING] for row in schools[schools.urn.isna()].itertuples()]
    shut = _closed(schools, registers, rows)
    facts = _facts(schools, registers, shut, rows)
    joined = _schools(schools, facts, prefer, rows)
    rolls = _rolls(estate, joined, registers, shut, prefer, rows)
    frames = {table.name: estate.table(table.name) for table in ESTATE_TABLES} | {"schools": joined, "rolls": rolls}
    faults = [fault for table in (SCHOOLS, ROLLS)
              for fault in typed(table, as_cells(table, frames[table.name]), f"{table.name}.csv")[1]]
    if faults:
        raise DataError(faults)
    return Joined(frames, pd.DataFrame(rows, columns=COLUMNS))


def write_joined(joined, folder):
    """Write a joined estate, with its findings in ``import_report/register_findings.csv``.

    Parameters
    ----------
    joined : Joined
    folder : Path
        An existing folder.
    """
    (folder / "import_report").mkdir()
    write_estate(joined.frames, folder)
    write_frame(joined.findings, folder / "import_report" / "register_findings.csv")


def _closed(schools, registers, rows):
    """URNs that a register calls closed; and a finding for each school that a file does not hold or calls closed."""
    shut = set()
    for register in registers:
        for school in schools[schools.urn.notna()].itertuples():
            urn = int(school.urn)
            if urn not in register.facts.index:
                rows.append([school.school_id, urn, register.file, "urn", "", "", LOST, NOTHING])
            elif register.facts.get("status", pd.Series(dtype=str)).get(urn, "").casefold() == "closed":
                shut.add(urn)
                day = register.facts.closed[urn]
                rows.append([school.school_id, urn, register.file, "status", "", "Closed" + ("" if pd.isna(day) else
                             f" {day:%Y-%m-%d}"), SHUT, NOTHING])
    return shut


def _ranked(registers):
    """Registers with a fact, the best first: by the rank of the fact in the layout, the latest census first."""
    table = load("register_layouts").set_index(["layout", "fact"])["rank"]
    return {fact: sorted((each for each in registers if fact in each.facts),
                         key=lambda each, fact=fact: (table[each.layout, fact], -(each.census_year or 0)))
            for fact in FILLED}


def _facts(schools, registers, shut, rows):
    """The best known value of each fact by URN, with the file it is from; findings where files do not agree."""
    best = {}
    for fact, ranked in _ranked(registers).items():
        for school in schools[schools.urn.notna()].itertuples():
            urn = int(school.urn)
            told = [(each, each.facts[fact][urn]) for each in ranked if urn in each.facts.index and urn not in shut]
            for each, _ in told:
                if (urn, fact) in each.unread:
                    rows.append([school.school_id, urn, each.file, fact, "", each.unread[urn, fact], WORD, NOTHING])
            told = [(each, value) for each, value in told if not _blank(value)]
            if not told:
                continue
            best[urn, fact] = told[0]
            same_layout = {told[0][0].layout}
            for each, value in told[1:]:
                if not _same(value, told[0][1]) and each.layout not in same_layout:
                    rows.append([school.school_id, urn, each.file, fact, f"{_text(told[0][1])} in {told[0][0].file}",
                                 _text(value), APART, NOTHING])
    return best


def _schools(schools, facts, prefer, rows):
    """Schools with blanks filled, or what does not agree taken as well."""
    made = {name: schools[name].astype(object) for name in FILLED}
    for row, school in schools[schools.urn.notna()].iterrows():
        urn = int(school.urn)
        for fact in FILLED:
            if (urn, fact) not in facts:
                continue
            register, value = facts[urn, fact]
            own = school[fact]
            if _same(own, value):
                continue
            take = _blank(own) or prefer == "register"
            rows.append([school.school_id, urn, register.file, fact, _text(own), _text(value),
                         FILLS if _blank(own) else DIFFERS, TAKEN if take else LEFT])
            if take:
                made[fact].at[row] = value
    return schools.assign(**{name: _like(values, schools[name]) for name, values in made.items()})


def _like(values, column):
    """Values in the kind of a column."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.to_datetime(values).astype("datetime64[s]")
    return values.astype(float) if pd.api.types.is_numeric_dtype(column) else values.astype(str)


def _rolls(estate, schools, registers, shut, prefer, rows):
    """Rolls with the counted censuses added; a row that is there and differs stays, or is replaced if so preferred."""
    frame, new = estate.rolls, []
    known = {(row.school_id, row.census_year): row.Index for row in frame.itertuples()}
    for register in (each for each in registers if each.layout == CENSUS and "stage_1" in each.facts):
        for school in schools[schools.urn.isin(set(register.facts.index) - shut)].itertuples():
            row, year = register.facts.loc[int(school.urn)], register.census_year
            own, told = _roll(school, row), f"rolls {year}"
            if own is None:
                rows.append([school.school_id, int(school.urn), register.file, told, "", _text(row.pupils), SUMS, NOTHING])
                continue
            place = known.get((school.school_id, year))
            if place is None:
                new.append({"school_id": school.school_id, "census_year": year, **own, "status": "counted"})
                rows.append([school.school_id, int(school.urn), register.file, told, "", _roll_text(own), FILLS, TAKEN])
                continue
            there = {name: 0.0 if pd.isna(value) else float(value) for name, value in frame.loc[place, list(own)].items()}
            if there == own and frame.status[place] == "counted":
                continue
            take = prefer == "register"
            rows.append([school.school_id, int(school.urn), register.file, told, f"{_roll_text(there)} "
                         f"({frame.status[place] or 'forecast'})", _roll_text(own), DIFFERS, TAKEN if take else LEFT])
            if take:
                frame = frame.drop(index=place)
                new.append({"school_id": school.school_id, "census_year": year, **own, "status": "counted"})
    if not new:
        return frame
    both = pd.concat([frame, pd.DataFrame(new)], ignore_index=True) if len(frame) else pd.DataFrame(new)
    return both.sort_values(["school_id", "census_year"], kind="stable", ignore_index=True)


def _roll(school, row):
    """Pupils by phase of one school in a census; ``None`` where the stages are not told or do not add up."""
    heads = {name: row.get(name, np.nan) for names in (EARLY, *STAGES.values()) for name in names}
    if pd.isna(row.pupils) or any(pd.isna(value) for name, value in heads.items() if name not in EARLY):
        return None
    heads, other = {name: 0.0 if pd.isna(value) else value for name, value in heads.items()}, row.get("other", 0.0)
    other = 0.0 if pd.isna(other) else other
    if abs(sum(heads.values()) + other - row.pupils) > 0.5:
        return None
    if school.phase in ("special", "alternative provision") or (not school.phase and is_special(row.grouping)):
        full_time = row.pupils if pd.isna(row.full_time_equivalent) else row.full_time_equivalent
        return _columns(0.0, 0.0, 0.0, full_time, 0.0)
    early = sum(heads[name] for name in EARLY)
    part_time = row.get("part_time", 0.0)
    part_time = min(early, 0.0 if pd.isna(part_time) else part_time)
    sums = {phase: sum(heads[name] for name in names) for phase, names in STAGES.items()}
    sums["primary"] += early - part_time
    sums[max(sums, key=sums.get)] += other
    return _columns(sums["primary"], sums["secondary"], sums["post16"], 0.0, part_time)


def _columns(primary, secondary, post16, special, part_time):
    return {"pupils_primary": float(primary), "pupils_secondary": float(secondary), "pupils_post16": float(post16),
            "pupils_special": float(special), "pupils_early_years_part_time": float(part_time)}


def _roll_text(roll):
    words = [f"{name.removeprefix('pupils_').replace('_', ' ')} {value:g}" for name, value in roll.items() if value]
    return "; ".join(words) or "no pupils"


def _blank(value):
    return value == "" or (not isinstance(value, str) and pd.isna(value))


def _same(one, other):
    if isinstance(one, str) and isinstance(other, str):
        return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
    return not _blank(one) and not _blank(other) and one == other


def _text(value):
    if _blank(value):
        return ""
    if isinstance(value, str):
        return value if not value.startswith(("=", "+", "@")) else f"'{value}"
    return f"{value:%Y-%m-%d}" if hasattr(value, "year") else f"{value:g}" if abs(value) < 1e5 else f"{value:.2f}"
