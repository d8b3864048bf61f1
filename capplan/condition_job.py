"""Whole jobs about condition, as the command line runs them: from an estate folder to a folder of findings."""

from datetime import date

from . import findings
from .candidates import propose
from .errors import DataError
from .estate import read_estate, write_estate
from .futures import bands_frame, futures
from .history import complete_works, learn, rates_table, read_completed, repeat_surveys
from .inventory_fill import fill_unsurveyed
from .outlook import forecast
from .programme.marginal import worth_of_a_pound
from .report.findings_text import findings_text
from .resurvey import resurvey
from .scenario import read_scenario
from .tabular import write_frame, write_json


def forecast_folder(estate_folder, scenario_file, overlays, folder, replicates, seed, say=lambda text: None):
    """Forecast an estate if nothing is done and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder to write into.
    replicates : int
        Futures sampled for the bands.
    seed : int
        Seed of the futures.
    say : callable
        Told what is being done.

    Returns
    -------
    str
        The findings in words and figures, for a screen.
    """
    scenario = read_scenario(scenario_file, *overlays)
    say(f"Reading {estate_folder} ...")
    outlook = forecast(read_estate(estate_folder), scenario)
    say(f"{outlook}\nSampling {replicates} futures ...")
    bands = bands_frame(outlook, futures(outlook, replicates, seed))
    say("Risk, surveys, duties ...")
    bar, told = _bar(outlook)
    frames = {"outlook": outlook.by_year().round(6), "bands": bands, "risk": findings.risk_frame(outlook),
              "risk_matrix": findings.matrix_frame(outlook).reset_index(), "blocks": findings.blocks_frame(outlook),
              "grounds": findings.grounds_surveys(outlook), "survey_next": findings.surveys_frame(outlook, bar),
              "service_levels": findings.service_levels(outlook), "suitability": findings.suitability_frame(outlook),
              **findings.compliance_frames(outlook)}
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    facts = {"trust": outlook.estate.trust["name"], "scenario": scenario.name, "price_base": scenario.plan.price_base,
             "first_year": scenario.plan.first_year, "years": scenario.plan.years, "seed": seed, "replicates": replicates,
             "bar_per_gbp": bar, "modelled_share_of_backlog": findings.modelled_share(outlook),
             "notes": [*outlook.notes, *told], "bands": bands[bands.school_id == ""].to_dict("records")}
    write_json(facts, folder / "forecast.json")
    text = findings_text(outlook, frames, facts)
    (folder / "findings.txt").write_text(text + "\n", encoding="utf-8")
    return text


def _bar(outlook):
    """What a pound is worth elsewhere, and what has to be said of it."""
    try:
        return worth_of_a_pound(propose(outlook)), ()
    except DataError as error:
        return 1.0, (f"The worth of surveys takes a pound elsewhere to be worth a pound: {error.faults[0].found} in "
                     f"{error.faults[0].where}, so the plan's money is not known.",)


def learn_folder(estate_folder, scenario_file, folder, seed=0):
    """Learn rates from an estate's repeat surveys and write them with the back-test card.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
        The estate, and the scenario that says how far rates may lie from the published ones.
    folder : Path
        An existing folder: ``rates.csv`` (only where something was learned), ``learned.csv``, ``pairs.csv``,
        ``back_test.txt`` and the tables of the card go into it.
    seed : int
        Of the back-test.

    Returns
    -------
    Learned
    """
    estate = read_estate(estate_folder)
    learned = learn(estate, read_scenario(scenario_file), seed=seed)
    if len(rates := rates_table(learned)):
        write_frame(rates, folder / "rates.csv")
    write_frame(learned.rates, folder / "learned.csv")
    write_frame(repeat_surveys(estate), folder / "pairs.csv")
    for name in ("elements", "checks", "calibration"):
        if len(table := getattr(learned.card, name)):
            write_frame(table, folder / f"back_test_{name}.csv")
    (folder / "back_test.txt").write_text(f"{learned}\n", encoding="utf-8")
    return learned


def complete_folder(estate_folder, works_file, recorded_by, recorded_on, folder):
    """Record completed works in a copy of an estate.

    Returns
    -------
    int
        How many works were recorded.
    """
    works = read_completed(works_file)
    write_estate(complete_works(read_estate(estate_folder), works, recorded_by, recorded_on or date.today()), folder)
    return len(works)


def resurvey_folder(estate_folder, later_folder, recorded_by, recorded_on, folder):
    """Put a later survey on top of an estate, in a copy of it.

    Returns
    -------
    Resurveyed
    """
    found = resurvey(read_estate(estate_folder), read_estate(later_folder), recorded_by, recorded_on or date.today())
    write_estate(found.frames, folder)
    return found


def fill_folder(estate_folder, folder):
    """Write a copy of an estate whose unsurveyed blocks have modelled components.

    Returns
    -------
    FilledEstate
    """
    filled = fill_unsurveyed(read_estate(estate_folder))
    write_estate(filled.frames, folder)
    return filled
