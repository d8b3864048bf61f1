"""Many futures of one plan, one after another or on several machines at once; the same either way."""

from ..machines import pieces, spread
from .delivery import deliver_in


def run_futures(plan, futures, executor=None, tell=lambda done: None):
    """Deliver a plan in every future.

    Parameters
    ----------
    plan : Plan
    futures : sequence of Future
    executor : executor, optional
        Where futures are sent, as ``machines.spread`` takes it; left out: nowhere.
    tell : callable
        Told how many futures are done.

    Returns
    -------
    list of Outturn
        In the order of the futures, whatever the number of machines.
    """
    parts, ends = pieces(list(futures)), [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    found = spread(_deliver, [(plan, part) for part in parts], executor, lambda done: tell(ends[done]))
    return [outturn for own in found for outturn in own]


def _deliver(plan, futures):
    return [deliver_in(plan, future) for future in futures]
