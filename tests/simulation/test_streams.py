"""Streams of draws: the same futures for every policy, and nobody's draws changed by who else there is."""

import subprocess
import sys

import numpy as np
import pytest

from capplan.simulation.streams import generator, seed_sequence, uniforms


def test_draws_depend_on_seed_stream_owner_and_future_and_on_nothing_else():
    first = {(seed, stream, owner, future): generator(seed, stream, owner, future).random()
             for seed in (1, 2) for stream in ("a", "b") for owner in ("x", "y", "b x") for future in (0, 1)}
    assert len(set(first.values())) == len(first)
    for key in reversed(list(first)):
        assert generator(*key).random() == first[key]


def test_names_that_run_together_are_still_two_streams():
    assert uniforms(1, "a b", "c", 1, 1) != uniforms(1, "a", "b c", 1, 1)


def test_draws_are_the_same_in_another_session():
    code = "from capplan.simulation.streams import uniforms; print(repr(uniforms(7, 'odds', 'p1', 2, 2).tolist()))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == repr(uniforms(7, "odds", "p1", 2, 2).tolist())


def test_more_futures_leave_the_first_as_they_were_and_owners_are_not_alike():
    assert (uniforms(3, "odds", "p", 50, 4)[:20] == uniforms(3, "odds", "p", 20, 4)).all()
    draws = np.stack([uniforms(3, "odds", f"p{number}", 4000, 1)[:, 0] for number in range(6)])
    off = np.corrcoef(draws)[np.triu_indices(6, 1)]
    assert np.abs(off).max() < 4 / np.sqrt(4000) and np.abs(draws.mean(axis=1) - 0.5).max() < 4 * np.sqrt(1 / 12 / 4000)


@pytest.mark.parametrize("wrong", [(-1, 0), (0, -1)])
def test_negative_seeds_and_futures_are_refused(wrong):
    with pytest.raises(ValueError, match="not negative"):
        seed_sequence(wrong[0], "a", "b", wrong[1])
