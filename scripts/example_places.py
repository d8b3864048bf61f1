"""The places of the example trust by block and use, ways of adding some, and what its pupils bring; all invented."""

import io

import pandas as pd

PLACES = """places_id|school_id|block_id|use|places|available_until|shared_by|essential
OXM-A|OXM|OXM-1-A|primary|30|||
OXM-B|OXM|OXM-1-B|primary|330|||yes
BRI-A|BRI|BRI-1-A|primary|360|||yes
BRI-B|BRI|BRI-1-B|primary|60|||
BRI-C|BRI|BRI-1-C|primary|60|||
HAL-B|HAL|HAL-1-B|primary|180|||yes
HAL-C|HAL|HAL-1-C|primary|30|2028-07-31||
FEN-A|FEN|FEN-1-A|primary|120|||yes
FEN-B|FEN|FEN-1-B|primary|30|||
PEL-B|PEL|PEL-1-B|primary|315|||yes
ARR-A|ARR|ARR-1-A|primary|210|||yes
KES-A|KES|KES-1-A|primary|390|||yes
KES-B|KES|KES-1-B|primary|60|||
ASH-A|ASH|ASH-1-A|secondary|370|||
ASH-B|ASH|ASH-1-B|secondary|390|||
ASH-C|ASH|ASH-1-C|secondary|360|||yes
ASH-D|ASH|ASH-1-D|secondary|30|||
LAR-C|LAR|LAR-1-C|secondary|1250|||
TAR-1A|TAR|TAR-1-A|secondary|400|||yes
TAR-1B|TAR|TAR-1-B|secondary|270|||
TAR-2A|TAR|TAR-2-A|secondary|380|||
TAR-2A-6|TAR|TAR-2-A|sixth form|140||SIXTH|
TAR-2B-6|TAR|TAR-2-B|sixth form|30||SIXTH|
TAR-1B-6|TAR|TAR-1-B|sixth form|30||SIXTH|
WEN-1B|WEN|WEN-1-B|primary|330|||yes
WEN-1C|WEN|WEN-1-C|primary|150|||
WEN-2A|WEN|WEN-2-A|secondary|840|||yes
WEN-2A-6|WEN|WEN-2-A|sixth form|150||SIXTH|
WEN-2B|WEN|WEN-2-B|secondary|24|||
OSI-A|OSI|OSI-1-A|all|145|||yes
"""
EXPANSIONS = """expansion_id|school_id|kind|use|places|cost_gbp|cost_price_base|commissioned|one_of
KES-CLASSES|KES|permanent|primary|60||||KES
KES-HIRE|KES|temporary|primary|60||||KES
ASH-UNIT|ASH|special unit|special unit|12|620000|2026|12|
"""
# Income by pupil from the invented budget: GBP 6,000 a primary pupil and 7,800 a secondary one, a lump sum of 150,000 in it.
RATES = {"primary": (5400, 4900, 62000, 30, "yes"), "secondary": (7500, 6400, 66000, 27, ""),
         "all-through": (6900, 5900, 66000, 28, ""), "special": (24000, 0, 95000, 9, "yes")}
LUMP_SUM_GBP, PUPIL_COST_GBP = 150000, 250


def make_school_places():
    """Places by school, block and use: about a tenth more than the pupils of 2026, most of it at Wendrel Bridge."""
    return pd.read_csv(io.StringIO(PLACES), sep="|", dtype=str, keep_default_na=False)


def make_expansions():
    """Classrooms at Kestrelcote, bought or hired, when its hut goes; a special unit that the authority would commission."""
    return pd.read_csv(io.StringIO(EXPANSIONS), sep="|", dtype=str, keep_default_na=False)


def make_pupil_funding(schools):
    """What a pupil brings and a class costs by school; the special school is paid by its places.

    Parameters
    ----------
    schools : DataFrame
        ``school_id`` and ``phase``.
    """
    rows = []
    for school in schools.itertuples():
        per_pupil, least, class_gbp, size, mixed = RATES[school.phase]
        rows.append({"school_id": school.school_id, "paid_on": "places" if school.phase == "special" else "census",
                     "per_pupil_gbp": per_pupil, "lump_sum_gbp": LUMP_SUM_GBP, "minimum_per_pupil_gbp": least,
                     "class_gbp": class_gbp, "class_size": size, "mixed_ages": mixed, "pupil_cost_gbp": PUPIL_COST_GBP})
    return pd.DataFrame(rows)
