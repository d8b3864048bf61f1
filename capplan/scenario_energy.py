"""The section of a scenario that is about energy, with the limits, meaning and source of every figure."""

from typing import Literal

from .scenario_parts import CHOICE, Part, sourced


class Energy(Part):
    """Energy and carbon of the estate: whether they are forecast, at what prices, in what climate, by which factors."""

    included: bool = sourced(CHOICE)
    """Whether energy and carbon are forecast beside condition."""
    price_path: Literal["low", "central", "high"] = sourced(CHOICE)
    """How energy prices change after the year they are known in: low, central or high."""
    published_price_level: bool = sourced(CHOICE)
    """Whether the low and high paths also begin at their published distance from the central price (gas 0.5 and 2.9 times);
    if not, all begin at the trust's own price."""
    general_inflation: float = sourced("capplan-assumption", assumption=True, ge=-0.05, le=0.3)
    """General inflation a year, which takes energy prices between their own year, the price base and nominal money."""
    normal_cold_multiple: float = sourced("capplan-assumption", assumption=True, gt=0, le=2)
    """Degree-days of a normal year beside those of the mean year of weather.csv; 1: that mean year is normal."""
    degree_day_growth: float = sourced("capplan-assumption", assumption=True, ge=-0.03, le=0.03)
    """Yearly change of degree-days as the climate changes, as a fraction; below nought: milder winters."""
    pupil_elasticity: float = sourced("capplan-assumption", assumption=True, ge=0, le=1.5)
    """By how many per cent use other than space heating changes where pupils change by one per cent."""
    worn_plant: bool = sourced(CHOICE)
    """Whether heating plant burns more as its grade falls, as the table plant_efficiency has it."""
    losses: bool = sourced(CHOICE)
    """Whether the footprint counts losses of electricity in transmission and distribution (scope 3)."""
    supply: bool = sourced(CHOICE)
    """Whether the footprint counts the supply of fuels, well to tank (scope 3)."""
    consistent_factors: bool = sourced(CHOICE)
    """Whether past and coming years are put on one method, so that they can be compared; not what is reported."""
