"""Work that is spread over processes of this machine or over a cluster: the same answers, in the same order, as one by one.

What is spread is a plain function and its cases; any ``concurrent.futures`` executor will do. Answers never depend on which
machine a case went to, nor on how many there are.
"""

import sys
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from .errors import CapplanError

TRIES = 3
"""How often cases are given out again when a process of this machine is lost."""
CONNECT_S = 15.0
"""How long a scheduler may take to answer. [s]"""


class Processes:
    """So many processes of this machine at once. One that is lost is replaced, and its cases are done again.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count):
        self.count, self._pool = count, self._new(count)

    @staticmethod
    def _new(count):
        return ProcessPoolExecutor(count, mp_context=get_context("spawn"))

    def submit(self, work, *case):
        """Give one case out; the answer is a future."""
        return self._pool.submit(work, *case)

    def renew(self):
        """Put a new set of processes in the place of one that is broken."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._new(self.count)

    def shutdown(self, wait=True, cancel_futures=False):
        """Let the processes go."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


@contextmanager
def machines(processes=1, scheduler=None, alike=None):
    """What work is to be given to: nothing but this process, more processes of this machine, or a cluster.

    Parameters
    ----------
    processes : int
        Processes of this machine at once.
    scheduler : str, optional
        Address of a Dask scheduler, as ``tcp://127.0.0.1:8786``.
    alike : callable, optional
        Gives what has to be the same here and on every worker of a cluster, as a dict: versions of packages.

    Yields
    ------
    executor or None
        ``None``: this process alone.

    Raises
    ------
    CapplanError
        Where ``distributed`` is not installed, no scheduler answers, it has no workers, or one of them is not alike.

    Notes
    -----
    A cluster runs what it is sent, for anybody who can reach it: keep its scheduler on the loopback interface or inside a
    network of your own. *Counterexample:* a scheduler that listens on every interface of a laptop in a café.
    """
    if scheduler is not None and processes > 1:
        raise CapplanError("Give --scheduler or --processes, not both: a cluster has processes of its own.")
    if scheduler is None and processes == 1:
        yield None
        return
    if scheduler is None:
        pool = Processes(processes)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
        return
    client = _client(scheduler)
    try:
        _refuse_unlike(client, scheduler, alike)
        yield client.get_executor()
    finally:
        client.close()


def _client(address):
    """A connection to a scheduler."""
    try:
        from distributed import Client
    except ImportError:
        raise CapplanError("--scheduler needs the package distributed: pip install 'capplan[cluster]'.") from None
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise CapplanError(f"No Dask scheduler answers at {address}: {str(error).splitlines()[0] or 'timed out'}.") from None


def _refuse_unlike(client, address, alike):
    """Refuse a cluster without workers, or with one that would give other answers."""
    if not client.scheduler_info()["workers"]:
        raise CapplanError(f"The scheduler at {address} has no workers; start some with: dask worker {address}")
    if alike is None:
        return
    own, differing = alike(), []
    for worker, there in sorted(client.run(alike, on_error="return").items()):
        if not isinstance(there, dict):
            differing.append(f"{worker}: capplan cannot be used there ({type(there).__name__})")
        else:
            differing += [f"{worker}: {what} is {there.get(what, 'absent')}, here {own.get(what, 'absent')}"
                          for what in {**own, **there} if own.get(what) != there.get(what)]
    if differing:
        raise CapplanError("Workers of the cluster are not as this machine is, so that answers might differ:\n  "
                           + "\n  ".join(differing[:20]))


def spread(work, cases, executor=None, tell=lambda done: None):
    """Do every case, here or wherever an executor takes it.

    Parameters
    ----------
    work : callable
        A function of a module, so that it can be sent.
    cases : iterable of tuple
        Its arguments.
    executor : executor, optional
        Anything with ``submit``; left out: this process, one case after the other.
    tell : callable
        Told how many are done, in their order.

    Returns
    -------
    list
        One answer for each case, in their order.

    Raises
    ------
    CapplanError
        Where workers are lost again and again. What the work raises is raised, and what was not begun is called off.

    Notes
    -----
    A worker that is lost costs time, not answers: a cluster gives its cases out again by itself, and lost processes of
    this machine are replaced. *Counterexample:* a case that kills every worker it is given to.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as two:
    ...     spread(pow, [(2, 3), (3, 2)], two)
    [8, 9]
    """
    cases = list(cases)
    if executor is None:
        found = []
        for case in cases:
            found.append(work(*case))
            tell(len(found))
        return found
    for _ in range(TRIES):
        given = [executor.submit(work, *case) for case in cases]
        try:
            return _gathered(given, tell)
        except BrokenExecutor:
            if not hasattr(executor, "renew"):
                break
            executor.renew()
        except _lost_for_good():
            break
    raise CapplanError(f"Workers were lost {TRIES} times over the same work; perhaps there is too little memory for it.")


def _lost_for_good():
    """What a cluster raises for a case that lost it one worker after the other; nothing where no cluster is in use."""
    cluster = sys.modules.get("distributed")
    return (cluster.KilledWorker,) if cluster else ()


def _gathered(given, tell):
    """The answers in their order; where one fails, the others are called off."""
    found = []
    try:
        for each in given:
            found.append(each.result())
            tell(len(found))
    finally:
        for each in given[len(found):]:
            each.cancel()
    return found


def pieces(items, most=64):
    """A list cut into at most so many pieces of nearly the same length, in order: what is sent at once.

    Parameters
    ----------
    items : list
    most : int

    Returns
    -------
    list of list

    Examples
    --------
    >>> pieces([1, 2, 3, 4, 5], 2), pieces([], 2)
    ([[1, 2, 3], [4, 5]], [])
    """
    size = max(1, -(-len(items) // most))
    return [items[begin:begin + size] for begin in range(0, len(items), size)]
