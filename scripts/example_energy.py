"""The meters of the example trust: two years of readings for some schools, none for others, from a truth that is known.

Weather, use and what is wrong with the readings are invented. Use of a day is that of the truth below times an uneven
hand; the truth is kept here so that tests can ask how near a baseline comes to it.
"""

import io
from statistics import NormalDist

import numpy as np
import pandas as pd

from capplan.energy.baseline import Weather
from capplan.energy.degree_days import DAYS_OF_A_YEAR, degree_days
from capplan.energy.figures import response
from capplan.energy.priors import expected_use, expected_weather_share
from capplan.energy.school_days import day_weights, kinds_of_day

SEED = 815
FIRST_DAY, LAST_DAY = "2024-09-01", "2026-08-31"
UNEVEN_SHARE, UNEVEN_MONTH_SHARE = 0.10, 0.05
# Mean of the year, half of its swing, the coldest day, and how days hang together; degrees C.
CLIMATE = {"West Midlands": (10.6, 6.3), "East Midlands": (10.4, 6.5)}
COLDEST_DAY, KEPT_OVER, SHOCK_C = "2025-01-22", 0.78, 1.9

# Meters: school (or several), fuel, use beside schools of its kind, change point, block, how it is shared, prices, capacity,
# and what its readings are like.
METERS = """meter_id|schools|fuel|multiple|point|block|shared_by|unit|standing|capacity|readings
E-OXM|OXM|electricity|1.25|15|||0.312|1.40|69|months
G-OXM|OXM|gas|1.30|12.5|||0.071|2.10||months
E-BRI|BRI|electricity|1.10|15|||0.298|1.40|100|months
G-BRI|BRI|gas|1.15|13|||0.068|2.10||estimates
E-HAL|HAL|electricity|1.20|15|||||69|quarters billed
G-HAL|HAL|gas|1.35|12|||0.074|1.80||gap
E-PEL|PEL|electricity|0.85|14|||||80|months billed
G-PEL|PEL|gas|0.80|11.5|||||| months billed
E-ARR|ARR|electricity|1.15|15|||||69|months
E-KES|KES|electricity|1.05|15|||||100|months
G-KES-ARR|KES ARR|gas|1.25|12.5||floor area|0.066|3.50||months
E-ASH|ASH|electricity|1.10|15|||0.276|9.50|300|months
G-ASH-1|ASH|gas|0.90|12.5|||0.058|4.20||months
G-ASH-2|ASH|gas|0.22|13|ASH-1-B||0.058|2.10||months
E-LAR|LAR|electricity||||||||none
G-LAR|LAR|gas||||||||none
E-TAR-1|TAR|electricity|0.75|15|||0.281|6.00|250|months
E-TAR-2|TAR|electricity|0.40|15|||0.281|3.00|120|months
G-TAR|TAR|gas|1.20|12.5|||0.055|5.00||months
E-WEN|WEN|electricity|1.05|15|||0.279|9.00|350|months
G-WEN|WEN|gas|1.15|13|||0.057|5.00||short
E-OSI|OSI|electricity|1.00|15|||0.301|1.60|69|months
O-OSI|OSI|oil|1.10|14|||0.079|||deliveries
"""


def make_weather(random):
    """Mean temperature of each day by region: a season and days that hang together, three quarters of it shared."""
    days = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY) + 1)
    since = (days - np.datetime64(COLDEST_DAY)).astype(int)
    common, found = _drift(len(days), random), {}
    for region, (mean, swing) in CLIMATE.items():
        own = _drift(len(days), random)
        season = mean - swing * np.cos(2 * np.pi * since / DAYS_OF_A_YEAR)
        found[region] = (days, np.round(season + 0.75 ** 0.5 * common + 0.5 * own, 1))
    return found


def _drift(count, random):
    """Deviations from the season, each day's hanging on the day before."""
    out, at = np.zeros(count), 0.0
    for day, shock in enumerate(_scores(random, count) * SHOCK_C):
        at = KEPT_OVER * at + shock
        out[day] = at
    return out


def _scores(random, count):
    """Normal scores from uniform draws, so that the stream does not depend on a version's way of making them."""
    return np.array([NormalDist().inv_cdf(min(max(draw, 1e-9), 1 - 1e-9)) for draw in random.random(count)])


def true_meters(schools, blocks, weather):
    """The truth of every meter that has readings: use of each school day, its slope, and the year.

    Parameters
    ----------
    schools, blocks : DataFrame
        Of the example, with ``school_id`` in both, ``phase``, ``region`` and ``pupils``.
    weather : dict of (days, temperatures)
        By region, as ``make_weather`` returns it.

    Returns
    -------
    DataFrame
        By ``meter_id``: ``school_day_kwh, kwh_per_k, change_point_c, use_kwh`` (of a mean year of the weather).
    """
    rows = []
    for meter in _meters().itertuples():
        if meter.readings != "none":
            rows.append({"meter_id": meter.meter_id, **_truth(meter, schools, blocks, weather)})
    return pd.DataFrame(rows).set_index("meter_id")


