"""The back-test card: what the forecast would have said of the later survey, beside what the later survey found.

Rates are judged on pairs of surveys they were not learned from: blocks are dealt into folds, and each fold is forecast with
rates learned from the others.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .deterioration import GRADE_COUNT, grade_shares, transition_matrices
from .learning import choose_pooling, fit_transitions
from .panel import MONTHS_PER_YEAR, months_of

GRADES = "abcde"
POOR_FROM = 2
ALL = "All elements"
BAND = (0.1, 0.9)
"""Ends of the 80% band."""
BINS, DRAWS = 10, 400
LIMITS = ("Pairs are judged as if independent, though components of one block wear together: the bands are too narrow "
          "where they do. Components that had works in between, or look better without any, are not in the card, so it "
          "speaks of components left alone, and a surveyor's error of grade counts as wear. It tests the forecast over the "
          "years between the surveys, not over a longer plan.")


@dataclass(frozen=True)
class BackTestCard:
    """A forecast beside what was found. ``reason`` says why there is no card, and is blank where there is one.

    ``elements`` has one row per element and a last one for all; ``checks`` one per element and fold, each a forecast of its
    own; ``calibration`` one per bin of the forecast chance of C or worse. Counts and bands are of components at C or worse;
    ``inside_chance`` is the chance that a count lies in its band, 80% or a little more since counts are whole numbers.
    """

    _elements: pd.DataFrame = field(repr=False)
    _calibration: pd.DataFrame = field(repr=False)
    _checks: pd.DataFrame = field(repr=False)
    folds: int
    years: float
    reason: str = ""

    @classmethod
    def none(cls, reason):
        """The card of an estate that cannot be tested.

        Parameters
        ----------
        reason : str
            Why, as a sentence a manager reads.

        Returns
        -------
        BackTestCard
        """
        return cls(pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), 0, float("nan"), reason)

    @property
    def elements(self):
        """Pairs, expected and observed counts by grade, shares at C or worse with the 80% band, and Brier scores."""
        return self._elements.copy(deep=False)

    @property
    def calibration(self):
        """Forecast chance of C or worse in bins, beside the share that was."""
        return self._calibration.copy(deep=False)

    @property
    def checks(self):
        """The count of each element in each fold, with its 80% band and whether it lies inside."""
        return self._checks.copy(deep=False)

    @property
    def coverage(self):
        """Share of ``checks`` inside their 80% band; not a number without a card. [-]"""
        return float(self._checks.inside.mean()) if len(self._checks) else float("nan")

    def __str__(self):
        if self.reason:
            return f"Back-test: none. {self.reason}"
        total = self._elements.iloc[-1]
        how = (f"each judged with rates learned from other blocks ({self.folds} folds)" if self.folds > 1 else
               "judged with rates given beforehand")
        lines = [f"Back-test on {int(total.pairs):,} pairs of surveys, {self.years:.1f} years apart on average, {how}.",
                 (f"At C or worse the forecast expected {total.expected_poor:,.0f} (80% band {total.low:,.0f} to "
                  f"{total.high:,.0f}); the later surveys found {total.observed_poor:,.0f}, "
                  f"{'inside' if total.inside else 'outside'} the band."),
                 (f"Of {len(self._checks)} counts ({'an element in a fold' if self.folds > 1 else 'one an element'}) "
                  f"{int(self._checks.inside.sum())} ({self.coverage:.0%}) lie inside their own 80% band; "
                  f"{self._checks.inside_chance.mean():.0%} should, since counts are whole numbers.")]
        if len(wrong := self._elements.iloc[:-1][~self._elements.inside.iloc[:-1].astype(bool)]):
            lines.append("Outside over all: " + "; ".join(
                f"{row.element} ({row.observed_poor:,.0f} found, {row.low:,.0f} to {row.high:,.0f} expected)"
                for row in wrong.itertuples()) + ".")
        skill = [f"{row:.3f} {words}" for row, words in ((total.brier, "for this forecast"), (
            total.brier_unchanged, "for 'nothing changes'"), (total.brier_prior, "for the published rates")) if row == row]
        lines.append(f"Brier score, where less is better: {', '.join(skill)}.")
        return "\n".join([*lines, LIMITS])


def later_shares(kind, before, years, drop_probability, true_given_seen=None, confusion=None):
    """Where components will be found at the next survey.

    Parameters
    ----------
    kind, before, years
        As for ``learning.fit_transitions``.
    drop_probability : array, shape (types, 4)
        Yearly probabilities. [-]
    true_given_seen : array, shape (types, 5, 5), optional
        Probability of each true grade (last axis) by grade seen, as ``LearnedRates`` holds it. [-]
    confusion : array, shape (5, 5), optional
        As for ``learning.fit_transitions``; needs ``true_given_seen``. [-]

    Returns
    -------
    array, shape (n, 5)
        Probability of each grade at the later survey. [-]

    Examples
    --------
    >>> later_shares([0], [2], [1.5], [[0.1, 0.2, 0.5, 1.0]])
    array([[0.   , 0.   , 0.375, 0.375, 0.25 ]])
    """
    kind, before = np.asarray(kind, dtype=int), np.asarray(before, dtype=int)
    whole, part = np.divmod(months_of(years), MONTHS_PER_YEAR)
    part = part[:, None] / MONTHS_PER_YEAR
    shares = grade_shares(transition_matrices(drop_probability), int(whole.max(initial=0)) + 1)
    if true_given_seen is None or confusion is None:
        return (1.0 - part) * shares[kind, before, whole] + part * shares[kind, before, whole + 1]
    part = part[:, :, None]
    mixed = (1.0 - part) * shares[kind, :, whole] + part * shares[kind, :, whole + 1]
    return np.einsum("ni,nij->nj", true_given_seen[kind, before], mixed) @ np.asarray(confusion, dtype=float)


def backtest(element, kind, before, after, years, drop_probability, draws=None, prior_drop=None, seed=0):
    """Judge given rates on pairs of surveys they were not learned from.

    Parameters
    ----------
    element : sequence of str, shape (n,)
        Element of each pair, as the card names it.
    kind, before, after, years
        As for ``learning.fit_transitions``.
    drop_probability : array, shape (types, 4)
        The rates on trial. [-]
    draws : array, shape (size, types, 4), optional
        Rates as likely as the evidence leaves them; left out: the rates are taken as exact. [-]
    prior_drop : array, shape (types, 4), optional
        Published rates to compare with. [-]
    seed : int or SeedSequence
        Of the band.

    Returns
    -------
    BackTestCard

    Raises
    ------
    ValueError
        If there is no pair.

    Examples
    --------
    Four roofs at C for a year; half are expected to drop, and one did.

    >>> card = backtest(["Roofs"] * 4, [0] * 4, [2] * 4, [2, 2, 2, 3], [1.0] * 4, [[0.1, 0.2, 0.5, 1.0]])
    >>> card.elements[["element", "pairs", "expected_d", "observed_d", "brier"]]
            element  pairs  expected_d  observed_d  brier
    0         Roofs      4         2.0           1    0.5
    1  All elements      4         2.0           1    0.5
    """
    rates = np.asarray(drop_probability, dtype=float)
    if not len(years):
        raise ValueError("A back-test needs at least one pair of surveys.")
    simulated = _simulated(element, kind, before, years, rates[None] if draws is None else draws, seed)
    return _card(np.zeros(len(years), int), element, before, after, later_shares(kind, before, years, rates),
                 None if prior_drop is None else later_shares(kind, before, years, prior_drop), [simulated], years)


def cross_validate(place, element, kind, before, after, years, prior_drop, element_of_kind=None, folds=5, confusion=None,
                   first_spread=1.0, seed=0):
    """Judge rates learned from repeat surveys: each fold of blocks is forecast with rates learned from the other folds.

    Parameters
    ----------
    place : sequence, shape (n,)
        Block of each pair; pairs of one block stay in one fold.
    element : sequence of str, shape (n,)
        Element of each pair, as the card names it.
    kind, before, after, years, prior_drop, confusion
        As for ``learning.fit_transitions``; pairs with works in between must not be given.
    element_of_kind : array of int, shape (types,), optional
        ``element`` of ``learning.fit_transitions``.
    folds : int
        Number of folds; no more than there are blocks.
    first_spread : float
        As for ``learning.choose_pooling``. [-]
    seed : int or SeedSequence
        Deals the blocks and makes the bands.

    Returns
    -------
    BackTestCard
        Without a test where there are fewer than two blocks or no pair.

    Notes
    -----
    Everything is learned anew without the fold, how firmly the published figures are held included, so nothing peeks.
    The rates of all folds are drawn with the same random numbers, since they rest on nearly the same surveys. Bands of
    elements over all folds are then wide: what one fold is forecast too low by, the others have learned from. Whether bands
    are right is therefore judged fold by fold (``checks``).

    A pair that cannot be (better than before, or more drops than years) is left out, unless a confusion matrix explains it.
    """
    place, element = np.unique(np.asarray(place), return_inverse=True)[1], np.asarray(element)
    pairs = [np.asarray(values, dtype=kind_of) for values, kind_of in (
        (kind, int), (before, int), (after, int), (years, float))]
    whole_years = np.ceil(months_of(pairs[3]) / MONTHS_PER_YEAR)
    if confusion is None:
        likely = (pairs[2] >= pairs[1]) & (pairs[2] - pairs[1] <= whole_years)
        place, element, pairs = place[likely], element[likely], [values[likely] for values in pairs]
    blocks = np.unique(place)
    if len(blocks) < 2:
        return BackTestCard.none("The repeat surveys are of fewer than two blocks, so none can be judged by the others.")
    folds = min(folds, len(blocks))
    deal, *seeds = np.random.SeedSequence(seed).spawn(2 + folds) if isinstance(seed, int) else seed.spawn(2 + folds)
    dealt = dict(zip(blocks, np.random.default_rng(deal).permutation(len(blocks)) % folds, strict=True))
    fold = np.array([dealt[block] for block in place])
    shares, prior_shares, counts = np.empty((len(fold), GRADE_COUNT)), np.empty((len(fold), GRADE_COUNT)), []
    for number in range(folds):
        inside = fold == number
        learned, truth = _learned([values[~inside] for values in pairs], prior_drop, element_of_kind, confusion,
                                  first_spread)
        own = pairs[0][inside], pairs[1][inside], pairs[3][inside]
        shares[inside] = later_shares(*own, learned.drop_probability, *truth)
        prior_shares[inside] = later_shares(*own, prior_drop, *truth)
        counts.append(_simulated(element[inside], *own, learned.draws(DRAWS, seeds[-1]), seeds[number], truth))
    return _card(fold, element, pairs[1], pairs[2], shares, prior_shares, counts, pairs[3])


def _learned(pairs, prior_drop, element_of_kind, confusion, first_spread):
    pooling = choose_pooling(*pairs, prior_drop, element_of_kind, confusion, first_spread)
    learned = fit_transitions(*pairs, prior_drop, pooling.prior_strength_years, element_of_kind, pooling.element_spread,
                              pooling.estate_spread, confusion)
    return learned, (() if confusion is None else (learned.true_given_seen, confusion))


def _simulated(element, kind, before, years, draws, seed, truth=()):
    """Simulated counts at C or worse: one row per draw, one column per element."""
    random = np.random.default_rng(seed)
    codes, names = pd.factorize(np.asarray(element))
    cells, counts = np.unique(np.stack([codes, np.asarray(kind, dtype=int), np.asarray(before, dtype=int),
                                        months_of(years)]), axis=1, return_counts=True)
    if len(draws) == 1:
        draws = np.repeat(draws, DRAWS, axis=0)
    rows = np.empty((len(draws), len(names)))
    for number, rates in enumerate(draws):
        shares = later_shares(cells[1], cells[2], cells[3] / MONTHS_PER_YEAR, rates, *truth)
        poor = random.binomial(counts, np.clip(shares[:, POOR_FROM:].sum(axis=1), 0.0, 1.0))
        rows[number] = np.bincount(cells[0], poor, len(names))
    return pd.DataFrame(rows, columns=names)


def _card(fold, element, before, after, shares, prior_shares, simulated, years):
    element, before, after = np.asarray(element), np.asarray(before, dtype=int), np.asarray(after, dtype=int)
    poor, found, unchanged = after >= POOR_FROM, np.eye(GRADE_COUNT)[after], np.eye(GRADE_COUNT)[before]
    checks = pd.DataFrame([
        {"element": name, "fold": number, "pairs": int((own := (element == name) & (fold == number)).sum()),
         **_banded(counts[name], poor[own])} for number, counts in enumerate(simulated) for name in counts])
    together = pd.concat(simulated, axis=1).T.groupby(level=0).sum().T
    together[ALL] = together.sum(axis=1)
    rows = []
    for name in together:
        own = np.ones(len(element), bool) if name == ALL else element == name
        expected, observed = shares[own].sum(axis=0), found[own].sum(axis=0).astype(int)
        rows.append({
            "element": name, "pairs": int(own.sum()),
            **{f"expected_{grade}": expected[i] for i, grade in enumerate(GRADES)},
            **{f"observed_{grade}": observed[i] for i, grade in enumerate(GRADES)},
            "expected_poor": expected[POOR_FROM:].sum(), **_banded(together[name], poor[own]),
            "expected_poor_share": expected[POOR_FROM:].sum() / own.sum(), "observed_poor_share": poor[own].mean(),
            "brier": _brier(shares[own], found[own]), "brier_unchanged": _brier(unchanged[own], found[own]),
            "brier_prior": float("nan") if prior_shares is None else _brier(prior_shares[own], found[own]),
        })
    return BackTestCard(pd.DataFrame(rows), _calibration(shares, after), checks, len(simulated), float(np.mean(years)))


def _banded(simulated, poor):
    low, high = np.quantile(simulated, BAND, method="inverted_cdf")
    observed = int(poor.sum())
    return {"observed_poor": observed, "low": low, "high": high, "inside": bool(low <= observed <= high),
            "inside_chance": float(((simulated >= low) & (simulated <= high)).mean())}


def _brier(shares, found):
    return float(((shares - found) ** 2).sum(axis=1).mean())


def _calibration(shares, after):
    chance = shares[:, POOR_FROM:].sum(axis=1)
    bins = np.minimum((chance * BINS).astype(int), BINS - 1)
    frame = pd.DataFrame({"bin": bins, "expected_share": chance, "observed_share": after >= POOR_FROM})
    table = frame.groupby("bin").agg(pairs=("bin", "size"), expected_share=("expected_share", "mean"),
                                     observed_share=("observed_share", "mean")).reset_index()
    return table.assign(lower_share=table.bin / BINS, upper_share=(table.bin + 1) / BINS).drop(columns="bin")
