"""What it costs to decide against a programme: one scheme forced in or kept out, and everything else chosen again."""

from .errors import DataError, Fault
from .explain_job import read_programme
from .programme import optimise
from .programme.what_if import forced

DECISIONS = ("in", "out")


def override_cost(results, scheme, decision, say=lambda text: None, **settings):
    """What forcing one scheme in, or keeping it out, costs in value.

    Parameters
    ----------
    results : str or Path
        Results folder.
    scheme : str
        A scheme of its candidates.
    decision : str
        ``in`` or ``out``, against what the run found.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    dict
        ``scheme, decision, value_gbp`` (of the run), ``value_overridden_gbp``, and the cost at the least and at the most:
        both programmes are the best only within their gaps.

    Raises
    ------
    DataError
        If there is no such scheme, or the run found so itself.
    InfeasibleError
        If no programme obeys all the rules then.
    """
    candidates, choice, solution = read_programme(results)
    if scheme not in set(candidates.schemes.scheme_id):
        raise DataError([Fault("schemes.csv", None, "scheme_id", repr(scheme), "a scheme of the run")])
    if (scheme in choice) == (decision == "in"):
        raise DataError([Fault("schemes.csv", None, "start_year", f"{scheme} is {decision} already",
                               "a decision against what the run found")])
    say(f"Solving again with {scheme} {decision} ...")
    found = optimise(forced(candidates, scheme, decision == "in"), **settings)
    value, bound = solution["objective"], solution["bound"]
    most = found.bound if bound is None else bound
    return {"scheme": scheme, "decision": decision, "value_gbp": round(value, 2),
            "value_overridden_gbp": round(found.objective, 2),
            "cost_least_gbp": round(max(0.0, value - found.bound), 2),
            "cost_most_gbp": round(max(0.0, most - found.objective), 2)}
