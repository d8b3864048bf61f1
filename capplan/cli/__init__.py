"""The command line. Each command checks its input, writes to a folder that appears whole or not at all, and says so.

Exit 0: what was asked for is done. Exit 2: the input is at fault, with a message; nothing has been written.
"""

import click

from . import (
    approving,
    bidding,
    comparing,
    condition,
    crosswalk,
    energy,
    evidence,
    explaining,
    exporting,
    forms,
    funding,
    growing,
    importing,
    monitoring,
    objectives,
    planning,
    pupil_places,
    pupils,
    questions,
    reporting,
    robustness,
    rolls,
    runs,
    simulating,
)

COMMANDS = (planning.demo, planning.new, importing.import_, planning.check, planning.run, planning.optimise,
            explaining.explain, planning.envelopes, planning.stress, questions.sensitivity, questions.goal, questions.worth,
            bidding.bids, robustness.robust, simulating.simulate, objectives.objectives,
            planning.formulation, planning.dictionary, condition.forecast,
            condition.learn, condition.resurvey, condition.complete, condition.fill, condition.policy, funding.funding,
            energy.energy, pupils.pupils, growing.grow, growing.grow_plan, reporting.report, reporting.papers, runs.runs,
            comparing.compare,
            exporting.export, exporting.benchmark,
            approving.lock, approving.approve, evidence.evidence, forms.forms, crosswalk.crosswalk, monitoring.monitor)


@click.group()
@click.version_option(package_name="capplan")
def main():
    """Decide, and show why, which school condition works to fund in which year, inside real reserves and grants."""


for command in COMMANDS:
    main.add_command(command)
for command in (rolls.regime, rolls.forecast_funding):
    funding.funding.add_command(command)
pupils.pupils.add_command(pupil_places.places_command)
