"""What every school uses in a normal year: from its meters where they say enough, else from schools of its kind."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .energy.baseline import fit_use, half_width, normal_use, scaled_use
from .energy.degree_days import DAYS_OF_A_YEAR
from .energy.end_uses import COMBUSTION, END_USES, FUELS, split_electricity, split_heat
from .energy.figures import figure, response
from .energy.priors import estimate_range, expected_use, expected_weather_share
from .energy.readings import true_periods, within
from .energy.tariffs import published_price
from .energy_skies import Skies
from .energy_tables import BY_AREA, BY_PUPILS, HEATS, STATED
from .errors import DataError, Fault, MissingFigureError
from .estate import Estate
from .scenario import Scenario

FITTED, SCALED, YEAR_READ, ESTIMATED = ("degree-day fit", "few readings, scaled", "year read, weather not known",
                                        "estimate from schools of its kind")
METHODS = (FITTED, SCALED, YEAR_READ, ESTIMATED)


@dataclass(frozen=True)
class EnergyBaseline:
    """Use of a normal year, by school, fuel and end use, and what it rests on. Carries its parents.

    ``rows`` has one row per school and fuel, ``meters`` one per meter, ``parts`` one per meter and school; ``now_kwh`` is
    (schools, fuels, end uses) in the order of ``schools``. [kWh a year]
    """

    estate: Estate = field(repr=False)
    scenario: Scenario = field(repr=False)
    schools: tuple = field(repr=False)
    rows: pd.DataFrame = field(repr=False)
    meters: pd.DataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)
    now_kwh: np.ndarray = field(repr=False)
    notes: tuple = ()

    def by_block(self):
        """Use by block and fuel: what meters of a block say, and the rest of the school by floor area.

        Returns
        -------
        DataFrame
            ``school_id, block_id, fuel, use_kwh, own_meter``; adds up to the schools. [kWh a year]
        """
        return _by_block(self)

    def __str__(self):
        read = self.rows.method != ESTIMATED
        share = self.rows.use_kwh[read].sum() / max(self.rows.use_kwh.sum(), 1.0)
        return (f"Energy of {self.estate.trust['name']} in a normal year: {self.rows.use_kwh.sum() / 1000:,.0f} MWh, "
                f"{share:.0%} of it metered, the rest estimated")


def energy_baseline(estate, scenario):
    """Use of a normal year of every school.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario

    Returns
    -------
    EnergyBaseline

    Raises
    ------
    DataError
        If a school's use can be neither read nor estimated, all such schools at once.
    """
    places = _places(estate)
    skies = Skies(estate, scenario)
    read = [_read_meter(rows, estate, places, skies) for _, rows in estate.meters.groupby("meter_id", sort=True)]
    meters = pd.DataFrame([row for row, _ in read], columns=_METER_COLUMNS)
    parts = pd.DataFrame([part for _, shares in read for part in shares], columns=_PART_COLUMNS)
    rows, faults = [], []
    for school in places.itertuples():
        own = parts[parts.school_id == school.Index]
        for fuel in _fuels_of(own):
            try:
                rows.append(_school_row(school, fuel, own[own.fuel == fuel]))
            except MissingFigureError as error:
                faults.append(Fault("schools.csv", None, "pupils", f"{school.Index}: {error}",
                                    "known, or the school's meters and readings given"))
    if faults:
        raise DataError(faults)
    frame = pd.DataFrame(rows, columns=_ROW_COLUMNS)
    return EnergyBaseline(estate, scenario, tuple(places.index), frame, meters, parts,
                          _now(frame, places), tuple(_notes(estate, frame, meters, skies)))


_METER_COLUMNS = ["meter_id", "fuel", "schools", "method", "use_kwh", "low_kwh", "high_kwh", "other_kwh", "weather_kwh",
                  "change_point_c", "school_day_kwh", "school_day_kwh_per_k", "se_school_day_kwh", "se_kwh_per_k",
                  "se_change_point_c", "r2", "cv_rmse", "periods", "days_read", "unit_rate_gbp", "standing_gbp",
                  "price_year", "price_from", "weak", "remarks"]
_PART_COLUMNS = ["meter_id",
                 "school_id", "block_id", "fuel", "heats", "method", "share", "use_kwh", "low_kwh", "high_kwh", "other_kwh",
                 "weather_kwh", "standing_gbp", "unit_rate_gbp", "price_year", "price_from",
                 "weak"]
_ROW_COLUMNS = ["school_id", "fuel", "method", "use_kwh", "low_kwh", "high_kwh", "other_kwh", "weather_kwh", "heats",
                "meters", "weak", "unit_rate_gbp", "standing_gbp", "price_year", "price_from"]


def _places(estate):
    """Schools with phase, region, floor area and pupils, by ``school_id``."""
    schools = estate.schools.set_index("school_id")
    gifa = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id").groupby("school_id").gifa_m2.sum()
    return pd.DataFrame({"phase": schools.phase, "region": schools.region, "pupils": schools.pupils.astype(float),
                         "gifa_m2": gifa.reindex(schools.index).fillna(0.0)}, index=schools.index)


def _read_meter(rows, estate, places, skies):
    """One meter: what it uses in a normal year, and the part of each school it serves."""
    first = rows.iloc[0]
    shares = _shares(rows, places)
    found = estate.readings[estate.readings.meter_id == first.meter_id]
    readings = true_periods(found.rename(columns={"use_kwh": "kwh"}))
    heats = _heats(first)
    school_id = shares.idxmax()
    school = places.loc[school_id]
    sky = skies.of(school_id, school, first.fuel, readings)
    use = _use(readings, sky, school, first.fuel, heats, _prior(places, shares, first.fuel, heats))
    price = _price(first, found, use["use_kwh"])
    row = {"meter_id": first.meter_id, "fuel": first.fuel, "schools": ";".join(shares.index), **use, **price}
    parts = []
    for part in rows.itertuples():
        share = shares[part.school_id]
        scaled = {name: use[name] * share for name in ("use_kwh", "low_kwh", "high_kwh", "other_kwh", "weather_kwh")}
        standing = price["standing_gbp"] * share
        parts.append({"meter_id": first.meter_id,
                      "school_id": part.school_id, "block_id": part.block_id, "fuel": part.fuel, "heats": heats,
                      "method": use["method"], "share": share, **scaled, "weak": use["weak"],
                      "standing_gbp": standing,
                      "unit_rate_gbp": price["unit_rate_gbp"], "price_year": price["price_year"],
                      "price_from": price["price_from"]})
    return row, parts


def _heats(meter):
    """Whether a meter's fuel heats rooms: as given, else fuels that are burned do."""
    return meter.heats == HEATS[0] if meter.heats else meter.fuel in COMBUSTION


