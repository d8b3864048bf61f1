"""Futures against the expectations they are drawn around, and the bands made of them."""

import shutil

import numpy as np
import pytest

from capplan import forecast, read_estate, read_scenario
from capplan.condition.course import Works
from capplan.futures import MEASURES, bands_frame, futures

from .plain import rows
from .test_outlook import add_components, changed, edit, enrich, write

REPLICATES = 600
OVERLAYS = ((), ("knock_on",), ("ageing",), ("exposure",), ("knock_on", "exposure"))


@pytest.fixture(scope="module")
def estates(root, tmp_path_factory):
    """data/tiny with blocks that wear unlike each other and ceilings beneath a roof; and one with own hazards and more."""
    folder = shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("tiny") / "estate")
    edit(folder, "blocks", "ELL-1-A", exposure="severe", maintenance="poor")
    edit(folder, "blocks", "MAR-1-A", exposure="sheltered", build_quality="good")
    add_components(folder, "MAR-1-A", CEIL_02="2000 B 2023-05-04", CEIL_04="500 C")
    return {"tiny": read_estate(folder), "rich": read_estate(enrich(shutil.copytree(
        root / "data" / "tiny", tmp_path_factory.mktemp("rich") / "estate")))}


def certain(*overlays, **plan):
    """The baseline with overlays, sure of its rates."""
    return changed(read_scenario("baseline.toml", *overlays), condition={"rate_spread": 0.0}, plan=plan)


@pytest.fixture(scope="module")
def tiny_outlook(root):
    return forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml"))


def expected(outlook, along, school, measure, year):
    """Expectation of a measure of a school in a year, in a loop, and the most its variance can be if failures are apart."""
    total = variance = 0.0
    for i in np.flatnonzero(outlook.parts.school_id == school):
        failing, weight = along.failures[year, i], 1.0
        if measure == "backlog_gbp":
            total += sum(along.shares[year, i, grade] * outlook.costs_gbp[i, grade] for grade in (2, 3, 4))
            continue
        if measure != "failures":
            weight = outlook.pupil_days[i] if measure == "pupil_days" else outlook.loss.failure_gbp[i]
        total, variance = total + failing * weight, variance + failing * weight ** 2
    return total, variance


def agree(outlook, sampled, along):
    """Every mean within four standard errors of its expectation; how many figures were compared, and how many varied."""
    compared, varied = 0, 0
    for place, school in enumerate(sampled.groups):
        for measure in MEASURES:
            for year in range(outlook.horizon + (measure == "backlog_gbp")):
                values = sampled.by_group[measure][:, place, year]
                mean, variance = expected(outlook, along, school, measure, year)
                error = np.sqrt(max(values.var(ddof=1), variance) / len(values))  # where hardly any future has a failure
                assert values.mean() == pytest.approx(mean, abs=4 * error + 1e-6), (school, measure, year)
                compared, varied = compared + 1, varied + (values.std() > 0)
    return compared, varied


@pytest.mark.parametrize("overlays", OVERLAYS, ids=lambda names: "+".join(names) or "baseline")
def test_means_agree_with_the_outlook_under_every_overlay(estates, overlays):
    outlook = forecast(estates["tiny"], certain(*overlays))
    compared, varied = agree(outlook, futures(outlook, REPLICATES, 11), outlook.nothing)
    assert compared == 2 * (3 * 10 + 11) and varied > 60


def test_means_agree_where_components_have_hazards_of_their_own_and_leave(estates):
    outlook = forecast(estates["rich"], certain("knock_on", years=5))
    assert agree(outlook, futures(outlook, REPLICATES, 12), outlook.nothing)[1] > 30


def test_means_agree_with_the_course_where_works_are_done(estates):
    outlook = forecast(estates["rich"], certain(years=5))
    n = len(outlook.parts)
    works = Works(np.arange(n) % 6 - 1, np.zeros((n, 5), int), np.tile(outlook.treatments["urgent"].after, (n, 1)))
    sampled, along = futures(outlook, REPLICATES, 13, works), outlook.course(works)
    assert agree(outlook, sampled, along)[1] > 30
    assert sampled.backlog_gbp[:, -1].mean() < 0.7 * outlook.by_year().backlog_gbp.iloc[-1]


def test_bands_cover_every_school_year_and_measure_in_order(tiny_outlook):
    frame = bands_frame(tiny_outlook, futures(tiny_outlook, 50, 1))
    assert list(frame) == ["school_id", "year", "measure", "p10", "p50", "p90", "mean", "standard_error"]
    assert not frame.duplicated(["school_id", "year", "measure"]).any() and frame.notna().all().all()
    for school in ("", "ELL", "MAR"):
        for measure in MEASURES:
            years = frame.year[(frame.school_id == school) & (frame.measure == measure)].tolist()
            assert years == list(range(2026, 2036 + (measure == "backlog_gbp")))
    assert (frame.p10 <= frame.p50).all() and (frame.p50 <= frame.p90).all()
    assert ((frame.p10 < frame.p90) | (frame.standard_error == 0) | (frame.measure != "backlog_gbp")).all()


