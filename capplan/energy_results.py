"""What a folder says of energy: the baseline by school, meter, block and end use, the forecast, and every figure used."""

import numpy as np
import pandas as pd

from .energy.end_uses import END_USES, FUELS
from .energy.factors import KG_PER_TONNE, SCOPES, calendar_years, footprint_factors
from .energy.figures import NOT_KNOWN
from .energy.priors import expected_use
from .energy.readings import by_planning_year, true_periods
from .energy_baseline import ESTIMATED, YEAR_READ
from .errors import MissingFigureError
from .reference import load


def baseline_frame(energy):
    """Use of a normal year by school and fuel, with cost and footprint of the first year and what its kind uses.

    Parameters
    ----------
    energy : EnergyOutlook

    Returns
    -------
    DataFrame
        ``school_id, name, fuel, method, use_kwh, low_kwh, high_kwh, other_kwh, weather_kwh, use_kwh_per_m2,
        use_kwh_per_pupil, kind_kwh, cost_gbp`` (real), ``footprint_tco2e, unit_rate_gbp, standing_gbp, price_year,
        price_from, meters, weak, weather_corrected``; ``kind_kwh`` is what a school of its kind would use, blank for fuels
        nobody has measured.
    """
    base, place = energy.base, {school: i for i, school in enumerate(energy.schools)}
    schools = base.estate.schools.set_index("school_id")
    at = [(place[row.school_id], FUELS.index(row.fuel)) for row in base.rows.itertuples()]
    frame = base.rows.copy()
    frame.insert(1, "name", frame.school_id.map(schools["name"]))
    gifa = np.array([energy.gifa_m2[school, 0] for school, _ in at])
    pupils = schools.pupils.astype(float).reindex(frame.school_id).to_numpy()
    frame["use_kwh_per_m2"] = frame.use_kwh / np.where(gifa > 0, gifa, np.nan)
    frame["use_kwh_per_pupil"] = frame.use_kwh / np.where(pupils > 0, pupils, np.nan)
    frame["kind_kwh"] = [_of_its_kind(row, schools.phase[row.school_id], size, heads)
                         for row, size, heads in zip(base.rows.itertuples(), gifa, pupils, strict=True)]
    cost, carbon = energy.cost_gbp(), energy.emissions_t()
    frame["cost_gbp"], frame["footprint_tco2e"] = ([values[key][0] for key in at] for values in (cost, carbon))
    frame["weak"] = np.where(frame.weak, "yes", "no")
    frame["weather_corrected"] = np.where(frame.method.isin((YEAR_READ, ESTIMATED)), "no", "yes")
    names = ["school_id", "name", "fuel", "method", "use_kwh", "low_kwh", "high_kwh", "other_kwh", "weather_kwh",
             "use_kwh_per_m2", "use_kwh_per_pupil", "kind_kwh", "cost_gbp", "footprint_tco2e", "unit_rate_gbp",
             "standing_gbp", "price_year", "price_from", "meters", "weak", "weather_corrected"]
    return frame[names].round({name: 1 for name in names if "kwh" in name} | {
        "cost_gbp": 2, "standing_gbp": 2, "footprint_tco2e": 4, "unit_rate_gbp": 5})


def _of_its_kind(row, phase, gifa_m2, pupils):
    try:
        return expected_use(phase, row.fuel, gifa_m2, pupils, row.heats and row.fuel == "electricity")
    except MissingFigureError:
        return np.nan


def meters_frame(base):
    """Every meter with its fit, standard errors and what is wrong with it.

    Parameters
    ----------
    base : EnergyBaseline

    Returns
    -------
    DataFrame
    """
    frame = base.meters.assign(weak=np.where(base.meters.weak, "yes", "no")).astype({"price_year": "Int64"})
    digits = {name: 1 for name in frame if name.endswith("_kwh")} | {
        "change_point_c": 2, "school_day_kwh": 3, "school_day_kwh_per_k": 3, "se_school_day_kwh": 3, "se_kwh_per_k": 3,
        "se_change_point_c": 3, "r2": 4, "cv_rmse": 4, "unit_rate_gbp": 5, "standing_gbp": 2}
    return frame.astype(dict.fromkeys(digits, float)).round(digits)


def end_uses_frame(base):
    """Use of a normal year by school, fuel and end use.

    Parameters
    ----------
    base : EnergyBaseline

    Returns
    -------
    DataFrame
        ``school_id, fuel, end_use, use_kwh``, without what is nought.
    """
    school, fuel, use = np.nonzero(base.now_kwh)
    return pd.DataFrame({"school_id": np.array(base.schools, object)[school], "fuel": np.array(FUELS, object)[fuel],
                         "end_use": np.array(END_USES, object)[use], "use_kwh": base.now_kwh[school, fuel, use].round(1)})