def _shares(rows, places):
    """Part of a meter's use that is each school's, by ``school_id``; adds up to one."""
    schools, key = rows.school_id.to_list(), rows.shared_by.iloc[0]
    if key == STATED:
        return pd.Series(rows.served_share.to_numpy(float), schools)
    measure = {BY_AREA: places.gifa_m2, BY_PUPILS: places.pupils}.get(key, pd.Series(1.0, places.index))
    own = measure.reindex(schools).astype(float)
    if not np.isfinite(own).all() or own.sum() <= 0:
        raise DataError([Fault("meters.csv", None, "shared_by", f"{key} for {rows.meter_id.iloc[0]}",
                               f"known for {', '.join(schools)}, or shares stated")])
    return own / own.sum()


def _prior(places, shares, fuel, heats):
    """What the schools of a meter would be expected to use together; not a number where nobody knows."""
    total = 0.0
    for school_id in shares.index:
        school = places.loc[school_id]
        try:
            total += expected_use(school.phase, fuel, school.gifa_m2, school.pupils, heats and fuel == "electricity")
        except MissingFigureError:
            return np.nan
    return total


def _use(readings, sky, school, fuel, heats, prior_kwh):
    """Use of a normal year of one meter by the best method its readings allow, with its range and statistics."""
    share, remarks = expected_weather_share(school.phase, fuel, heats and fuel == "electricity"), [*readings.notes]
    empty = dict.fromkeys(_METER_COLUMNS[9:17], np.nan)
    known = readings if sky is None else _within(readings, sky.given.days, remarks)
    told = {"periods": len(known.kwh), "days_read": float(known.days.sum())}
    if sky is not None and len(known.kwh) >= figure("readings for a fit") and told["days_read"] >= figure("days for a fit"):
        return _fitted(known, sky, heats, [*remarks, *sky.remarks]) | told
    if sky is not None and len(known.kwh) and prior_kwh > 0:
        point = response(school.phase, fuel)["change point"]
        other, weather, read = scaled_use(known, sky.given, sky.normal, (prior_kwh, share, point))
        low, high = estimate_range(other + weather, read)
        return _told(SCALED, other, weather, low, high, True, remarks) | empty | {"change_point_c": point} | told
    yearly, told["days_read"] = _whole_years(readings)
    if np.isfinite(yearly):
        low, high = estimate_range(yearly, 1.0)
        return _told(YEAR_READ, yearly * (1 - share), yearly * share, low, high, True, remarks) | empty | told
    remarks += ["too few readings to say more than schools of its kind do"] if len(readings.kwh) else ["no readings"]
    return _told(ESTIMATED, *[np.nan] * 4, False, remarks) | empty | told


def _told(method, other, weather, low, high, weak, remarks):
    return {"method": method, "use_kwh": other + weather, "low_kwh": low, "high_kwh": high, "other_kwh": other,
            "weather_kwh": weather, "weak": weak, "remarks": "; ".join(remarks)}


