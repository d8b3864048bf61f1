"""A small trust and its prospects, for tests of growth: plain figures, each test changes what it is about."""

from dataclasses import replace

from capplan import read_scenario
from capplan.simulation.growth_case import GrowthCase, PostPlan, Prospect

SHIPPED = read_scenario("growth.toml").growth
NOTHING_HAPPENS = {"withdraw_yearly_odds": 0.0, "leaving_yearly_odds": 0.0, "safety_jobs_per_school_year": 0.0,
                   "finance_bar_odds": 0.0, "performance_bar_odds": 0.0, "governance_bar_odds": 0.0, "raac_odds": 0.0,
                   "asbestos_odds": 0.0, "land_odds": 0.0, "backlog_found_spread": 0.0, "backlog_found_scale": 1.0,
                   "most_liability_share": 1000.0}


def rules(**changes):
    """The shipped section on growth with some figures changed."""
    return SHIPPED.model_copy(update=changes)


def school(number, *, at=0.0, by=None, sponsored=False, intensive=False, **facts):
    """A prospect of plain figures that asks at a month."""
    usual = Prospect(f"p{number}", f"School {number}", "primary", sponsored, sponsored or intensive, (at, at if by is None
                                                                                                    else by),
                     400.0, 1.0, 1.0, 2000.0, 100_000.0, 2_000_000.0, 0.0, 0.0, 0.0, False, False, False)
    return replace(usual, **facts)


def trust(growth, prospects=(), *, hours=((10.0, 0.5),), years=10, schools=4, **facts):
    """A trust of four schools, with posts of so many hours in every phase and a share for the estate."""
    usual = GrowthCase(growth, tuple(prospects), tuple(PostPlan(f"post {number}", (fte,) * 5, share)
                                                       for number, (fte, share) in enumerate(hours)),
                       (1, 5, 6, 7, 8), 2026, years, schools, 1_000_000.0, 1_000_000.0, (8_000_000.0,) * years,
                       (100_000.0,) * years, school_ids=tuple(f"s{number}" for number in range(schools)),
                       pupils=((400.0,) * years,) * schools, weights=(1.0,) * schools, multiples=(1.0,) * schools)
    return replace(usual, **facts)
