"""How many schools may join in an academic year. Pure rules: who joined, who would, and nothing else."""


def may_join(joined, sponsored, intensive, limits, spare):
    """Whether one more school may join in an academic year.

    Parameters
    ----------
    joined : sequence of tuple of bool
        Schools that have joined in it: whether each was sponsored, and needs intensive support.
    sponsored, intensive : bool
        The same of the one that would join.
    limits : Growth
        ``most_joins``, ``most_joins_if_sponsored``, ``most_joins_ever`` and ``most_intensive_of_more``.
    spare : bool
        Whether the team's utilisation is low enough for growth to resume: no more than ``most_joins`` without it.

    Returns
    -------
    bool

    Notes
    -----
    A year with a sponsored school is held to its own, lower limit, whichever came first. A sponsored school is taken to need
    intensive support. *Counterexample:* a school directed to a sponsor for its governance alone, whose teaching is sound.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> plan = SimpleNamespace(most_joins=2, most_joins_if_sponsored=1, most_joins_ever=3, most_intensive_of_more=1)
    >>> plain, hard, sponsored = (False, False), (False, True), (True, True)
    >>> may_join([plain], *plain, plan, False), may_join([plain], *sponsored, plan, True)
    (True, False)
    >>> may_join([plain, hard], *plain, plan, True), may_join([plain, hard], *hard, plan, True)
    (True, False)
    >>> may_join([plain, hard], *plain, plan, False)
    False

    References
    ----------
    .. [1] Business plan 2020-24 of a trust of four schools (``growth-trust-plan`` in sources.csv).
    """
    after = len(joined) + 1
    if sponsored or any(one[0] for one in joined):
        return after <= limits.most_joins_if_sponsored
    if after <= limits.most_joins:
        return True
    return bool(spare and after <= limits.most_joins_ever
                and intensive + sum(one[1] for one in joined) <= limits.most_intensive_of_more)