def history_frame(base):
    """What was read by school, planning year and fuel, and its footprint as reported and on one method for all years.

    Parameters
    ----------
    base : EnergyBaseline

    Returns
    -------
    DataFrame
        ``school_id, year, fuel, use_kwh, days_read`` (of the meter that was read least), ``footprint_tco2e`` by the factors
        published for the year, ``comparable_tco2e`` by those of one method; not corrected for the weather.
    """
    estate, rules, rows = base.estate, base.scenario.energy, []
    readings = estate.readings.rename(columns={"use_kwh": "kwh"})
    years_of = {meter: by_planning_year(true_periods(own)) for meter, own in readings.groupby("meter_id")}
    for part in base.parts.itertuples():
        for year, (kwh, days) in years_of.get(part.meter_id, {}).items():
            rows.append({"school_id": part.school_id, "year": year, "fuel": part.fuel, "use_kwh": kwh * part.share,
                         "days_read": days})
    frame = pd.DataFrame(rows, columns=["school_id", "year", "fuel", "use_kwh", "days_read"])
    frame = frame.groupby(["school_id", "year", "fuel"], as_index=False).agg({"use_kwh": "sum", "days_read": "min"})
    years = np.array(sorted(set(frame.year)), int)
    for name, consistent in (("footprint_tco2e", False), ("comparable_tco2e", True)):
        kg = (footprint_factors(calendar_years(years), rules.losses, rules.supply, consistent).kg_per_kwh.sum(axis=0)
              if len(years) else np.zeros((len(FUELS), 0)))
        at = [FUELS.index(fuel) for fuel in frame.fuel], np.searchsorted(years, frame.year)
        frame[name] = (frame.use_kwh * kg[at] / KG_PER_TONNE).round(4)
    return frame.round({"use_kwh": 1})


def energy_frame(energy, last_year=None):
    """Energy, cost and footprint by school, year and fuel.

    Parameters
    ----------
    energy : EnergyOutlook
    last_year : int, optional
        Last planning year wanted; left out: all.

    Returns
    -------
    DataFrame
    """
    frame = energy.by_school()
    frame = frame if last_year is None else frame[frame.year <= last_year]
    return frame.round({"use_kwh": 1, "cost_gbp": 2} | {name: 5 for name in frame if name.endswith("_tco2e")})


def trust_frame(energy):
    """Energy of the trust by year, with bills on every path of prices, real.

    Parameters
    ----------
    energy : EnergyOutlook

    Returns
    -------
    DataFrame
    """
    frame, scopes = energy.by_year(), energy.by_school().groupby("year")
    for number in "123":
        frame[f"scope_{number}_tco2e"] = frame.year.map(scopes[f"scope_{number}_tco2e"].sum())
    for path, bills in energy.bills_by_path().items():
        frame[f"energy_{path}_gbp"] = bills
    return frame.round({name: 2 if name.endswith("_gbp") else 4 if name.endswith("_tco2e") else 1 for name in frame
                        if name != "year"})


def factors_frame(energy):
    """The factors of every year, those of the footprint and those of an appraisal apart.

    Parameters
    ----------
    energy : EnergyOutlook

    Returns
    -------
    DataFrame
        ``year`` (planning), ``factor_year`` (calendar), ``fuel, kind`` (footprint or appraisal), ``scope, kg_per_kwh``.
    """
    years, calendar, rows = energy.years, calendar_years(energy.years), []
    for place, fuel in enumerate(FUELS):
        if fuel not in set(energy.baseline.fuel):
            continue
        series = [("footprint", scope, energy.footprint.kg_per_kwh[number, place]) for number, scope in enumerate(SCOPES)]
        series.append(("appraisal", "long-run marginal" if fuel == "electricity" else "combustion",
                       energy.appraisal.kg_per_kwh[place]))
        rows += [pd.DataFrame({"year": years, "factor_year": calendar, "fuel": fuel, "kind": kind, "scope": scope,
                               "kg_per_kwh": values.round(6)}) for kind, scope, values in series if values.any()]
    return pd.concat(rows, ignore_index=True)


def energy_figures(energy):
    """Every figure of the reference tables that the energy of an estate rests on.

    Parameters
    ----------
    energy : EnergyOutlook

    Returns
    -------
    DataFrame
        ``figure, value, meaning, source, status``, as ``assumptions.csv`` has them.
    """
    rows = energy.baseline
    phases = set(energy.base.estate.schools.phase.replace("", NOT_KNOWN))
    fuels, path = set(rows.fuel), energy.base.scenario.energy.price_path
    priors, answers, prices, dated = (load(name) for name in ("energy_priors", "energy_response", "energy_prices",
                                                              "footprint_factors"))
    published = rows.price_from.str.contains("published").any()
    wanted = prices.figure.isin([f"growth {path}", "last year of growth", *(["price"] if published else [])])
    burned = {"electricity" if fuel == "electricity" else "gas" for fuel in fuels}
    tables = {
        "energy_figures": (load("energy_figures"), ["figure"]),
        "energy_priors": (priors[priors.phase.isin(phases)], ["phase", "fuel"]),
        "energy_response": (answers[answers.phase.isin(phases) & answers.fuel.isin(burned)], ["phase", "fuel", "figure"]),
        "energy_prices": (prices[prices.fuel.isin(fuels) & wanted], ["fuel", "figure", "from_kwh"]),
        "footprint_factors": (dated[dated.fuel.isin(fuels)].rename(columns={"kg_per_kwh": "value"})
                              .assign(unit="kgCO2e/kWh"), ["fuel", "scope", "year"]),
        "end_use_shares": (load("end_use_shares").rename(columns={"electricity_share": "value"}).assign(unit="share"),
                           ["end_use"]),
        "plant_efficiency": (load("plant_efficiency").rename(columns={"useful_heat_share": "value"}).assign(unit="share"),
                             ["grade"])}
    return pd.concat([_listed(name, *table) for name, table in tables.items()], ignore_index=True)


def _listed(name, table, keys):
    """Rows of a reference table as figures with their meaning and unit."""
    named = table[keys].astype(object).apply(lambda row: ".".join(f"{key:g}" if isinstance(key, float) else str(key)
                                                                  for key in row if not pd.isna(key)), axis=1)
    return pd.DataFrame({"figure": f"{name}." + named, "value": table.value, "meaning": table.note + " [" + table.unit + "]",
                         "source": table.source, "status": table.status})
