"""Lets the tests of this folder import the oracle, its instances and the made-up trusts of the benchmarks by name."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (str(HERE), str(HERE.parent / "benchmarks")):
    if folder not in sys.path:
        sys.path.insert(0, folder)