def _within(readings, days, remarks):
    """The periods whose weather is known."""
    inside = within(readings, days)
    if len(inside.kwh) < len(readings.kwh):
        remarks.append(f"{len(readings.kwh) - len(inside.kwh)} periods outside the weather table left out")
    return inside


def _fitted(readings, sky, heats, remarks):
    """A meter with a fit of its own, and what is weak about it."""
    fit = fit_use(readings, sky.given, figure("coldest change point"), figure("warmest change point"))
    other, weather, error = normal_use(fit, sky.normal)
    reach = half_width(figure("interval"), fit.freedom) * error
    steep = fit.slope_kwh_per_k > 0
    doubts = [
        (fit.cv_rmse > figure("weak fit above"), f"CV(RMSE) {fit.cv_rmse:.0%}"),
        (fit.r2 < figure("weak fit below") and heats, f"R2 {fit.r2:.2f}"),
        (fit.at_limit and heats, "the change point or the other use is at an end of the search")]
    found = [text for wrong, text in doubts if wrong]
    errors = fit.standard_errors if steep else np.full(3, np.nan)
    told = _told(FITTED, other, weather, max(other + weather - reach, 0.0), other + weather + reach, bool(found),
                 [*remarks, *(["weak fit: " + ", ".join(found)] if found else [])])
    return told | {"change_point_c": fit.change_point_c if steep else np.nan, "school_day_kwh": fit.other_kwh,
                   "school_day_kwh_per_k": fit.slope_kwh_per_k, "se_school_day_kwh": errors[0], "se_kwh_per_k": errors[1],
                   "se_change_point_c": errors[2], "r2": fit.r2, "cv_rmse": fit.cv_rmse}


def _whole_years(readings):
    """Use of a year from the last periods that come nearest to whole years, and their days; not a number: under a year."""
    days = np.cumsum(readings.days[::-1])
    years = np.round(days / DAYS_OF_A_YEAR)
    near = np.where(years >= 1, np.abs(days - years * DAYS_OF_A_YEAR), np.inf)
    if not len(days) or near.min() > DAYS_OF_A_YEAR - figure("days for a fit"):
        return np.nan, float(readings.days.sum())
    last = int(np.argmin(near))
    return float(readings.kwh[::-1][:last + 1].sum() / days[last] * DAYS_OF_A_YEAR), float(days[last])


def _price(meter, readings, annual_kwh):
    """Unit rate, standing charges of a year, the year they are of, and where they come from."""
    billed = readings[readings.bill_gbp.notna() & (readings.use_kwh > 0)]
    if pd.notna(meter.unit_rate_gbp):
        charge = 0.0 if pd.isna(meter.standing_charge_gbp) else float(meter.standing_charge_gbp)
        return {"unit_rate_gbp": float(meter.unit_rate_gbp), "standing_gbp": charge * DAYS_OF_A_YEAR,
                "price_year": int(meter.price_year), "price_from": "meter"}
    if len(billed):
        last = billed[billed.last_day > billed.last_day.max() - pd.Timedelta(days=DAYS_OF_A_YEAR)]
        return {"unit_rate_gbp": float(last.bill_gbp.sum() / last.use_kwh.sum()), "standing_gbp": 0.0,
                "price_year": int(last.last_day.dt.year.mode().iloc[-1]), "price_from": "bills"}
    rate, year = published_price(meter.fuel, annual_kwh if np.isfinite(annual_kwh) else 0.0)
    return {"unit_rate_gbp": rate, "standing_gbp": 0.0, "price_year": year, "price_from": "published"}


def _fuels_of(own):
    """Fuels of a school: those it has meters for; electricity always, and gas where nothing says what heats it."""
    named = set(own.fuel) | {"electricity"} | (set() if own.heats.any() else {"gas"})
    return [fuel for fuel in FUELS if fuel in named]


def _school_row(school, fuel, own):
    """One school and fuel: what its meters say, and what is expected of the school beyond that where some were not read."""
    read = own[own.method != ESTIMATED]
    heats = bool(own.heats.any()) if len(own) else fuel in COMBUSTION
    use, other, weather = (float(read[name].sum()) for name in ("use_kwh", "other_kwh", "weather_kwh"))
    below, above = ((read.use_kwh - read.low_kwh) ** 2).sum(), ((read.high_kwh - read.use_kwh) ** 2).sum()
    methods = list(read.method)
    if len(read) < len(own) or not len(own):
        electric = heats and fuel == "electricity"
        share = expected_weather_share(school.phase, fuel, electric)
        rest = max(expected_use(school.phase, fuel, school.gifa_m2, school.pupils, electric) - use, 0.0)
        low, high = estimate_range(rest)
        use, other, weather = use + rest, other + rest * (1 - share), weather + rest * share
        below, above, methods = below + (rest - low) ** 2, above + (high - rest) ** 2, [*methods, ESTIMATED]
    return {"school_id": school.Index, "fuel": fuel, "method": max(methods, key=METHODS.index), "use_kwh": use,
            "low_kwh": max(use - below ** 0.5, 0.0), "high_kwh": use + above ** 0.5, "other_kwh": other,
            "weather_kwh": weather, "heats": heats, "meters": len(own), "weak": bool(own.weak.any()),
            **_school_price(fuel, use, own, read)}