def test_the_trust_s_mean_is_the_sum_of_its_schools_and_its_band_narrower_than_theirs_together(tiny_outlook):
    frame = bands_frame(tiny_outlook, futures(tiny_outlook, 200, 2)).set_index(["measure", "year", "school_id"]).sort_index()
    for measure, year in {(measure, year) for measure, year, _ in frame.index}:
        trust, schools = frame.loc[(measure, year, "")], frame.loc[[(measure, year, "ELL"), (measure, year, "MAR")]]
        assert trust["mean"] == pytest.approx(schools["mean"].sum(), abs=0.02)
    end = frame.loc[("backlog_gbp", 2036)]
    width = end.p90 - end.p10
    assert 0 < width[""] < width.ELL + width.MAR


def test_the_backlog_at_the_start_is_known_where_it_was_surveyed_that_day(tiny_outlook):
    frame = bands_frame(tiny_outlook, futures(tiny_outlook, 30, 3))
    start = frame[(frame.year == 2026) & (frame.measure == "backlog_gbp")].set_index("school_id")
    assert (start[["p10", "p50", "p90", "mean"]].nunique(axis=1) == 1).all() and (start.standard_error == 0).all()
    assert start.p50.to_dict() == {"": 500_000 * 1.175, "ELL": 84_000 * 1.175, "MAR": 416_000 * 1.175}


def test_the_same_seed_gives_the_same_bands_and_another_seed_others(tiny_outlook):
    first, again, other = (bands_frame(tiny_outlook, futures(tiny_outlook, 40, seed)) for seed in (5, 5, 6))
    assert first.equals(again) and not first.equals(other)
    longer = futures(tiny_outlook, 60, 5)
    assert np.array_equal(longer.backlog_gbp[:40], futures(tiny_outlook, 40, 5).backlog_gbp)


def test_works_meet_the_same_futures(tiny_outlook):
    # The school where nothing is done fares the same in every future.
    parts = tiny_outlook.parts
    works = Works(np.where(parts.school_id == "ELL", 0, -1), np.zeros((len(parts), 5), int),
                  np.tile(tiny_outlook.treatments["urgent"].after, (len(parts), 1)))
    without, done = futures(tiny_outlook, 40, 5), futures(tiny_outlook, 40, 5, works)
    mar = without.groups.index("MAR")
    assert np.array_equal(without.by_group["backlog_gbp"][:, mar], done.by_group["backlog_gbp"][:, mar])
    assert (done.backlog_gbp[:, 1:] <= without.backlog_gbp[:, 1:]).all()
    assert (done.backlog_gbp[:, 1] < without.backlog_gbp[:, 1]).all()


def test_less_certain_rates_give_wider_bands(tiny_outlook):
    width = []
    for spread in (0.0, 0.5, 1.0):
        outlook = forecast(tiny_outlook.estate, changed(tiny_outlook.scenario, condition={"rate_spread": spread}))
        low, high = np.quantile(futures(outlook, 300, 8).backlog_gbp[:, 3], (0.1, 0.9))
        width.append(high - low)
    assert width[0] < width[1] < width[2]


def modelled_roof(folder, surveyed):
    """An estate of one block whose roof is three quarters at A and a quarter at D, seen or modelled."""
    write(folder / "components.csv", [row for row in rows(folder / "components.csv") if row["component_id"] == "MAR-05"])
    add_components(folder, "ELL-1-A", ROOF_03=f"600 A {surveyed}", ROOF_04=f"200 D {surveyed}")
    edit(folder, "components", "ELL-1-A-01", type_id="ROOF.03")
    return forecast(read_estate(folder), certain())


def test_modelled_components_widen_the_band_by_hand(tiny):
    # Seen: a quarter of the roof is at D. Modelled: all of it is, in one future of four.
    seen = modelled_roof(tiny, "2026-09-01")
    quarter = seen.costs_gbp[seen.parts.grade == "D", 3].item()
    assert (futures(seen, 50, 4).backlog_gbp[:, 0] == quarter).all()
    modelled = modelled_roof(tiny, "modelled")
    start = futures(modelled, 400, 4).backlog_gbp[:, 0]
    assert sorted(set(start.round(2))) == [0.0, round(4 * quarter, 2)]
    assert start.mean() == pytest.approx(quarter, abs=4 * 4 * quarter * np.sqrt(0.25 * 0.75 / 400))
    for year in (0, 1, 3):
        narrow, wide = (np.ptp(np.quantile(futures(outlook, 200, 4).backlog_gbp[:, year], (0.1, 0.9)))
                        for outlook in (seen, modelled))
        assert wide > narrow


def test_pupil_days_nobody_knows_count_as_none_in_the_bands(tiny):
    edit(tiny, "schools", "ELL", pupils="")
    outlook = forecast(read_estate(tiny), certain())
    sampled = futures(outlook, 40, 4)
    assert not sampled.by_group["pupil_days"][:, sampled.groups.index("ELL")].any()
    assert sampled.by_group["pupil_days"][:, sampled.groups.index("MAR")].any()
