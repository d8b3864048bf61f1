"""Components worn together with what harms them: the joint distribution of a component and its causes.

A path is a component with its causes in order, the furthest first (a roof, the ceiling beneath it, the lights in the
ceiling). Each wears along its own chain of hidden states, and faster while the one before it is at grade D or E.
Carrying all of a path together keeps expectations exact; a component without a cause is a path of length one.
"""

from dataclasses import dataclass

import numpy as np

from .chains import Chains, hasten
from .deterioration import GRADE_COUNT

POOR_FROM = 3                  # grade index from which a component harms what is beneath it: D
CHUNK_CELLS = 2_000_000        # joint states worked on at a time, so that memory stays small


@dataclass(frozen=True)
class Beneath:
    """Components with their causes, the furthest cause first: one row for each way a component may lie beneath others.

    ``rows`` (paths, length): positions of the components, the last the one looked at. ``weight`` (paths,): chance that
    it lies so [-]. ``multiple`` (paths, length - 1): hazard of each later component, in multiples, while the one before
    it is at D or E [-].
    """

    rows: np.ndarray
    weight: np.ndarray
    multiple: np.ndarray

    def pieces(self, states, copies=1):
        """The same in pieces small enough to hold so many copies of their joint states."""
        size = max(1, CHUNK_CELLS // (copies * states ** self.rows.shape[1]))
        for start in range(0, len(self.rows), size):
            cut = slice(start, start + size)
            yield Beneath(self.rows[cut], self.weight[cut], self.multiple[cut])


@dataclass(frozen=True)
class Wear:
    """How the components of an estate wear.

    ``kind`` (n,): row of ``chains``. ``grade`` (n,): grade surveyed, 0 to 4. ``age_years`` (n,): whole years from the
    survey to the start of the plan. ``own_hazard`` (n,): the trust's own yearly chance of failure until works are done,
    NaN where the forecast's holds [-]. ``groups``: the components, each alone or beneath its causes.
    """

    chains: Chains
    kind: np.ndarray
    grade: np.ndarray
    age_years: np.ndarray
    own_hazard: np.ndarray
    groups: tuple


class Joint:
    """Joint states of the paths of a piece: arrays (states, ..., states, paths), the component looked at last."""

    def __init__(self, wear, piece):
        self.wear, self.piece, self.chains = wear, piece, wear.chains
        self.length = piece.rows.shape[1]
        self.leave = [self._leave(axis) for axis in range(self.length)]
        self.failing = self._failing()

    def along(self, by_state, axis):
        """A figure per state of one axis, shape (states,) or (states, paths), shaped to go with the joint states."""
        by_state = by_state if by_state.ndim == 2 else by_state[:, None]
        shape = [1] * self.length
        shape[axis] = self.chains.states
        return by_state.reshape(*shape, by_state.shape[1])

    def by_grade(self, per_path_and_grade):
        """Figures (paths, 5) of the component looked at, for every joint state."""
        figures = self.along(per_path_and_grade.T[self.chains.grade], self.length - 1)
        return np.broadcast_to(figures, (*[self.chains.states] * self.length, figures.shape[-1]))

    def total(self, state):
        """Sum over the joint states, shape (paths,)."""
        return state.reshape(-1, state.shape[-1]).sum(axis=0)

    def grades(self, state):
        """Grade shares of the component looked at, shape (paths, 5)."""
        own = state.reshape(-1, self.chains.states, state.shape[-1]).sum(axis=0)
        return np.stack([own[self.chains.grade == grade].sum(axis=0) for grade in range(GRADE_COUNT)], axis=1)

    def start(self):
        """Distribution at the start of the plan: each surveyed, and aged from its survey."""
        ages = self.wear.age_years[self.piece.rows]
        state = np.ones((*[1] * self.length, len(ages)))
        for axis in range(self.length):
            rows = self.piece.rows[:, axis]
            state = state * self.along(self.chains.seen[self.wear.kind[rows], self.wear.grade[rows]].T, axis)
        for before in range(int(ages.max(initial=0)), 0, -1):
            state = self._age(state, ages >= before)
        return state

    def advance(self, state, changes=None):
        """The distribution a year later; ``changes`` is what ``changes`` returns."""
        for axis in range(self.length - 1, -1, -1):
            brought = []
            for at, to in (changes or {}).get(axis, ()):
                moved = state[..., at] * self.along((to != np.arange(self.chains.states)).astype(float), axis)
                state[..., at] = state[..., at] - moved
                brought.append((at, self._carry(moved, to, axis)))
            state = self._step(state, self.leave[axis], axis)
            for at, arrived in brought:
                state[..., at] += arrived
        return state

    def changes(self, works, year):
        """What works of a year change: for each axis, pairs of (paths, state each state is brought to)."""
        found = {}
        for axis in range(self.length):
            rows = self.piece.rows[:, axis]
            at = np.flatnonzero(works.year[rows] == year)
            ways, way = np.unique(np.column_stack([works.outcome[rows[at]], works.sets()[rows[at]]]), axis=0,
                                  return_inverse=True)
            found[axis] = [(at[way.ravel() == i], self.landing(row[:GRADE_COUNT], row[GRADE_COUNT:]))
                           for i, row in enumerate(ways)]
        return found

    def expect(self, ahead, treated=None):
        """Expectation of a figure of next year's joint state; ``treated`` maps an axis to the state each is brought to."""
        own = np.arange(self.chains.states)
        for axis in range(self.length):
            stay = ahead if (self.chains.stay_to == own).all() else np.take(ahead, self.chains.stay_to, axis=axis)
            stepped = stay + self.leave[axis] * (np.take(ahead, self.chains.drop_to, axis=axis) - stay)
            if treated and axis in treated:
                for state in np.flatnonzero(treated[axis] != own):
                    stepped[self._at(axis, state)] = ahead[self._at(axis, treated[axis][state])]
            ahead = stepped
        return ahead

    def landing(self, outcome, after):
        """State each state is brought to by works (its own number: left alone), shape (states,).

        ``outcome`` is the grade each grade is brought to and ``after`` the set of states it wears in then, one for all
        or by grade; what is gone is left where it is.
        """
        grade = self.chains.grade
        brought, sets = np.asarray(outcome)[grade], np.broadcast_to(after, (GRADE_COUNT,))[grade]
        return np.where((brought == grade) | (brought < 0), np.arange(self.chains.states),
                        self.chains.fresh[sets, np.maximum(brought, 0)])

    def _at(self, axis, state):
        """Index of one state of one axis."""
        return (*[slice(None)] * axis, state)

    def _leave(self, axis):
        """Chance of dropping, given the state of the cause, shaped to go with the joint states."""
        base = self.along(self.chains.leave[self.wear.kind[self.piece.rows[:, axis]]].T, axis)
        if axis == 0:
            return base
        poor = self.along(self.chains.grade >= POOR_FROM, axis - 1)
        return np.where(poor, hasten(base, self.piece.multiple[:, axis - 1]), base)

    def _failing(self):
        """Chance of failing in a year by joint state: dropping to E, or the trust's own chance until works are done."""
        last, grade = self.length - 1, self.chains.grade
        to_e = self.leave[last] * self.along(grade == GRADE_COUNT - 2, last)
        own = self.wear.own_hazard[self.piece.rows[:, last]]
        if np.isnan(own).all():
            return to_e
        as_surveyed = np.arange(self.chains.states) <= self.chains.fresh[0, GRADE_COUNT - 1]
        at_risk = self.along(as_surveyed & (grade < GRADE_COUNT - 1), last)
        return np.where(self.along(as_surveyed, last) & ~np.isnan(own), np.nan_to_num(own) * at_risk, to_e)

    def _age(self, state, growing):
        """One year of ageing before the plan, for the axes already surveyed; a cause not yet seen harms nothing."""
        for axis in range(self.length - 1, -1, -1):
            leave = self.leave[axis]
            if axis and not growing[:, axis - 1].all():
                base = self.along(self.chains.leave[self.wear.kind[self.piece.rows[:, axis]]].T, axis)
                leave = np.where(growing[:, axis - 1], leave, base)
            if growing[:, axis].any():
                state = np.where(growing[:, axis], self._step(state, leave, axis), state)
        return state

    def _step(self, state, leave, axis):
        """One year along one axis."""
        moved = state * leave
        return self._carry(state - moved, self.chains.stay_to, axis) + self._carry(moved, self.chains.drop_to, axis)

    def _carry(self, state, to, axis):
        """Move the mass along an axis, each state to another."""
        if (to == np.arange(self.chains.states)).all():
            return state
        carried = np.zeros_like(state)
        for source, target in enumerate(to):
            carried[self._at(axis, target)] += state[self._at(axis, source)]
        return carried
