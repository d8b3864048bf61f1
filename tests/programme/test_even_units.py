"""The arrays in even units are the same model: by their algebra, and by programmes whose pounds are made large and small."""

import importlib

import numpy as np
import pandas as pd
import pytest
from folders import read
from instances import random_instance

from capplan import optimise
from capplan.programme.arrays import arrays
from capplan.programme.instance import instance

optimise_module = importlib.import_module("capplan.programme.optimise")
SEEDS = [*range(12), *range(500, 512)]


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_and_columns_are_scaled_by_powers_of_two_and_starts_not_at_all(seed, tmp_path):
    """Every entry of the even matrix is the plain one times a unit of its row and one of its column; nothing is rounded."""
    model = arrays(instance(read(random_instance(seed, terms=seed >= 500), tmp_path)), handed_on=True)
    even, worth = model.even
    plain, scaled = model.matrix.tocoo(), even.matrix.tocoo()
    assert (plain.row == scaled.row).all()
    assert (plain.col == scaled.col).all()
    assert np.frexp(worth)[0] == 0.5
    ratio = np.log2(np.abs(scaled.data[plain.data != 0] / plain.data[plain.data != 0]))
    assert (ratio == np.round(ratio)).all()
    assert np.abs(even.matrix[:, np.flatnonzero(model.whole)].toarray()).max(initial=0) <= 2 ** 0.5 + 1e-12
    assert even.value[:model.starts] * worth == pytest.approx(model.value[:model.starts], rel=0, abs=0)
    assert (even.most[:model.starts] == model.most[:model.starts]).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_programme_obeys_the_even_rows_exactly_where_it_obeys_the_plain_ones(seed, tmp_path):
    """For random columns x and their even counterpart, rows are within their bounds together and are worth the same."""
    model = arrays(instance(read(random_instance(seed, terms=seed >= 500), tmp_path)))
    even, worth = model.even
    rng = np.random.default_rng(seed)
    size = np.where(model.whole, 1.0, np.minimum(model.reach, 1e6))
    unit = np.where(model.most > 0, model.reach / even.reach, 1.0)
    for _ in range(20):
        x = np.where(model.whole, rng.integers(0, 2, len(size)), rng.random(len(size)) * size)
        plain, scaled = model.matrix @ x, even.matrix @ (x / unit)
        inside = (plain >= model.low) & (plain <= model.high)
        assert ((scaled >= even.low) & (scaled <= even.high) == inside).all()
        assert even.value @ (x / unit) * worth == pytest.approx(model.value @ x)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4, 8, 503, 507, 513, 519])
@pytest.mark.parametrize("factor", [1e-3, 1e5])
def test_the_same_programme_is_best_in_pence_and_in_hundreds_of_thousands(seed, factor, tmp_path, monkeypatch):
    """All sums of money times a factor, values as they are: the search by parts comes to the same value."""
    for place, name in enumerate(("SMALL_MODEL_STARTS", "SETTLED_MODEL_STARTS", "LARGE_MODEL_STARTS")):
        monkeypatch.setattr(optimise_module, name, place - 1)
    frames = random_instance(seed, terms=seed >= 500)
    if "limits" in frames:
        frames["limits"] = frames["limits"][frames["limits"].measure != "cost"]
    best = optimise(read(frames, tmp_path / "plain"), gap=0).objective
    frames["spend"] = frames["spend"].assign(cost=frames["spend"].cost * factor)
    frames["pots"] = frames["pots"].assign(amount=pd.to_numeric(frames["pots"].amount) * factor)
    assert optimise(read(frames, tmp_path / "scaled"), gap=0).objective == pytest.approx(best)
