"""Needs, and the starts that meet them: starts that are never the better choice, and what each need is worth at most.

Most starts meet one need; works on a whole block meet several. Needs that share a start, directly or through others, are a
set: what is best done about one set depends on the others through money and limits alone.
"""

import numpy as np

from .arrays import NEEDS, PAID

ALTERNATIVES = 3
"""With as many of the more valuable alternatives of its need and year is each start compared."""


class Needs:
    """Which needs each start meets, and the sets of needs that share starts.

    Parameters
    ----------
    model : Arrays

    Attributes
    ----------
    met : sparse array, shape (n, needs)
        1 where a start meets a need.
    set_of : array of int, shape (n,)
        Number of the set of needs of each start.
    """

    def __init__(self, model):
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        inst, number = model.instance, {}
        entries = [(number.setdefault(scheme, len(number)), need) for need, members in enumerate(inst.groups.values())
                   for scheme in members]
        scheme, need = np.array(sorted(set(entries)), dtype=int).reshape(-1, 2).T
        by_scheme = csr_matrix((np.ones(len(scheme)), (scheme, need)), shape=(len(number), len(inst.groups)))
        self.met = by_scheme[np.array([number[scheme] for scheme, _ in inst.pairs], dtype=int)]
        self.sets, self.of_need = connected_components(by_scheme.T @ by_scheme, directed=False)
        self.set_of = self.of_need[model.own_need] if len(inst.pairs) else np.zeros(0, int)
        self._alone = np.diff(self.met.indptr) == 1
        self._own, self._several = model.own_need, np.flatnonzero(~self._alone)
        self._met_by_several = self.met[self._several]

    def covered(self, worth, at_least=None):
        """What each need is worth, so that no start is worth more than the needs it meets.

        Parameters
        ----------
        worth : array, shape (n,)
            What each start is worth beyond what it uses.
        at_least : array, shape (needs,), optional
            To begin from; left out: nothing.

        Returns
        -------
        array, shape (needs,)

        Notes
        -----
        The starts of one need give its worth. Where works that meet several are worth more than these needs together, the
        rest is spread over them, the greatest rest of each set first.
        """
        prices = np.zeros(self.met.shape[1]) if at_least is None else np.maximum(at_least, 0.0)
        np.maximum.at(prices, self._own[self._alone], worth[self._alone])
        wanted, sets = worth[self._several], self.set_of[self._several]
        while True:
            short = wanted - self._met_by_several @ prices
            open_ = np.flatnonzero(short > 1e-9 * np.abs(wanted))
            if not len(open_):
                return prices
            greatest = open_[np.lexsort((-short[open_], sets[open_]))]
            greatest = greatest[np.concatenate([[True], np.diff(sets[greatest]) != 0])]
            needs = self._met_by_several[greatest]
            np.add.at(prices, needs.indices, np.repeat(short[greatest] / np.diff(needs.indptr), np.diff(needs.indptr)))


def dominated(model):
    """Starts that another of the same need and year always stands in for: worth as much, and using no more of anything.

    Parameters
    ----------
    model : Arrays

    Returns
    -------
    array of bool, shape (n,)
    """
    from scipy.sparse import diags, vstack

    starts = model.starts
    years = np.array([year for _, year in model.instance.pairs], dtype=int)
    uses = _uses(model, diags, vstack)
    value, found = model.value[:starts], np.zeros(starts, bool)
    possible = np.flatnonzero(model.most[:starts] > 0)
    keys = model.instance.cost, -value, years, model.own_need
    order = possible[np.lexsort([key[possible] for key in keys])]
    for step in range(1, ALTERNATIVES + 1):
        better, worse = order[:-step], order[step:]
        alike = (model.own_need[better] == model.own_need[worse]) & (years[better] == years[worse])
        better, worse = better[alike], worse[alike]
        if len(worse):
            found[worse] |= np.asarray((uses[worse] - uses[better]).min(axis=1).todense()).ravel() >= 0
    return found


def _uses(model, diags, vstack):
    """What each start takes of every row, more being worse, shape (n, rows and equalities once more)."""
    matrix, starts = model.matrix[:, :model.starts], model.starts
    upper, lower = np.isfinite(model.high), np.isfinite(model.low)
    sign = np.where(model.family == PAID, -1.0, np.where(upper, 1.0, -1.0))
    both = np.flatnonzero(upper & lower & (model.family != PAID))
    rows = vstack([diags(sign) @ matrix, -matrix.tocsr()[both]]) if len(both) else diags(sign) @ matrix
    return rows.T.tocsr()[:starts]


def need_rows(model):
    """Number of the need of each row of needs, -1 for other rows, shape (rows,)."""
    found, row = np.full(len(model.low), -1), np.flatnonzero(model.family == NEEDS)
    several = [i for i, members in enumerate(model.instance.groups.values())
               if sum(len(model.instance.by_scheme.get(scheme, ())) for scheme in members) > 1]
    found[row] = several
    return found
