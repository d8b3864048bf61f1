"""Whole jobs about energy, as the command line runs them: from an estate folder to a folder of findings."""

from datetime import date

import pandas as pd

from . import energy_results as results
from .candidates import propose
from .carbon_results import measures_frame
from .energy.measures import register
from .energy_outlook import energy_outlook
from .energy_uncertainty import RANGE_COLUMNS, decided_by_kind, ranges_register, read_energy_ranges, uncertainty
from .estate import read_estate
from .outlook import forecast
from .reference import load
from .report.carbon import measures_text
from .report.energy_ranges import Ranges, ranges_document
from .report.energy_text import baseline_text, forecast_text
from .report.energy_uncertainty import uncertainty_text
from .report.papers import PAGE, written
from .scenario import read_scenario
from .tabular import write_frame, write_json


def _asked(scenario_file, overlays):
    """The scenario with energy on: the command asks for it."""
    scenario = read_scenario(scenario_file, *overlays)
    return scenario.model_copy(update={"energy": scenario.energy.model_copy(update={"included": True})})


def baseline_folder(estate_folder, scenario_file, overlays, folder):
    """Work out what every school uses in a normal year and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder to write into.

    Returns
    -------
    tuple of (str, dict)
        The findings for a screen, and as figures.
    """
    scenario = _asked(scenario_file, overlays)
    energy = energy_outlook(read_estate(estate_folder), scenario)
    frame, meters = results.baseline_frame(energy), results.meters_frame(energy.base)
    write_frame(frame, folder / "energy_baseline.csv")
    write_frame(meters, folder / "energy_meters.csv")
    write_frame(results.history_frame(energy.base), folder / "energy_history.csv")
    write_frame(results.end_uses_frame(energy.base), folder / "energy_end_uses.csv")
    write_frame(energy.base.by_block().round({"use_kwh": 1}), folder / "energy_blocks.csv")
    facts = _facts(energy) | {
        "use_kwh": float(frame.use_kwh.sum()), "cost_gbp": float(frame.cost_gbp.sum()),
        "footprint_tco2e": float(frame.footprint_tco2e.sum()), "schools": _records(frame), "meters": _records(meters)}
    return _written(folder, energy, facts, baseline_text(energy, frame, meters)), facts


def forecast_folder(estate_folder, scenario_file, overlays, folder):
    """Forecast energy, cost and carbon to 2050 and write them.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder to write into.

    Returns
    -------
    tuple of (str, dict)
        The findings for a screen, and as figures.
    """
    scenario = _asked(scenario_file, overlays)
    energy = forecast(read_estate(estate_folder), scenario).energy
    trust = results.trust_frame(energy)
    write_frame(results.energy_frame(energy), folder / "energy.csv")
    write_frame(trust, folder / "energy_trust.csv")
    write_frame(results.factors_frame(energy), folder / "energy_factors.csv")
    facts = _facts(energy) | {"years": _records(trust)}
    return _written(folder, energy, facts, forecast_text(energy, trust)), facts


def measures_folder(estate_folder, scenario_file, overlays, folder):
    """Work out what energy measures cost and save at every school and write it, before any plan is made.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder to write into: ``measures.csv``, ``assumptions.csv``, ``sources.csv``, ``scenario.toml``,
        ``measures.json`` and ``measures.txt``.

    Returns
    -------
    tuple of (str, dict)
        The findings for a screen, and as figures.
    """
    scenario = _asked(scenario_file, overlays)
    scenario = scenario.model_copy(update={"measures": scenario.measures.model_copy(update={"offered": True})})
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    energy, frame = candidates.outlook.energy, measures_frame(candidates)
    facts = _facts(energy) | {"level": scenario.measures.level, "measures": _records(frame[frame.scheme_id != ""]),
                              "footprint_tco2e": float(energy.by_year().footprint_tco2e.iloc[0])}
    text = measures_text(frame, facts)
    write_frame(frame, folder / "measures.csv")
    return _told(folder, "measures", scenario, facts, text, results.energy_figures(energy), register()), facts


def uncertainty_folder(estate_folder, scenario_file, overlays, folder, ranges=None, draws=1024, seed=0):
    """Work out how sure the energy measures are that are offered, and what decides it, and write it.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder to write into: ``measure_ranges.csv``, ``measure_decides.csv``, ``assumptions.csv``,
        ``sources.csv``, ``scenario.toml``, ``uncertainty.json``, ``uncertainty.txt`` and ``uncertainty.html``.
    ranges : str or Path, optional
        The user's own table of ranges; left out: capplan's.
    draws : int
        Points drawn for each figure that is not known; a power of two.
    seed : int

    Returns
    -------
    tuple of (str, dict)
        The findings for a screen, and as figures.
    """
    scenario, table = _asked(scenario_file, overlays), read_energy_ranges(ranges)
    level = scenario.measures.level
    scenario = scenario.model_copy(update={"measures": scenario.measures.model_copy(
        update={"offered": True, "level": "central"})})
    candidates = propose(forecast(read_estate(estate_folder), scenario))
    frame, parts = uncertainty(candidates, table, draws.bit_length() - 1, seed)
    energy = candidates.outlook.energy
    facts = _facts(energy) | {"draws": draws, "seed": seed, "level_of_scenario": level, "measures": _records(frame),
                              "decides": _records(decided_by_kind(parts))}
    text = uncertainty_text(frame, decided_by_kind(parts), facts)
    write_frame(frame.round(RANGE_ROUNDED), folder / "measure_ranges.csv")
    write_frame(parts.round(4), folder / "measure_decides.csv")
    found = Ranges(frame, decided_by_kind(parts), facts)
    (folder / "uncertainty.html").write_bytes(written(ranges_document(found, date.today().isoformat()), PAGE))
    return _told(folder, "uncertainty", scenario, facts, text, results.energy_figures(energy), register(),
                 ranges_register(table)), facts


RANGE_ROUNDED = {name: 2 for name in RANGE_COLUMNS if name.endswith(("_gbp", "_tonne"))} | {
    name: 1 for name in RANGE_COLUMNS if name.endswith("_kwh")} | {
    name: 3 for name in RANGE_COLUMNS if name.endswith(("_tco2e", "_share"))}


def _told(folder, name, scenario, facts, text, *registers):
    """Write what every folder about measures holds, and hand back the screen."""
    write_frame(pd.concat(registers, ignore_index=True), folder / "assumptions.csv")
    write_frame(load("sources"), folder / "sources.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    write_json(facts, folder / f"{name}.json")
    (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    return text


def _facts(energy):
    """What every account of energy says first."""
    rows, scenario = energy.baseline, energy.base.scenario
    metered = rows.use_kwh[rows.meters > 0].where(rows.method[rows.meters > 0] != results.ESTIMATED, 0.0).sum()
    return {"trust": energy.base.estate.trust["name"], "scenario": scenario.name, "price_base": scenario.plan.price_base,
            "price_path": scenario.energy.price_path, "first_year": int(energy.years[0]), "last_year": int(energy.years[-1]),
            "metered_share": float(metered / rows.use_kwh.sum()), "notes": list(energy.notes)}


def _records(frame):
    """Rows of a frame as plain values, with nothing where a figure is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _written(folder, energy, facts, text):
    """Write what every folder about energy in use holds, and hand back the screen."""
    return _told(folder, "energy", energy.base.scenario, facts, text, results.energy_figures(energy))
