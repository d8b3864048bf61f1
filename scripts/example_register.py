"""What the example trust knows beside its surveys: facts of blocks, years of installation, ICT, a hired classroom."""

import io
import math

import numpy as np
import pandas as pd
from example_history import DROPS, LETTERS, renewable

from capplan import reference
from capplan.condition.deterioration import grade_shares, transition_matrices

REGISTER_DATE = "2026-06-15"
GOOD_RECORDS = {"Mechanical services": 0.75, "Electrical services": 0.65, "Roofs": 0.55,
                "External walls, windows and doors": 0.4, "Sanitary services": 0.5, "Ceilings": 0.3,
                "Floors and stairs": 0.3, "Fixed furniture and fittings": 0.3}
POOR_RECORDS = 0.1
OLDEST = {"pre-1919": 1900, "1919-1944": 1919, "1945-1966": 1945, "1967-1976": 1967, "after 1976": 1977}

# Facts of blocks. A blank is a fact the trust does not know, or leaves to the rule for blanks.
BLOCKS = """block_id|use|exposure|build_quality|maintenance|pupils|planning_expires|surplus
OXM-1-A|teaching||poor||||yes
OXM-1-B|mixed|||typical|||
BRI-1-A|mixed|sheltered||good|||
BRI-1-B|teaching||||||
BRI-1-C|teaching|||poor|58|2028-08-31|
HAL-1-A|hall or dining||typical|typical|||
HAL-1-B|teaching||good|typical|||
FEN-1-B|teaching||||28|2029-07-31|
PEL-1-A|kitchen|sheltered|typical|typical|||
PEL-1-B|mixed|sheltered|good|typical|||
ARR-1-A|mixed|severe|typical|poor|||
ARR-1-B|hall or dining|severe|typical|poor|||
KES-1-A|mixed|moderate||good|||
KES-1-B|teaching|moderate|poor||56|2030-08-31|
ASH-1-A|teaching|severe|poor|typical|||
ASH-1-B|teaching|severe|typical|typical|||
ASH-1-C|mixed|severe|good|poor|||
ASH-1-D|teaching|severe|poor||26|2032-08-31|
LAR-1-A|hall or dining||typical|good|||
LAR-1-B|sports||typical|good|||
LAR-1-C|teaching||typical|good|||
TAR-1-A|mixed|moderate||typical|||
TAR-1-B|teaching|moderate||poor|||
TAR-1-C|office|moderate|||||
TAR-2-A|mixed||poor||||
TAR-2-B|teaching||poor||30|2031-08-31|
WEN-1-A|sports|||typical|||
WEN-1-B|mixed|||typical|||
WEN-1-C|teaching||good|typical|132||
WEN-2-A|mixed|severe|poor|typical|||
WEN-2-B|teaching|severe|||24|2030-12-31|
OSI-1-A|mixed|sheltered|good|good|||
OSI-1-B|hall or dining|sheltered|typical|good|||
"""

# A hired classroom that nobody surveyed part by part: TEMP.01 stands for the whole of it.
CLASSROOM = {"block_id": "HAL-1-C", "site_id": "HAL-1", "school_id": "HAL", "gifa_m2": 56, "ground_gifa_m2": 56,
             "storeys": 1, "lifts": 0, "age_band": "after 1976", "permanence": "temporary", "use": "teaching", "pupils": 28,
             "planning_expires": "2029-08-31"}
CLASSROOM_PART = {"component_id": "HAL-1-C-01", "site_id": "HAL-1", "block_id": "HAL-1-C", "school_id": "HAL",
                  "type_id": "TEMP.01", "quantity": 56.0, "quantity_basis": "gifa", "grade": "C", "priority": 3,
                  "statutory": "no", "surveyed": "2024-03-12", "installed": 2013}

# Yearly chances of failure the trust puts in place of the forecast's, where its engineers know better.
KNOWN_TO_FAIL = {("OXM-1-B", "MECH.01"): 0.3, ("TAR-1-A", "MECH.02"): 0.35}

