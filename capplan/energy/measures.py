"""The library of energy measures: what each acts on, saves and costs, low, central and high, with its source."""

from dataclasses import dataclass
from functools import cache

from .. import reference
from ..errors import MissingFigureError

LED, CONTROLS, ZONING = "LED lighting and controls", "boiler controls and building management", "zoning and radiator valves"
DRAUGHT, CAVITY, LOFT = "draught-proofing", "cavity wall insulation", "loft insulation"
OUTSIDE_WALL, RE_ROOF, GLAZING = "external wall insulation", "roof insulation at re-roof", "glazing at window replacement"
BOILER, AIR_SOURCE, GROUND_SOURCE = "boiler like for like", "air-source heat pump", "ground-source heat pump"
TAPS, KITCHEN, GAS_OFF = "point-of-use hot water", "electric kitchen", "gas disconnection"
SOLAR, BATTERY, SUPPLY = "photovoltaics", "battery", "electrical supply upgrade"
REFURBISHED, REBUILT = "refurbished block", "rebuilt block"

STAGES = {LED: "demand", TAPS: "demand", KITCHEN: "demand", CONTROLS: "controls", ZONING: "controls",
          DRAUGHT: "fabric", CAVITY: "fabric", LOFT: "fabric", OUTSIDE_WALL: "fabric", RE_ROOF: "fabric",
          GLAZING: "fabric", BOILER: "plant", AIR_SOURCE: "plant", GROUND_SOURCE: "plant", GAS_OFF: "plant",
          SUPPLY: "plant", SOLAR: "generation", BATTERY: "generation"}
"""Stage of each measure, in the order they are worked out: what is needed first, then the plant sized for what is left."""
ORDER = ("demand", "controls", "fabric", "plant", "generation")
ON_HEAT = (CONTROLS, ZONING)
ON_FABRIC = (DRAUGHT, CAVITY, LOFT, OUTSIDE_WALL, RE_ROOF, GLAZING)
HEAT_PUMPS = (AIR_SOURCE, GROUND_SOURCE)
LEVELS = ("low", "central", "high")
BLOCK_WORKS = (REFURBISHED, REBUILT)
"""What works on a whole block leave behind: no measures of their own, priced with the works, but they save energy."""
GENERAL = "general"


@dataclass(frozen=True)
class Figure:
    """One figure of the library: its value, unit, year of its prices (0: no price), status and source."""

    value: float
    unit: str
    base_year: int
    status: str
    source: str


@cache
def figure(measure, name, level="central"):
    """A figure of the library.

    Parameters
    ----------
    measure : str
        One of ``STAGES``, or ``GENERAL``.
    name : str
        Such as ``saving``, ``capex``, ``life``, ``persistence``.
    level : str
        ``low``, ``central`` or ``high``; where no range is given all three are the central figure.

    Returns
    -------
    Figure

    Raises
    ------
    MissingFigureError
        If the library has no such figure.
    ValueError
        If the level is none of the three.

    Examples
    --------
    >>> figure(LED, "saving").value, figure(LED, "saving", "low").value, figure(LED, "life", "low").value
    (0.55, 0.45, 20.0)
    """
    if level not in LEVELS:
        raise ValueError(f"A level is one of {', '.join(LEVELS)}, not {level!r}.")
    row = _rows().get((measure, name))
    if row is None:
        raise MissingFigureError(f"The library of measures has no {name!r} of {measure!r}.")
    chosen = row["value"] if level == "central" else row[level]
    value = row["value"] if chosen != chosen else chosen
    return Figure(float(value), row["unit"], 0 if row["price_base"] != row["price_base"] else int(row["price_base"]),
                  row["status"], row["source"])


@cache
def _rows():
    table = reference.load("measure_figures")
    return {(row["measure"], row["figure"]): row for row in table.to_dict("records")}


def in_order(measures):
    """Measures in the order they are worked out: by stage, and within a stage as the library lists them.

    Parameters
    ----------
    measures : iterable of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If one is not in the library.

    Examples
    --------
    >>> in_order(["photovoltaics", "air-source heat pump", "cavity wall insulation"])
    ('cavity wall insulation', 'air-source heat pump', 'photovoltaics')
    """
    measures = list(measures)
    if strange := [name for name in measures if name not in STAGES]:
        raise ValueError(f"No such measure: {strange[0]!r}; there are {', '.join(STAGES)}.")
    places = {name: (ORDER.index(stage), place) for place, (name, stage) in enumerate(STAGES.items())}
    return tuple(sorted(measures, key=places.get))


def register():
    """Every figure of the library as ``assumptions.csv`` has them.

    Returns
    -------
    DataFrame
        ``figure, value`` (central), ``meaning`` with unit and range, ``source, status``.
    """
    table = reference.load("measure_figures")
    ranges = [f"; {low:g} to {high:g}" if low == low and high == high else ""
              for low, high in zip(table.low, table.high, strict=True)]
    return table.assign(figure="measure_figures." + table.measure + "." + table.figure,
                        meaning=table.note + " [" + table.unit + ranges + "]")[
                            ["figure", "value", "meaning", "source", "status"]]
