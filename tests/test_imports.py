"""The shape of the package, read from its source: who imports whom, where heavy libraries live, what is never written."""

import ast
import importlib.util
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "capplan"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts)

# Each part may import the parts of the rows above its own, never those beside it or below.
TIERS = (
    ("errors", "columns"), ("pupil_tables", "roll_tables", "energy_tables"), ("tables",),
    ("candidate_tables", "tabular", "reference", "shipped"),
    ("finance", "condition", "funding", "pupils", "energy"),
    ("money_checks",), ("bid_checks", "place_checks", "roll_checks", "energy_checks"), ("estate_checks",), ("estate",),
    ("scenario_parts",), ("scenario_pupils", "scenario_energy", "scenario_carbon"), ("scenario",), ("pupil_inputs",),
    ("pupil_forecast",), ("place_demand",),
    ("school_places",), ("ranges",), ("history", "inventory_fill", "resurvey"), ("energy_baseline",), ("energy_outlook",),
    ("parts",), ("outlook",), ("findings", "futures"),
    ("formula_grants",), ("grants",), ("books",),
