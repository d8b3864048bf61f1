"""capplan decides, and shows why, which school condition works to fund in which year, inside real reserves and grants.

    read -> forecast -> propose -> optimise -> report

    estate     = read_estate("data/tiny")
    scenario   = read_scenario("scenarios/baseline.toml")
    outlook    = forecast(estate, scenario)
    candidates = propose(outlook)
    programme  = optimise(candidates)
"""

from importlib import import_module

_HOMES = {"CapplanError": "errors", "Candidates": "candidates", "Estate": "estate", "Outlook": "outlook",
          "Programme": "programme", "Scenario": "scenario", "forecast": "outlook", "optimise": "programme",
          "propose": "candidates", "read_candidates": "candidates", "read_estate": "estate",
          "read_scenario": "scenario", "write_results": "runs"}

__all__ = ["CapplanError", "Candidates", "Estate", "Outlook", "Programme", "Scenario", "forecast", "optimise", "propose",
           "read_candidates", "read_estate", "read_scenario", "write_results"]


def __getattr__(name):
    """Import a public name when it is first used, so that the command line starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__():
    return sorted({*globals(), *__all__})
