"""Rates learned from repeat surveys: every path by hand, exact ratios, known truths recovered, what must never matter."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan import reference
from capplan.condition.learning import choose_pooling, fit_transitions
from capplan.condition.panel import evidence, grouped, hazard_of

PRIOR = np.array([[0.08, 0.12, 0.25, 0.4], [0.05, 0.09, 0.2, 0.3], [0.15, 0.2, 0.3, 0.5]])
# Shares of each true grade (row) that surveyors of these tests record at each grade (column).
CONFUSION = np.array([[0.9, 0.1, 0, 0, 0], [0.08, 0.84, 0.08, 0, 0], [0, 0.1, 0.8, 0.1, 0], [0, 0, 0.1, 0.85, 0.05],
                      [0, 0, 0, 0.05, 0.95]])


def chance_by_paths(start, end, years, drops):
    """Probability of going from one grade to another, summed over every way of dropping or staying year by year."""
    total = 0.0
    for path in product((0, 1), repeat=years):
        grade, chance = start, 1.0
        for drop in path:
            rate = drops[grade] if grade < 4 else 0.0
            chance *= rate if drop else 1.0 - rate
            grade += drop
            if grade > 4:
                break
        else:
            total += chance * (grade == end)
    return total


def simulated(seed, drops, count, gap=5.0, shares=(0.3, 0.35, 0.2, 0.1, 0.05)):
    """Pairs of surveys of components of known rates; a gap that is not whole ends somewhere between two yearly steps."""
    random = np.random.default_rng(seed)
    kind, before = random.integers(0, len(drops), count), random.choice(5, count, p=shares)
    after, steps = before.copy(), np.floor(gap + random.random(count) * (gap % 1 > 0)).astype(int)
    for year in range(steps.max(initial=0)):
        after += (after < 4) & (random.random(count) < drops[kind, np.minimum(after, 3)]) & (year < steps)
    return kind, before, after, np.full(count, gap)


def misread(seed, grades):
    """Grades as surveyors of ``CONFUSION`` record them."""
    return (np.random.default_rng(seed).random((len(grades), 1)) > CONFUSION[grades].cumsum(axis=1)).sum(axis=1)


def multiplied(seed, prior, element, spread=0.25):
    """Known truths: the published hazards times multipliers of the estate, of each element and of each type and grade."""
    random = np.random.default_rng(seed)
    log = (random.normal(0, spread) + random.normal(0, spread, element.max() + 1)[element][:, None]
           + random.normal(0, spread, prior.shape))
    return -np.expm1(-hazard_of(prior) * np.exp(log))


def national():
    """Published rates and elements of all construction types."""
    types = reference.component_types()
    return types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy(), np.unique(types.element, return_inverse=True)[1]


def learned(pairs, prior, element, confusion=None):
    """Rates with the pooling the surveys themselves ask for."""
    pooling = choose_pooling(*pairs, prior, element, confusion)
    return fit_transitions(*pairs, prior, pooling.prior_strength_years, element, pooling.element_spread,
                           pooling.estate_spread, confusion)


# --- the likelihood --------------------------------------------------------------------------------------------------


def brute_force(pairs, drops, prior, confusion=None):
    """Log likelihood with loops over paths, fractions of a year, and true grades where surveyors err."""
    total = 0.0
    groups, _ = grouped(*pairs, prior, np.zeros(len(prior), int), confusion)
    errors = np.eye(5) if confusion is None else confusion
    for kind, before, after, years in zip(*pairs, strict=True):
        whole, part = int(years), years - int(years)
        chance = 0.0
        for i, j in product(range(5), repeat=2):
            along = ((1 - part) * chance_by_paths(i, j, whole, drops[kind])
                     + part * chance_by_paths(i, j, whole + 1, drops[kind]))
            chance += groups.true_given_seen[kind, before, i] * along * errors[j, after]
        total += np.log(chance)
    return total


@pytest.mark.parametrize("confusion", [None, CONFUSION], ids=["no errors", "surveyors err"])
@pytest.mark.parametrize("gap", [1.0, 4.0, 3.5])
def test_the_likelihood_is_that_of_every_path_counted_by_hand(gap, confusion):
    pairs = simulated(3, PRIOR, 60, gap)
    groups, left_out = grouped(*pairs, PRIOR, np.zeros(3, int), confusion)
    assert sum(left_out.values()) == 0
    for scale in (0.6, 1.0, 1.4):
        value, _, _ = evidence(groups, hazard_of(PRIOR) * scale)
        drops = -np.expm1(-hazard_of(PRIOR) * scale)
        assert value == pytest.approx(brute_force(pairs, drops, PRIOR, confusion), rel=1e-10)


@pytest.mark.parametrize("confusion", [None, CONFUSION], ids=["no errors", "surveyors err"])
def test_the_slope_is_that_of_the_likelihood(confusion):
    groups, _ = grouped(*simulated(4, PRIOR, 300, 4.5), PRIOR, np.zeros(3, int), confusion)
    hazard, step = hazard_of(PRIOR), 1e-5
    _, score, _ = evidence(groups, hazard)
    for kind, grade in product(range(3), range(4)):
        nudge = np.zeros_like(hazard)
        nudge[kind, grade] = step
        up, down = (evidence(groups, hazard * np.exp(sign * nudge))[0] for sign in (1, -1))
        assert score[kind, grade] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-5)


def test_the_information_is_the_mean_square_of_the_slope():
    # Over many estates of the same truth, the slope at the truth varies by the information (Fisher's identity).
    scores = []
    for seed in range(300):
        pairs = simulated(seed, PRIOR[:1], 200, shares=(1, 0, 0, 0, 0))
        _, score, information = evidence(grouped(*pairs, PRIOR[:1], np.zeros(1, int), None)[0], hazard_of(PRIOR[:1]))
        scores.append(score[0])
    assert np.cov(np.array(scores).T)[0, 0] == pytest.approx(information[0, 0, 0], rel=0.2)
    assert np.mean(scores, axis=0) == pytest.approx(0, abs=3 * np.sqrt(information[0].max() / 300))


# --- exact answers ---------------------------------------------------------------------------------------------------


def test_one_year_gaps_without_the_published_figures_give_the_ratio_of_counts():
    kind, before, after, years = pairs = simulated(5, PRIOR, 4000, 1.0)
    rates = fit_transitions(*pairs, PRIOR, 0.0)
    for number, grade in product(range(3), range(4)):
        here = (kind == number) & (before == grade)
        ratio = (after[here] > grade).mean()
        assert rates.drop_probability[number, grade] == pytest.approx(ratio, rel=1e-7)
        assert rates.component_years[number, grade] == pytest.approx(here.sum(), rel=1e-7)


@pytest.mark.parametrize("confusion", [None, CONFUSION], ids=["no errors", "surveyors err"])
def test_without_surveys_the_published_figures_stand_exactly(confusion):
    prior, element = national()
    assert (prior == 1).any(), "the hardest case, a certainty, should be among them"
    rates = learned(([], [], [], []), prior, element, confusion)
    assert (rates.drop_probability == prior).all()
    assert (rates.weight_of_prior == 1).all() and not rates.component_years.any() and not rates.pairs.any()
    assert ((rates.low < prior) & (rates.high >= prior)).all()


def test_a_type_without_surveys_of_its_own_moves_only_with_its_element():
    truth = 1 - (1 - PRIOR) ** 1.6
    kind, *rest = simulated(6, truth[:2], 20_000)
    rates = fit_transitions(kind, *rest, PRIOR, 50.0, np.array([0, 0, 0]), 0.3, 0.3)
    assert rates.pairs[2] == 0
    moved = np.log1p(-rates.drop_probability[2]) / np.log1p(-PRIOR[2])
    assert moved == pytest.approx(rates.element_multiplier[0]) and 1.2 < moved[0] < 1.6
    apart = fit_transitions(kind, *rest, PRIOR, 50.0, np.array([0, 0, 1]), 0.3, 0.0)
    assert apart.drop_probability[2] == pytest.approx(PRIOR[2], rel=1e-9)


def test_endless_surveys_override_the_published_figures():
    truth = np.array([[0.03, 0.3, 0.1, 0.6], [0.2, 0.02, 0.5, 0.1], [0.1, 0.1, 0.1, 0.1]])
    rates = fit_transitions(*simulated(7, truth, 600_000, shares=(0.25, 0.25, 0.25, 0.25, 0)), PRIOR, 20.0)
    assert rates.drop_probability == pytest.approx(truth, rel=0.04)
    assert (rates.weight_of_prior < 0.01).all()


def test_a_published_certainty_gives_way_to_surveys_that_deny_it():
    prior = np.array([[0.3, 0.4, 0.6, 1.0]])
    before, after = np.full(400, 3), np.repeat([3, 4], [300, 100])
    rates = fit_transitions(np.zeros(400, int), before, after, np.ones(400), prior, 1.0)
    assert rates.drop_probability[0, 3] == pytest.approx(0.25, abs=0.01)
    assert rates.drop_probability[0, :3] == pytest.approx(prior[0, :3], rel=1e-9)


@pytest.mark.parametrize(("dropped", "near"), [(0, 0.0), (200, 1.0)])
def test_none_or_all_dropping_never_gives_certainty(dropped, near):
    after = np.repeat([1, 0], [dropped, 200 - dropped])
    pairs = np.zeros(200, int), np.zeros(200, int), after, np.ones(200)
    rates = fit_transitions(*pairs, PRIOR[:1], 10.0)
    assert 0 < rates.low[0, 0] < rates.drop_probability[0, 0] < rates.high[0, 0] < 1
    assert abs(rates.drop_probability[0, 0] - near) < 0.15
    assert fit_transitions(*pairs, PRIOR[:1], 0.0).drop_probability[0, 0] == pytest.approx(near, abs=1e-6)


# --- known truths ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_cover_the_truth_four_times_in_five():
    prior, element = (values[::7] for values in national())
    inside = []
    for seed in range(20):
        truth = multiplied(seed, prior, element)
        rates = learned(simulated(seed, truth, 3000), prior, element)
        inside.append(((rates.low <= truth) & (truth <= rates.high)).mean())
    assert 0.75 <= np.mean(inside) <= 0.85, np.mean(inside)


@pytest.mark.slow
@pytest.mark.parametrize("count", [3000, 8000, 20_000])
def test_over_20_whole_estates_intervals_cover_and_rates_are_nearer_than_published(count):
    prior, element = national()
    inside, error, published, bias = [], [], [], []
    for seed in range(20):
        truth = multiplied(100 + seed, prior, element)
        rates = learned(simulated(seed, truth, count), prior, element)
        inside.append(((rates.low <= truth) & (truth <= rates.high)).mean())
        error.append(np.median(np.abs(rates.drop_probability / truth - 1)))
        published.append(np.median(np.abs(prior / truth - 1)))
        bias.append(np.log(rates.drop_probability / truth).mean())
    assert 0.75 <= np.mean(inside) <= 0.85
    assert np.mean(error) < 0.8 * np.mean(published)
    assert abs(np.mean(bias)) < 0.05


def test_ignoring_how_surveyors_err_biases_rates_and_knowing_it_mends_most_of_that():
    kind, before, after, years = simulated(8, PRIOR, 60_000)
    seen = kind, misread(1, before), misread(2, after), years
    ignored, known = (fit_transitions(*seen, PRIOR, 5.0, confusion=matrix) for matrix in (None, CONFUSION))
    bias = [np.abs(rates.drop_probability / PRIOR - 1).mean() for rates in (ignored, known)]
    assert bias[0] > 0.15 and bias[1] < bias[0] / 4
    assert ignored.left_out["better than before"] == (seen[2] < seen[1]).sum() > 0 == known.left_out["better than before"]
    assert ((known.low <= PRIOR) & (known.high >= PRIOR)).mean() >= 0.6


def test_a_surveyor_known_never_to_err_changes_nothing():
    pairs = simulated(9, PRIOR, 500)
    assert (fit_transitions(*pairs, PRIOR, 5.0).drop_probability
            == fit_transitions(*pairs, PRIOR, 5.0, confusion=np.eye(5)).drop_probability).all()


@pytest.mark.parametrize("gap", [2.5, 4.4])
def test_a_gap_that_is_not_whole_is_not_rounded(gap):
    kind, before, after, years = simulated(10, PRIOR, 60_000, gap)
    bias = [np.abs(fit_transitions(kind, before, after, measured, PRIOR, 5.0).drop_probability / PRIOR - 1).mean()
            for measured in (years, np.rint(years))]
    assert bias[0] < 0.04 < 0.07 < bias[1]


def test_draws_lie_in_the_intervals_as_often_as_they_say_and_hang_together():
    rates = fit_transitions(*simulated(11, PRIOR, 600), PRIOR, 20.0, np.zeros(3, int), 0.2, 0.4)
    draws = rates.draws(4000, 1)
    assert ((draws >= rates.low) & (draws <= rates.high)).mean() == pytest.approx(0.8, abs=0.02)
    assert (rates.draws(4000, 1) == draws).all()
    tied = fit_transitions(*(values[:0] for values in simulated(11, PRIOR, 1)), PRIOR, 1e6, np.zeros(3, int), 0.0, 0.4)
    hazards = np.log(-np.log1p(-tied.draws(500, 2)))
    assert np.corrcoef(hazards[:, 0, 0], hazards[:, 2, 2])[0, 1] > 0.99  # only the estate's multiplier is loose


# --- what always holds -----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), strength=st.floats(0.5, 200))
def test_shrinkage_lies_between_the_surveys_and_the_published_figure(seed, count, strength):
    pairs = simulated(seed, PRIOR[:1], count, 1.0)
    alone = fit_transitions(*pairs, PRIOR[:1], 0.0).drop_probability
    both = fit_transitions(*pairs, PRIOR[:1], strength).drop_probability
    firmer = fit_transitions(*pairs, PRIOR[:1], 2 * strength).drop_probability
    near = 1e-6
    assert (both >= np.minimum(alone, PRIOR[:1]) - near).all() and (both <= np.maximum(alone, PRIOR[:1]) + near).all()
    assert (np.abs(firmer - PRIOR[:1]) <= np.abs(both - PRIOR[:1]) + near).all()
    assert (both > 0).all() and (both < 1).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_pairs_and_of_types_does_not_matter(seed):
    kind, before, after, years = simulated(seed, PRIOR, 300, 3.25)
    element, random = np.array([0, 1, 1]), np.random.default_rng(seed)
    rates = fit_transitions(kind, before, after, years, PRIOR, 10.0, element, 0.3, 0.3)
    shuffled = random.permutation(300)
    again = fit_transitions(*(values[shuffled] for values in (kind, before, after, years)), PRIOR, 10.0, element, 0.3, 0.3)
    assert again.drop_probability == pytest.approx(rates.drop_probability, rel=1e-7)
    types = random.permutation(3)
    renamed = fit_transitions(np.argsort(types)[kind], before, after, years, PRIOR[types], 10.0, element[types], 0.3, 0.3)
    assert renamed.drop_probability == pytest.approx(rates.drop_probability[types], rel=1e-6)
    assert renamed.high == pytest.approx(rates.high[types], rel=1e-6)


def test_the_same_evidence_twice_weighs_twice_and_narrows_the_interval():
    pairs = simulated(12, PRIOR, 400)
    twice = [np.tile(values, 2) for values in pairs]
    one, two = (fit_transitions(*given, PRIOR, 30.0) for given in (pairs, twice))
    assert (two.high - two.low < one.high - one.low).all()
    assert (two.weight_of_prior < one.weight_of_prior).all()
    assert (two.pairs == 2 * one.pairs).all()


def test_surveys_that_agree_with_the_published_figures_make_them_firmer_than_surveys_that_do_not():
    prior, element = (values[::7] for values in national())
    agree = choose_pooling(*simulated(13, prior, 6000), prior, element)
    differ = choose_pooling(*simulated(13, multiplied(13, prior, element, 0.6), 6000), prior, element)
    assert agree.prior_strength_years[0, 0] > 3 * differ.prior_strength_years[0, 0]


def test_pairs_that_cannot_be_are_left_out_and_counted():
    rates = fit_transitions([0, 0, 0, 0], [1, 0, 0, 4], [0, 2, 1, 4], [5.0, 1.0, 1.0, 5.0], PRIOR[:1], 5.0)
    assert rates.left_out == {"better than before": 1, "more drops than years": 1}
    assert rates.pairs[0] == 2


@pytest.mark.parametrize(("change", "words"), [
    ({"before": [5]}, "Grades must be 0 to 4"), ({"after": [-1]}, "Grades must be 0 to 4"),
    ({"kind": [1]}, "types 0 to 0"), ({"years": [0.0]}, "half a month"), ({"years": [np.nan]}, "half a month"),
    ({"years": [1.0, 2.0]}, "one gap"), ({"prior_drop": [[0.1, 0.2, 0.3]]}, "shape"),
    ({"prior_drop": [[0.0, 0.2, 0.3, 0.4]]}, "above 0"), ({"prior_drop": [[0.1, 0.2, 0.3, 1.1]]}, "at most at 1"),
    ({"prior_strength_years": -1.0}, "strength"), ({"element_spread": -0.1}, "spread"), ({"element": [0, 1]}, "element"),
    ({"confusion": np.full((5, 5), 0.3)}, "sums to one"), ({"confidence": 1.5}, "confidence"),
])
def test_what_cannot_be_is_refused(change, words):
    given = {"kind": [0], "before": [0], "after": [0], "years": [5.0], "prior_drop": PRIOR[:1], "prior_strength_years": 5.0}
    fit_transitions(**given)
    with pytest.raises(ValueError, match=words):
        fit_transitions(**given | change)
