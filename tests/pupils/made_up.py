"""Rolls from a known process, in plain loops, to hold forecasts and their bands to."""

import numpy as np
import pandas as pd


def made_up_rolls(seed, schools=12, groups=7, years=20, size=45.0, dispersion=0.55, spread=0.02, shared=0.25, walk=0.025,
                  entry_dispersion=1.2, entry_spread=0.03, area=0.05, apart=0.02, burn_in=10):
    """Pupils by school, year and year group: cohorts with ratios of their own, intakes that wander together.

    Walks are pulled back a little, so that they stay in bounds; everything else is as the forecast believes.
    """
    random = np.random.default_rng(seed)
    common = 1.0 + random.normal(0.0, 0.01, groups)
    ratio = common * np.exp(random.normal(0.0, apart, (schools, 1)) + random.normal(0.0, apart, (schools, groups)))
    level = size * np.exp(random.normal(0.0, 0.35, schools))
    pupils, together, own, growth, rows = np.zeros((schools, groups)), 0.0, np.zeros(schools), np.zeros(schools), []
    for year in range(years + burn_in):
        together = 0.97 * together + random.normal(0.0, area)
        own = 0.97 * own + random.normal(0.0, walk, schools)
        growth = 0.9 * growth + random.normal(0.0, walk, schools)
        expect = np.zeros_like(pupils)
        expect[:, 0] = level * np.exp(together + own)
        expect[:, 1:] = pupils[:, :-1] * ratio[:, 1:] * np.exp(growth)[:, None]
        variance = dispersion * expect + (spread * expect) ** 2
        variance[:, 0] = entry_dispersion * expect[:, 0] + (entry_spread * expect[:, 0]) ** 2
        chance = np.sqrt(shared) * random.normal(size=(schools, 1)) + np.sqrt(1 - shared) * random.normal(size=expect.shape)
        pupils = np.maximum(np.round(expect + np.sqrt(variance) * chance), 0.0)
        if year >= burn_in:
            rows += [(f"S{school:02d}", 2000 + year - burn_in, group, pupils[school, group])
                     for school in range(schools) for group in range(groups)]
    return pd.DataFrame(rows, columns=["school_id", "year", "year_group", "pupils"])
