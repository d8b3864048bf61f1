"""The desk and the post: held to queueing theory and to sums by hand."""

import math

import numpy as np
import pytest
import simpy

from capplan.simulation.capacity import Desk, Post


def waits_of(arrivals, services, places):
    """Waiting times of those who come to a desk, in the order they came."""
    environment = simpy.Environment()
    desk, waited = Desk(environment, places), np.zeros(len(arrivals))

    def one(number, arrives, service):
        yield environment.timeout(arrives)
        yield desk.ask()
        waited[number] = environment.now - arrives
        yield environment.timeout(service)
        desk.leave()
    for number, (arrives, service) in enumerate(zip(arrivals, services, strict=True)):
        environment.process(one(number, arrives, service))
    environment.run()
    return waited


def erlang_c(places, load):
    """Mean wait over mean service of a queue with exponential times. Erlang (1917)."""
    top = load ** places / math.factorial(places) * places / (places - load)
    wait = top / (sum(load ** k / math.factorial(k) for k in range(places)) + top)
    return wait / (places - load)


@pytest.mark.parametrize(("places", "load"), [(1, 0.7), (3, 2.1)])
def test_mean_wait_agrees_with_erlangs_formula(places, load):
    rng = np.random.default_rng(4)
    means = []
    for _ in range(8):
        arrivals = np.cumsum(rng.exponential(1 / load, 5000))
        means.append(waits_of(arrivals, rng.exponential(1.0, 5000), places)[500:].mean())   # the desk begins empty: warm-up
    assert abs(np.mean(means) - erlang_c(places, load)) < 3 * np.std(means, ddof=1) / np.sqrt(8)


def test_waits_of_one_place_follow_lindleys_recursion():
    rng = np.random.default_rng(5)
    arrivals, services = np.cumsum(rng.exponential(1.0, 300)), rng.exponential(0.9, 300)
    by_hand = [0.0]
    for number in range(1, 300):
        by_hand.append(max(0.0, by_hand[-1] + services[number - 1] - (arrivals[number] - arrivals[number - 1])))
    assert np.allclose(waits_of(arrivals, services, 1), by_hand)


def test_a_closed_desk_finishes_what_it_began_and_takes_up_nothing():
    environment = simpy.Environment()
    desk = Desk(environment, 1)
    first, second, third = desk.ask(), desk.ask(), desk.ask()
    assert (first.triggered, second.triggered, desk.waiting) == (True, False, 2)
    desk.change(3, False)
    desk.leave()
    assert not second.triggered
    desk.give_up(second)
    desk.change(1, True)
    assert third.triggered and desk.in_use == 1 and not second.triggered


def test_a_post_is_sought_once_filled_late_briefed_and_lost():
    environment = simpy.Environment()
    post = Post(environment, 1.0, [20.0, 100.0], [2.0, 3.0], 4.0)
    post.seek(1.6)
    post.seek(1.6)
    seen = {}
    for month in (1, 2.5, 5.9, 6.1, 19, 21):
        environment.run(until=month)
        seen[month] = (round(post.held_fte, 6), round(post.productive(0.5), 6))
    assert seen == {1: (1.0, 1.0), 2.5: (1.6, 1.3), 5.9: (1.6, 1.3), 6.1: (1.6, 1.6), 19: (1.6, 1.6), 21: (0.0, 0.0)}
    post.seek(1.6)
    environment.run(until=24.5)
    assert post.held_fte == pytest.approx(1.6)


def test_hours_beyond_the_target_are_kept():
    environment = simpy.Environment()
    post = Post(environment, 1.0, [], [1.0], 0.0)
    post.seek(0.4)
    environment.run(until=5)
    assert post.held_fte == 1.0
