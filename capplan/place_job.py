"""The job about places, as the command line runs it: from an estate folder to a folder of tables."""

from dataclasses import dataclass, field

import pandas as pd

from .candidates import propose
from .candidates.covering import covering_notes
from .estate import read_estate
from .outlook import forecast
from .place_accounts import options_of_places, places_frame, pupil_days_frame, uses_frame
from .pupil_money import pupil_money
from .scenario import read_scenario
from .tabular import write_frame


@dataclass(frozen=True)
class PlacesFound:
    """What is found of places: ``frames`` by name of the file, ``notes`` in sentences, names of the trust and scenario."""

    trust: str
    scenario: str
    frames: dict = field(repr=False)
    notes: tuple = ()

    @property
    def by_school(self):
        """Places, pupils, spare and short by school at the first and last year of the plan."""
        frame = self.frames["places"]
        first, last = frame.year.min(), frame.year.max()
        ends = {year: frame[frame.year == year].set_index("school_id") for year in (first, last)}
        wanted = ["places", "pupils_p50", "spare", "short"]
        pieces = [each[wanted].add_suffix(f"_{year}") for year, each in ends.items()]
        return pd.concat([ends[first][["name"]], *pieces], axis=1).reset_index()


def weigh_places(estate_folder, scenario_file, overlays, folder, say=lambda text: None):
    """Weigh the places of an estate against its pupils and write what is found.

    Parameters
    ----------
    estate_folder, scenario_file : str or Path
    overlays : sequence of str
    folder : Path
        An existing folder: ``places.csv``, ``uses.csv``, ``options.csv`` and ``pupil_days.csv`` go into it,
        and ``money.csv`` where pupil_funding.csv says what pupils bring.
    say : callable
        Told what is being done.

    Returns
    -------
    PlacesFound

    Raises
    ------
    DataError
        If places or pupils are missing.
    """
    scenario = read_scenario(scenario_file, *overlays)
    if not scenario.places.included:
        scenario = scenario.model_copy(update={"places": scenario.places.model_copy(update={"included": True})})
    say(f"Reading {estate_folder} ...")
    outlook = forecast(read_estate(estate_folder), scenario)
    say(f"{outlook}\nWhat may close, and what may be added ...")
    candidates = propose(outlook)
    frames = {"places": places_frame(outlook).drop(columns=["places_with", "spare_with", "short_with"]),
              "uses": uses_frame(outlook), "options": options_of_places(candidates).drop(columns="chosen"),
              "pupil_days": pupil_days_frame(outlook)}
    notes = (*outlook.places.notes, *covering_notes(outlook))
    if len(outlook.estate.pupil_funding):
        followed = pupil_money(outlook.estate, scenario)
        frames, notes = {**frames, "money": followed.lines}, (*notes, *followed.notes)
    for name, frame in frames.items():
        write_frame(frame, folder / f"{name}.csv")
    (folder / "scenario.toml").write_text(scenario.to_toml(), encoding="utf-8")
    return PlacesFound(outlook.estate.trust["name"], scenario.name, frames, notes)