def _meters():
    return pd.read_csv(io.StringIO(METERS), sep="|", dtype=str, keep_default_na=False).map(str.strip)


def _sky(meter, schools, weather):
    """The days of a meter: weather and weights."""
    school = schools.set_index("school_id").loc[meter.schools.split()[0]]
    days, temperature = weather[school.region]
    said, kinds = response(school.phase, meter.fuel), kinds_of_day(days)
    return Weather(days, temperature,
                   day_weights(kinds, said["other use on a weekend day"], said["other use on a holiday"]),
                   day_weights(kinds, said["heat on a weekend day"], said["heat on a holiday"]))


def _truth(meter, schools, blocks, weather):
    facts, gifa = schools.set_index("school_id"), blocks.astype({"gifa_m2": float}).groupby("school_id").gifa_m2.sum()
    served = meter.schools.split()
    use = float(meter.multiple) * sum(expected_use(facts.phase[each], meter.fuel, gifa[each], float(facts.pupils[each]))
                                      for each in served)
    share, sky, point = expected_weather_share(facts.phase[served[0]], meter.fuel), _sky(meter, schools, weather), float(
        meter.point)
    year = DAYS_OF_A_YEAR / len(sky.days)
    cold = (degree_days(sky.temperature_c, point) * sky.heat_weight).sum() * year
    return {"school_day_kwh": use * (1 - share) / (sky.other_weight.sum() * year), "kwh_per_k": use * share / cold,
            "change_point_c": point, "use_kwh": use}


def make_energy(schools, blocks):
    """The tables meters, readings and weather.

    Parameters
    ----------
    schools, blocks : DataFrame
        Of the example, with ``school_id`` in both.

    Returns
    -------
    dict of DataFrame
    """
    random = np.random.Generator(np.random.PCG64(SEED))
    weather = make_weather(random)
    truth = true_meters(schools, blocks, weather)
    meters, readings = [], []
    for meter in _meters().itertuples():
        for school in meter.schools.split():
            meters.append({"meter_id": meter.meter_id, "school_id": school, "block_id": meter.block, "fuel": meter.fuel,
                           "heats": "", "shared_by": meter.shared_by, "served_share": "", "unit_rate_gbp": meter.unit,
                           "standing_charge_gbp": meter.standing, "price_year": "2026" if meter.unit else "",
                           "agreed_capacity_kva": meter.capacity})
        if meter.readings != "none":
            readings.append(_readings(meter, truth.loc[meter.meter_id], _sky(meter, schools, weather), random))
    frames = [pd.DataFrame({"region": region, "day": days.astype(str), "mean_temperature_c": temperature})
              for region, (days, temperature) in weather.items()]
    return {"meters": pd.DataFrame(meters), "readings": pd.concat(readings), "weather": pd.concat(frames)}


def _readings(meter, truth, sky, random):
    """Readings of one meter by the kind of record it has."""
    draws = _scores(random, len(sky.days))
    clean = (truth.school_day_kwh * sky.other_weight
             + truth.kwh_per_k * degree_days(sky.temperature_c, truth.change_point_c) * sky.heat_weight)
    months = sky.days.astype("datetime64[M]")
    hands = _scores(random, len(np.unique(months)))
    hand = hands[(months - months[0]).astype(int)]
    use = clean * np.maximum(1 + UNEVEN_SHARE * draws + UNEVEN_MONTH_SHARE * hand, 0)
    step = 3 if meter.readings.startswith(("quarters", "deliveries")) else 1
    group = (months - months[0]).astype(int) // step
    first = np.array([sky.days[group == each][0] for each in np.unique(group)])
    last = np.array([sky.days[group == each][-1] for each in np.unique(group)])
    frame = pd.DataFrame({"meter_id": meter.meter_id, "first_day": first.astype(str), "last_day": last.astype(str),
                          "use_kwh": np.round(np.bincount(group, use)).astype(int), "estimated": "", "bill_gbp": ""})
    return _spoilt(frame, meter)


def _spoilt(frame, meter):
    """The same with what is wrong with this meter's record."""
    if meter.readings == "estimates":
        frame.loc[[5, 6, 14], "estimated"] = "yes"  # a guess, and what it missed is in the next true reading
        for place, missed in ((5, 0.2), (6, -0.15), (14, 0.3)):
            moved = int(frame.use_kwh[place] * missed)
            frame.loc[place, "use_kwh"] -= moved
            frame.loc[place + 1, "use_kwh"] += moved
    if meter.readings == "gap":
        frame = frame.drop(index=[7, 8])
    if meter.readings == "short":
        frame = frame.tail(6)
    if meter.readings.endswith("billed"):
        rate, charge = (0.295, 1.5) if meter.fuel == "electricity" else (0.062, 2.0)
        days = (pd.to_datetime(frame.last_day) - pd.to_datetime(frame.first_day)).dt.days + 1
        frame = frame.assign(bill_gbp=(frame.use_kwh * rate + days * charge).round().astype(int))
    return frame
