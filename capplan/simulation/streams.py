"""Streams of random numbers, each of one thing that may happen to one school, prospect or scheme in one future.

Two policies meet the same futures, because what a draw is depends on nothing but the seed and its own names: not on the
order things happen in, not on how many futures are drawn, and not on who else there is.
"""

import hashlib

import numpy as np

WORDS = 4


def seed_sequence(seed, stream, owner, *replicate):
    """The seed of one stream of one owner.

    Parameters
    ----------
    seed : int
        Seed of the whole simulation, not negative.
    stream : str
        What is drawn, such as ``assessment``.
    owner : str
        Whom it befalls: the id of a school, prospect or scheme.
    *replicate : int
        Number of the future, from 0; left out: the seed of all its futures, as ``uniforms`` draws them.

    Returns
    -------
    numpy.random.SeedSequence

    Raises
    ------
    ValueError
        A negative seed or future.

    Notes
    -----
    The names go in by their SHA-256, the same on every machine and in every session. *Counterexample:* Python's own
    ``hash`` of a text changes with every session.

    Examples
    --------
    >>> one, again = (np.random.default_rng(seed_sequence(7, "assessment", "p1", 0)).random() for _ in range(2))
    >>> other = np.random.default_rng(seed_sequence(7, "assessment", "p2", 0)).random()
    >>> one == again, one == other
    (True, False)
    """
    if seed < 0 or any(number < 0 for number in replicate):
        raise ValueError(f"a seed and a future are not negative, got {seed} and {replicate}")
    digest = hashlib.sha256(f"{len(stream)} {stream} {owner}".encode()).digest()
    words = [int.from_bytes(digest[4 * place:4 * place + 4], "little") for place in range(WORDS)]
    return np.random.SeedSequence(seed, spawn_key=(*words, *replicate))


def generator(seed, stream, owner, replicate):
    """Random numbers of one stream of one owner in one future, as many as are asked for.

    Parameters
    ----------
    seed : int
    stream, owner : str
    replicate : int
        Number of the future, from 0.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> generator(7, "failures", "school a", 3).random() == generator(7, "failures", "school a", 3).random()
    True
    """
    return np.random.default_rng(seed_sequence(seed, stream, owner, replicate))


def uniforms(seed, stream, owner, replicates, draws):
    """A fixed number of uniform draws of one owner for every future at once, which is far quicker than one by one.

    Parameters
    ----------
    seed : int
    stream, owner : str
    replicates : int
        Number of futures.
    draws : int
        Draws of each future; with another number the draws are others.

    Returns
    -------
    array, shape (replicates, draws)
        Row r is future r, whatever the number of futures. From 0, below 1. [-]

    Notes
    -----
    Futures are rows of one sequence, so that more futures leave the first ones as they are.

    Examples
    --------
    >>> few, many = (uniforms(7, "odds", "p1", replicates, 3) for replicates in (2, 5))
    >>> few.shape, bool((many[:2] == few).all())
    ((2, 3), True)
    """
    return np.random.default_rng(seed_sequence(seed, stream, owner)).random((replicates, draws))
