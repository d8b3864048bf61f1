"""Statutory inspections and suitability of the example trust: invented, with gaps on purpose."""

import io

import pandas as pd

from capplan import reference

RECORDS_OF = pd.Timestamp(2026, 8, 21)  # when the records were put together, a Friday
NEVER_DONE, OVERDUE = 0.02, 0.08
LATE_CYCLES = (1.05, 1.6)
NO_RECORD = {"FEN": 0.45, "LAR": 0.25}  # joined not long ago; the contractor keeps some of them
NO_RECORD_ELSEWHERE = 0.06
MAIN_DUTIES = ("FIRE-RISK", "FIRE-ALARM", "FIRE-EQUIPMENT", "FIRE-DOORS", "EMERGENCY-LIGHT", "FIXED-WIRING",
               "ASBESTOS-SURVEY", "LEGIONELLA-RISK", "WATER-TEMPS", "GAS-SAFETY", "LIFT-LOLER", "LEV", "KITCHEN-EXTRACT",
               "F-GAS", "DEC", "ACCESS")
BY_BLOCK = ("LIFT-LOLER",)
AT_SOME_SITES = {"HOIST": ("OSI-1",), "PLAY-EQUIPMENT": ("BRI-1", "KES-1", "PEL-1", "WEN-1"),
                 "TREES": ("ARR-1", "KES-1", "WEN-2"), "POWERED-GATE": ("ASH-1", "TAR-1"), "LIGHTNING": ("TAR-2",)}

# Remedial works that inspections found.
REMEDIAL = """item_id|site_id|block_id|duty_id|last_done|due|finding|remedial_cost_gbp|cost_price_base
WEN-1-LEGIONELLA-WORKS|WEN-1|WEN-1-B|LEGIONELLA-RISK|2026-05-19|2026-12-18|Remove dead legs and replace two cold water tanks|21500|2026
ASH-1-WIRING-WORKS|ASH-1|ASH-1-B|FIXED-WIRING|2026-03-10|2027-03-31|Replace four distribution boards, observations of code C2|38500|2026
KES-1-TREES-WORKS|KES-1||TREES|2026-07-07|2026-11-30|Fell two ash trees by the path and make safe a third|6400|2026
BRI-1-FIRE-WORKS|BRI-1|BRI-1-A|FIRE-RISK|2026-02-12|2028-03-31|Make good compartment walls in the roof space|46000|2026
"""  # noqa: E501

NOT_ASSESSED = ("FEN", "LAR", "ARR")
OF_SCHOOLS = ("safeguarding", "access", "sufficiency", "location")
OF_BLOCKS = ("learning conditions", "special educational needs", "access")
SCORES = (0.34, 0.76, 0.95)  # chances of at most 1, at most 2, at most 3
ASSESSED_SHARE = {"school": 0.85, "block": 0.6}
NOTES = {"learning conditions": ("Some rooms too small for thirty", "Rooms overheat, and traffic noise stops lessons"),
         "special educational needs": ("No quiet room", "No room for a hoist or a place to change"),
         "safeguarding": ("Visitors reach the hall before reception", "Public footpath across the site without a fence"),
         "access": ("Heavy doors and a step at the main way in", "No step-free way in"),
         "sufficiency": ("Dining in three sittings", "Two classes taught in the hall"),
         "location": ("Long drop-off queue on a main road", "No safe walking route")}
FALLING_ROLL = {"school_id": "OXM", "block_id": "", "criterion": "sufficiency", "score": 1,
                "note": "More places than pupils, and the roll is falling"}


def make_compliance(frames, rng):
    """The main inspections of every site, most in time, some late, some never done, some without a record.

    Parameters
    ----------
    frames : dict of DataFrame
        Sites, blocks and components, with ``school_id``.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
    """
    remedial = pd.read_csv(io.StringIO(REMEDIAL), sep="|", dtype=str, keep_default_na=False)
    return pd.concat([make_inspections(frames, rng), remedial]).fillna("").reset_index(drop=True)


def make_inspections(frames, rng, at_some_sites=AT_SOME_SITES):
    """The inspections of every site alone, without the works they found; the sites of a duty not all have by name."""
    duties = reference.load("compliance_duties").set_index("duty_id")
    parts = frames["components"]
    rows = []
    for site in frames["sites"].itertuples():
        here = parts[parts.site_id == site.site_id]
        for duty_id in (*MAIN_DUTIES, *(name for name, sites in at_some_sites.items() if site.site_id in sites)):
            duty = duties.loc[duty_id]
            found = here[here.type_id.isin(duty.type_ids.split(";"))] if duty.applies == "by component" else here
            places = dict.fromkeys(found.block_id) if duty_id in BY_BLOCK else [""] if len(found) else []
            for block_id in places:
                row = _inspection(site, block_id, duty_id, float(duty.cycle_months), rng)
                rows += [row] if row else []
    return pd.DataFrame(rows)


def _inspection(site, block_id, duty_id, cycle_months, rng):
    """One record, or none."""
    draws = rng.random(4)
    if draws[0] < NO_RECORD.get(site.school_id, NO_RECORD_ELSEWHERE):
        return None
    least, most = LATE_CYCLES
    cycles = least + (most - least) * draws[2] if draws[1] < OVERDUE else 0.95 * draws[2]
    done = RECORDS_OF - pd.Timedelta(days=round(cycles * cycle_months * 30.44))
    done -= pd.Timedelta(days=max(done.day_of_week - 4, 0))
    return {"item_id": f"{block_id or site.site_id}-{duty_id}", "site_id": site.site_id, "block_id": block_id,
            "duty_id": duty_id, "last_done": "" if draws[3] < NEVER_DONE else f"{done:%Y-%m-%d}"}


def make_suitability(frames, rng):
    """Scores of most schools and of some of their blocks; temporary blocks score one worse.

    Parameters
    ----------
    frames : dict of DataFrame
        Schools and blocks, with ``school_id``.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
    """
    rows = []
    for school in frames["schools"].itertuples():
        blocks = frames["blocks"][frames["blocks"].school_id == school.school_id]
        assessed = f"{2023 + int(3 * rng.random())}-{3 + int(4 * rng.random()):02d}-{2 + int(26 * rng.random()):02d}"
        places = [("", "school", False, OF_SCHOOLS)]
        places += [(block.block_id, "block", block.permanence == "temporary", OF_BLOCKS) for block in blocks.itertuples()]
        for block_id, kind, worse, criteria in places:
            for criterion in criteria:
                draws = rng.random(2)
                if school.school_id in NOT_ASSESSED or draws[0] > ASSESSED_SHARE[kind]:
                    continue
                score = min(1 + sum(draws[1] > limit for limit in SCORES) + worse, 4)
                rows.append({"school_id": school.school_id, "block_id": block_id, "criterion": criterion, "score": score,
                             "assessed": assessed, "note": NOTES[criterion][score - 3] if score > 2 else ""})
    assessed = next(row["assessed"] for row in rows if row["school_id"] == FALLING_ROLL["school_id"])
    rows = [row for row in rows if any(row[name] != FALLING_ROLL[name] for name in ("school_id", "block_id", "criterion"))]
    frame = pd.DataFrame([*rows, FALLING_ROLL | {"assessed": assessed}])
    schools = {name: number for number, name in enumerate(frames["schools"].school_id)}
    return frame.sort_values("school_id", key=lambda names: names.map(schools), kind="stable").reset_index(drop=True)
