"""Regret: what a programme falls short of the best there would be, had the future been known, in each of some futures."""

import numpy as np
import pandas as pd

from .delivery import Sample, deliver
from .instance import instance
from .optimise import optimise

COLUMNS = ["scenario", "plan", "value_gbp", "best_gbp", "regret_gbp", "regret_most_gbp", "schemes_left_out"]


def as_expected(inst, must_weight=0.0):
    """The one future in which all comes as the candidates have it.

    Parameters
    ----------
    inst : Instance
    must_weight : float
        As in ``Sample``. [-]

    Returns
    -------
    Sample
    """
    return Sample(inst.value[None, :], np.ones((1, len(inst.pairs))), inst.pots.amount.to_numpy(float)[None, :], must_weight)


def regret_table(plans, worlds, must_weight=0.0, say=lambda text: None, **settings):
    """What each programme comes to in each of some named futures, and what it falls short of the best there.

    Parameters
    ----------
    plans : dict
        Name to a programme, scheme to start year.
    worlds : dict
        Name to the candidates as they are in that future.
    must_weight : float
        As in ``Sample``. [-]
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``, for the best programme of each future.

    Returns
    -------
    DataFrame
        ``scenario, plan, value_gbp, best_gbp`` (the best found), ``regret_gbp`` (shortfall of it), ``regret_most_gbp``
        (shortfall of what is proved to be the most), ``schemes_left_out`` (planned starts that are not on offer there).

    Raises
    ------
    InfeasibleError
        Where no programme keeps the rules in one of them.

    Notes
    -----
    Programmes are carried out as ``deliver`` does. Assumes that the names of schemes mean the same works in every future.

    References
    ----------
    .. [1] Savage, L.J. (1951), The theory of statistical decision. Journal of the American Statistical Association 46(253),
       55-67.
    """
    rows = []
    for name, candidates in worlds.items():
        say(f"The best programme of {name} ...")
        inst = instance(candidates)
        one, kept = as_expected(inst, must_weight), {}
        for plan, choice in plans.items():
            kept[plan] = {scheme: year for scheme, year in choice.items() if (scheme, year) in inst.starts}
        worth = {plan: float(deliver(inst, one, choice).value[0]) for plan, choice in kept.items()}
        best = optimise(candidates, **settings)
        most = max(best.objective, *worth.values())
        for plan, value in worth.items():
            rows.append([name, plan, value, most, most - value, max(best.bound, most) - value,
                         len(plans[plan]) - len(kept[plan])])
    return pd.DataFrame(rows, columns=COLUMNS)
