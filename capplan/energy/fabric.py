"""Where the heat of a block goes, and what share of it insulation keeps in."""

import numpy as np

from .. import reference
from .measures import CAVITY, DRAUGHT, GENERAL, GLAZING, LOFT, OUTSIDE_WALL, RE_ROOF, figure

AIR_WH_PER_M3K = 0.33          # heat that air carries: density times specific heat
ELEMENT_OF = {CAVITY: "wall", OUTSIDE_WALL: "wall", LOFT: "roof", RE_ROOF: "roof", GLAZING: "window"}


def heat_loss_w_per_k(areas_m2, u_values, volume_m3, air_changes):
    """Heat a building loses for each degree that it is warmer inside than out.

    Parameters
    ----------
    areas_m2 : dict of str to array
        Area of each element, such as wall, window, roof, floor. [m2]
    u_values : dict of str to array
        How well each lets heat through. [W/m2K]
    volume_m3 : array
        Heated volume. [m3]
    air_changes : float
        How often its air is changed. [1/h]

    Returns
    -------
    dict of str to array
        By element, and ``air``; they add up to the whole loss. [W/K]

    Notes
    -----
    Assumes that corners and frames lose what their area does. *Counterexample:* a concrete frame that runs through the wall.

    Examples
    --------
    >>> heat_loss_w_per_k({"wall": 100.0, "roof": 50.0}, {"wall": 1.6, "roof": 2.0}, 300.0, 1.0)
    {'wall': 160.0, 'roof': 100.0, 'air': 99.0}

    References
    ----------
    .. [1] BRE, The Government's Standard Assessment Procedure for Energy Rating of Dwellings (SAP 2012), section 3: the
       fabric heat loss is the sum of areas times U-values, and that of air 0.33 times volume times air changes.
    """
    losses = {name: area * u_values[name] for name, area in areas_m2.items()}
    return {**losses, "air": AIR_WH_PER_M3K * volume_m3 * air_changes}


def u_values(age_bands):
    """U-values before and after insulation by age band.

    Parameters
    ----------
    age_bands : sequence of str
        Age band of each block; a blank is not known.

    Returns
    -------
    dict of str to array, shape (n, 2)
        For wall, roof and window: as built, and as it is made today. [W/m2K]
    """
    table = reference.load("u_values").set_index(["element", "age_band"])
    bands = [band or "not known" for band in age_bands]
    return {element: table.loc[[(element, band) for band in bands],
                               ["before_w_per_m2k", "after_w_per_m2k"]].to_numpy(float).reshape(-1, 2)
            for element in ("wall", "roof", "window")}


def block_areas_m2(gifa_m2, ground_gifa_m2, storeys, perimeter_m, height_m, windows_share):
    """Walls without windows, windows, roof and ground floor of blocks, what is not known filled from the floor area.

    Parameters
    ----------
    gifa_m2 : array, shape (n,)
        Floor area. [m2]
    ground_gifa_m2, storeys, perimeter_m, height_m, windows_share : array, shape (n,)
        As the blocks table has them; NaN where not known. [m2], [-], [m], [m], [-]

    Returns
    -------
    dict of str to array
        ``wall, window, roof, floor`` [m2], and ``measured``: whether perimeter and height were known.

    Notes
    -----
    Where the perimeter is not known the plan is taken to be twice as long as it is wide; the roof is taken to be as large
    as the ground floor. *Counterexample:* a steep roof over a hall, or a building round a court.

    Examples
    --------
    >>> areas = block_areas_m2(*(np.array([x]) for x in (800.0, 400.0, 2.0, 90.0, 6.0, 0.25)))
    >>> [float(areas[name][0]) for name in ("wall", "window", "roof", "floor")]
    [405.0, 135.0, 400.0, 400.0]
    """
    storeys = np.where(np.isnan(storeys), 1.0, storeys)
    ground = np.where(np.isnan(ground_gifa_m2), gifa_m2 / storeys, ground_gifa_m2)
    around = np.where(np.isnan(perimeter_m), 6.0 * np.sqrt(ground / 2.0), perimeter_m)
    height = np.where(np.isnan(height_m), storeys * figure(GENERAL, "storey height").value, height_m)
    windows = np.where(np.isnan(windows_share), figure(GENERAL, "windows").value, windows_share)
    outside = around * height
    return {"wall": outside * (1.0 - windows), "window": outside * windows, "roof": ground, "floor": ground,
            "measured": ~(np.isnan(perimeter_m) | np.isnan(height_m))}


def fabric_savings(areas_m2, gifa_m2, age_bands, level="central"):
    """Share of each block's heat for space heating that each fabric measure saves.

    Parameters
    ----------
    areas_m2 : dict of array
        As ``block_areas_m2`` returns it.
    gifa_m2 : array, shape (n,)
        Floor area. [m2]
    age_bands : sequence of str
    level : str
        Of the share that is realised, and of the air saved by draught-proofing.

    Returns
    -------
    dict of str to array, shape (n,)
        By measure, shares of the heat as it is; those of different elements add up. Never outside the library's range; 0
        where the element is as good already. [-]

    Notes
    -----
    The difference of U-values times the area, over the whole loss, times what is realised in use, held within the range of
    the library. One loss is taken for the block, so that what is saved does not depend on what the meter says.
    *Counterexample:* a hall that is heated for two hours a day.
    """
    values = u_values(age_bands)
    volume = gifa_m2 * figure(GENERAL, "storey height").value
    u_now = {name: values[name][:, 0] for name in values} | {"floor": figure(GENERAL, "floor u-value").value}
    solid = {name: areas_m2[name] for name in ("wall", "window", "roof", "floor")}
    whole = sum(heat_loss_w_per_k(solid, u_now, volume, figure(GENERAL, "air changes").value).values())
    realised, found = figure(GENERAL, "saving realised", level).value, {}
    for measure, element in ELEMENT_OF.items():
        better = np.maximum(values[element][:, 0] - values[element][:, 1], 0.0)
        share = realised * better * areas_m2[element] / whole
        low, high = (figure(measure, "saving", end).value for end in ("low", "high"))
        found[measure] = np.where(better > 0, np.clip(share, low, high), 0.0)
    found[DRAUGHT] = np.full(len(gifa_m2), figure(DRAUGHT, "saving", level).value)
    return found
