"""The rolls of the example trust: its pupils of 2026 by phase, and a plain path of what comes after, in whole pupils."""

import pandas as pd

COUNTED = (2025, 2026)
LAST_CENSUS = 2035
# Yearly change until 2030, level after it. Nursery and primary: DfE's national pupil projections of 2025 have 6.7% fewer in
# 2030 than in 2025; secondary 3.0% fewer. Sixth forms go with secondary; the special school keeps its numbers.
UNTIL = 2030
YEARLY_CHANGE = {"primary": (1 - 0.067) ** (1 / 5) - 1, "secondary": (1 - 0.030) ** (1 / 5) - 1,
                 "post16": (1 - 0.030) ** (1 / 5) - 1, "special": 0.0}


def make_rolls(schools):
    """Pupils by school and spring census: 2025 as 2026, then the path.

    Parameters
    ----------
    schools : DataFrame
        ``school_id`` and the pupils of 2026 by phase.
    """
    rows = []
    for school in schools.itertuples():
        for year in range(COUNTED[0], LAST_CENSUS + 1):
            years = min(max(year - COUNTED[1], 0), UNTIL - COUNTED[1])
            pupils = {f"pupils_{phase}": int(getattr(school, phase) * (1 + change) ** years + 0.5)
                      for phase, change in YEARLY_CHANGE.items()}
            rows.append({"school_id": school.school_id, "census_year": year, **pupils,
                         "status": "counted" if year in COUNTED else "forecast"})
    return pd.DataFrame(rows)
