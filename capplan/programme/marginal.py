"""What the last pound of the plan's money is worth."""

from dataclasses import replace

from . import formulation
from .instance import instance
from .solver import Relaxation

STEP = 0.01                    # by how much all money is raised and lowered, as a share of it
TIME_LIMIT_S = 60.0


def worth_of_a_pound(candidates):
    """Value the next pound would add and the last one adds, on average, if all pots grew and shrank a little together.

    Parameters
    ----------
    candidates : Candidates

    Returns
    -------
    float
        Present value for each pound of the pots; zero where there is money for everything, and where there is none what the
        best scheme avoids for each pound. [GBP/GBP]

    Notes
    -----
    From the relaxation, in which a scheme may be started in part, and without must-dos or lower limits, which may leave no
    choice. *Counterexample:* a pound of a grant that only one school may spend, and spends on little.
    """
    inst = instance(candidates)
    inst = replace(inst, must={}, limits=[limit for limit in inst.limits if limit.sense == "<="])
    total = float(inst.pots.amount.sum())
    if total <= 0:
        ratios = [start.value / spent for start in inst.starts.values() if (spent := sum(start.spend.values())) > 0]
        return max([0.0, *ratios])
    value = {}
    for change in (-STEP, STEP):
        pots = inst.pots.assign(amount=inst.pots.amount * (1.0 + change))
        value[change] = Relaxation(formulation.build(replace(inst, pots=pots)), TIME_LIMIT_S).bound
    return max(0.0, (value[STEP] - value[-STEP]) / (2 * STEP * total))
