"""The job about pupil numbers, as the command line runs it: from an estate folder to a folder of tables and a page."""

from .estate import read_estate
from .pupil_forecast import forecast_pupils
from .report.pupils import facts_of, pupils_html, pupils_text
from .scenario import read_scenario
from .tabular import write_frame, write_json


def pupils_folder(estate_folder, scenario_file, overlays, folder, replicates=None, seed=None, say=lambda text: None):
    """Forecast the pupils of an estate and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``pupils.csv`` (by school, census and year group), ``totals.csv``, ``methods.csv``,
        ``around_the_line.csv``, ``back_test.csv``, ``rolls.csv`` (as the estate's table has it), ``scenario.toml``,
        ``pupils.json``, ``pupils.txt`` and ``pupils.html`` go into it.
    replicates, seed : int or None
        In place of the scenario's.
    say : callable
        Told what is being done.

    Returns
    -------
    tuple of (str, dict)
        What was found, for a screen; and what stands in ``pupils.json``.
    """
    scenario = read_scenario(scenario_file, *overlays)
    given = {name: value for name, value in (("replicates", replicates), ("seed", seed)) if value is not None}
    scenario = scenario.model_copy(update={"pupils": scenario.pupils.model_copy(update=given)})
    say(f"Reading {estate_folder} ...")
    estate = read_estate(estate_folder)
    forecast = forecast_pupils(estate, scenario)
    say("Back-test on the trust's own censuses ...")
    frames = {"pupils": forecast.by_group(), "totals": forecast.totals(), "methods": forecast.methods,
              "around_the_line": forecast.around_the_line(), "back_test": forecast.card,
              "rolls": forecast.rolls(estate.rolls)}
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    facts, text = facts_of(forecast), pupils_text(forecast)
    write_json(facts, folder / "pupils.json")
    (folder / "pupils.txt").write_text(text + "\n", encoding="utf-8")
    (folder / "pupils.html").write_text(pupils_html(forecast), encoding="utf-8")
    return text, facts