# The ICT register: how many of each, from pupils p; share of installations whose maker has said when support ends.
ICT = {
    "ICT.01": (lambda p: 1, 0.9), "ICT.02": (lambda p: math.ceil(p / 75), 0.4),
    "ICT.03": (lambda p: round(p / 600 + 0.1), 0.9), "ICT.04": (lambda p: math.ceil(p / 18), 0.0),
    "ICT.05": (lambda p: math.ceil(p / 28) + 2, 0.0), "ICT.07": (lambda p: 1 + p // 400, 0.3), "ICT.08": (lambda p: 1, 1.0),
    "ICT.09": (lambda p: 1, 0.7)}
SUPPORT_YEARS = {"ICT.01": 9, "ICT.02": 9, "ICT.03": 7, "ICT.07": 8, "ICT.08": 6, "ICT.09": 11}
OLDEST_ICT_YEARS = 9


def add_facts(frames, dates, rng):
    """Facts of blocks, years of installation, single points of failure and known failures, in place in ``frames``.

    Parameters
    ----------
    frames : dict of DataFrame
    dates : dict of str to int
        As ``example_history.make_history`` returns them.
    rng : numpy.random.Generator
    """
    facts = pd.read_csv(io.StringIO(BLOCKS), sep="|", dtype=str, keep_default_na=False, skipinitialspace=True)
    blocks = frames["blocks"].merge(facts, on="block_id", how="left", validate="1:1")
    blocks[facts.columns] = blocks[facts.columns].fillna("")
    schools = frames["schools"].set_index("school_id")
    parts = frames["components"]
    main = main_blocks(blocks)
    boilers = {block for school, block in main.items() if schools.phase[school] == "primary"}
    sole = (parts.block_id.isin(boilers) & (parts.type_id == "MECH.01")) | (parts.type_id == "AREA.08")
    frames["blocks"] = blocks
    frames["components"] = parts.assign(
        installed=years_of_installation(parts, blocks, dates, rng), support_ends="",
        failure_probability=[KNOWN_TO_FAIL.get(key, "") for key in zip(parts.block_id, parts.type_id, strict=True)],
        sole=np.where(sole, "yes", ""))


def main_blocks(blocks):
    """The largest block of each school, by school."""
    largest = blocks.sort_values("gifa_m2", ascending=False, kind="stable").drop_duplicates("school_id")
    return largest.set_index("school_id").block_id.reindex(dict.fromkeys(blocks.school_id)).to_dict()


def years_of_installation(parts, blocks, dates, rng):
    """Year each component was installed where the trust has records of it: as long ago as its grade makes likely.

    What was renewed since an earlier survey has the year of the works; what was seen at it is at least as old as it, and
    nothing is older than its block. Structures, as old as the block, have no year.
    """
    types = reference.component_types()
    oldest = blocks.set_index("block_id").age_band.map(OLDEST)
    years = []
    for part in parts.assign(renewable=renewable(parts.type_id)).itertuples():
        draws, kind = rng.random(3), types.loc[part.type_id]
        known = dates.get(part.component_id, 0)
        recorded = draws[0] < GOOD_RECORDS.get(kind.element, POOR_RECORDS) and part.surveyed != "modelled" and part.renewable
        if known > 0:
            years.append(known)
        elif not recorded or kind.element == "Redecorations":
            years.append("")
        else:
            lives = [1 / kind[name] for name in DROPS]
            grade = LETTERS.index(part.grade[0])
            age = sum(lives[:grade]) * (0.7 + 0.6 * draws[1]) + lives[grade] * draws[2]
            year = int(part.surveyed[:4]) - round(age)
            year = min(year, -known - 1) if known else year
            years.append(max(year, int(oldest.get(part.block_id, 0) or 0)) if part.block_id else year)
    return years


def add_register(frames, rng):
    """The ICT register and the hired classroom, after everything there was, in place in ``frames``."""
    schools, blocks = frames["schools"], frames["blocks"]
    main = main_blocks(blocks)
    rows = [CLASSROOM_PART]
    for school in schools.itertuples():
        rows += ict_of(school.school_id, int(school.pupils), main[school.school_id], rng)
    frames["blocks"] = pd.concat([blocks, pd.DataFrame([CLASSROOM])], ignore_index=True).astype(object).fillna("")
    frames["components"] = pd.concat([frames["components"], pd.DataFrame(rows)], ignore_index=True).astype(object).fillna("")


def ict_of(school_id, pupils, block_id, rng):
    """ICT installations of one school: one row for all of a kind, bought together."""
    reached = grade_shares(transition_matrices(reference.component_types().loc[list(ICT), DROPS].to_numpy(float)),
                           OLDEST_ICT_YEARS)
    rows, year = [], int(REGISTER_DATE[:4])
    for (type_id, (how_many, told)), shares in zip(ICT.items(), reached, strict=True):
        draws = rng.random(4)
        if not how_many(pupils):
            continue
        age = int(OLDEST_ICT_YEARS * draws[0])
        chances = shares[0, age, :4] / shares[0, age, :4].sum() if shares[0, age, :4].sum() else np.array([0, 0, 0, 1.0])
        grade = LETTERS[min(int((draws[1] > chances.cumsum()).sum()), 3)]
        ends = f"{year - age + SUPPORT_YEARS[type_id]}-{'06-30' if draws[3] < 0.5 else '12-31'}" if draws[2] < told else ""
        rows.append({"component_id": f"{block_id}-{type_id.replace('.', '-')}", "site_id": block_id[:5],
                     "block_id": block_id, "school_id": school_id, "type_id": type_id, "quantity": float(how_many(pupils)),
                     "quantity_basis": "measured", "grade": grade,
                     "priority": {"C": 3, "D": 2}.get(grade, ""), "surveyed": REGISTER_DATE, "installed": year - age,
                     "support_ends": ends, "sole": "yes" if type_id == "ICT.01" else ""})
    return rows
