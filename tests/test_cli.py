"""The command line as a new user meets it: each command does what its help says, or leaves nothing behind."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pandas as pd
import pytest

from capplan import jobs
from capplan.cli import main
from capplan.errors import OutputError
from capplan.estate import read_estate
from capplan.scenario import read_scenario
from capplan.tables import ESTATE_TABLES, data_dictionary

ROOT = Path(__file__).resolve().parents[1]
TINY, BASELINE = ROOT / "data" / "tiny", ROOT / "scenarios" / "baseline.toml"
COMMANDS = ("bids", "check", "complete", "demo", "dictionary", "envelopes", "explain", "fill", "forecast", "formulation",
            "funding allocations", "funding forecast", "funding regime", "funding routes", "goal", "import pds",
            "import schools", "import survey", "learn", "new", "objectives order", "objectives tradeoff", "objectives weigh",
            "objectives worksheet", "optimise", "policy worst-first", "pupils backtest", "pupils places", "report",
            "resurvey", "robust", "run", "sensitivity", "stress", "worth")
