"""capplan decides, and shows why, which school condition works to fund in which year, inside real reserves and grants.

    read -> forecast -> propose -> optimise -> report

    estate     = read_estate("data/tiny")
    scenario   = read_scenario("scenarios/baseline.toml")
    outlook    = forecast(estate, scenario)
    candidates = propose(outlook)
    programme  = optimise(candidates)
"""

from .candidates import Candidates, propose, read_candidates
from .errors import CapplanError
from .estate import Estate, read_estate
from .outlook import Outlook, forecast
from .programme import Programme, optimise
from .runs import write_results
from .scenario import Scenario, read_scenario

__all__ = ["CapplanError", "Candidates", "Estate", "Outlook", "Programme", "Scenario", "forecast", "optimise", "propose",
           "read_candidates", "read_estate", "read_scenario", "write_results"]