def _school_price(fuel, annual_kwh, own, read):
    """Price of a fuel at a school: of the meters that were read by their use, else of those it has, else as published."""
    given = own[own.price_from != "published"] if not len(read) else read
    if not len(given):
        rate, year = published_price(fuel, annual_kwh)
        return {"unit_rate_gbp": rate, "standing_gbp": 0.0, "price_year": year, "price_from": "published"}
    used = given.use_kwh.fillna(0.0)
    weights = used if used.sum() > 0 else used + 1.0
    return {"unit_rate_gbp": float(np.average(given.unit_rate_gbp, weights=weights)),
            "standing_gbp": float(own.standing_gbp.sum()), "price_year": int(given.price_year[weights.idxmax()]),
            "price_from": "; ".join(sorted(set(given.price_from)))}


def _now(rows, places):
    """Use by school, fuel and end use. [kWh a year]"""
    now = np.zeros((len(places), len(FUELS), len(END_USES)))
    heated = rows[rows.heats & rows.fuel.isin(COMBUSTION)]
    total = heated.groupby("school_id").use_kwh.transform("sum")
    part = (heated.use_kwh / total.where(total > 0, 1.0)).reindex(rows.index, fill_value=1.0)
    for place, row in rows.iterrows():
        pupils = places.pupils[row.school_id] * part[place]
        if row.fuel == "electricity":
            uses = split_electricity(row.other_kwh, row.weather_kwh, row.heats)
        elif row.heats:
            uses = split_heat(row.other_kwh, row.weather_kwh, pupils)
        else:
            uses = split_heat(row.other_kwh + row.weather_kwh, 0.0, 0.0)
        now[places.index.get_loc(row.school_id), FUELS.index(row.fuel)] = uses
    return now


def _by_block(baseline):
    estate, rows = baseline.estate, []
    blocks = estate.blocks.merge(estate.sites[["site_id", "school_id"]], on="site_id")
    meters = baseline.parts[(baseline.parts.block_id != "") & baseline.parts.use_kwh.notna()]
    own = meters.groupby(["block_id", "fuel"]).use_kwh.sum()
    for row in baseline.rows.itertuples():
        at = blocks[blocks.school_id == row.school_id]
        told = own[own.index.get_level_values("fuel") == row.fuel].droplevel("fuel").reindex(at.block_id)
        rest = max(row.use_kwh - told.sum(), 0.0)
        bare = at.gifa_m2.where(told.isna().to_numpy(), 0.0)
        spread = rest * bare / bare.sum() if bare.sum() > 0 else rest * at.gifa_m2 / at.gifa_m2.sum()
        rows.append(pd.DataFrame({"school_id": row.school_id, "block_id": at.block_id.to_numpy(), "fuel": row.fuel,
                                  "use_kwh": told.fillna(0.0).to_numpy() + spread.to_numpy(),
                                  "own_meter": np.where(told.notna(), "yes", "no")}))
    return pd.concat(rows, ignore_index=True)


def _notes(estate, rows, meters, skies):
    """What every page must say of the evidence."""
    guessed = rows[rows.method == ESTIMATED]
    if len(guessed):
        share = guessed.use_kwh.sum() / rows.use_kwh.sum()
        yield (f"{share:.0%} of the energy is estimated from schools of the same kind, not metered: "
               + "; ".join(f"{fuel} of {', '.join(own.school_id)}" for fuel, own in guessed.groupby("fuel", sort=False))
               + ". One school may well use half as much or twice as much.")
    if len(meters) and not skies.known:
        yield "There is no weather table, so that no use is corrected for the weather of its year."
    elif len(meters) and (lost := sorted(set(estate.schools.region) - set(skies.known))):
        yield f"The weather table has nothing for {', '.join(lost)}: use there is not corrected for the weather of its year."
    weak = meters[meters.weak & (meters.method == FITTED)]
    if len(weak):
        yield f"Weak degree-day fits: {', '.join(weak.meter_id)} (energy_meters.csv says why)."
    published = rows[(rows.price_from == "published")]
    if len(published):
        yield (f"{len(published)} of {len(rows)} prices are published ones for the size of the use: neither meters.csv "
               "nor bills say what is paid.")
