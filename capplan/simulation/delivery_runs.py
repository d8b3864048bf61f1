"""Many futures of one plan, one after another or on several processors at once; the same either way."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from .delivery import deliver_in

PIECES_EACH = 4


def run_futures(plan, futures, workers=1, tell=lambda done: None):
    """Deliver a plan in every future.

    Parameters
    ----------
    plan : Plan
    futures : sequence of Future
    workers : int
        Processes at once.
    tell : callable
        Told how many futures are done.

    Returns
    -------
    list of Outturn
        In the order of the futures, whatever the number of processes.
    """
    futures = list(futures)
    size = max(1, -(-len(futures) // (workers * PIECES_EACH)))
    pieces = [futures[begin:begin + size] for begin in range(0, len(futures), size)]
    found = []
    if workers == 1:
        for piece in pieces:
            found += _deliver(plan, piece)
            tell(len(found))
        return found
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for own in pool.map(_deliver, [plan] * len(pieces), pieces):
            found += own
            tell(len(found))
    return found


def _deliver(plan, futures):
    return [deliver_in(plan, future) for future in futures]
