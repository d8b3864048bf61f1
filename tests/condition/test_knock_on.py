"""Which components lie beneath which: by hand, and against slow loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capplan.condition.chains import markov_chains
from capplan.condition.course import course
from capplan.condition.joint import Wear
from capplan.condition.knock_on import Edge, edge_faults, lines_of_causes

from . import slow_course as slow

WATER = Edge(("ROOF.03", "ROOF.04"), ("CEIL",), 2.0)
FIXINGS = Edge(("CEIL",), ("ELEC.03", "ELEC.04"), 1.25)
GUTTERS = Edge(("ROOF.06",), ("EXT.07",), 1.5)
SOUND = [WATER, FIXINGS, GUTTERS]


def edge(causes, harmed, multiple=2.0):
    return Edge(tuple(causes.split()), tuple(harmed.split()), multiple)


def lines_by_row(groups):
    """Of every component its lines: {row: [(rows, chance, multiples)]}."""
    found = {}
    for group in groups:
        assert group.rows.ndim == group.multiple.ndim == 2
        assert len(group.rows) == len(group.weight) == len(group.multiple)
        assert group.multiple.shape[1] == group.rows.shape[1] - 1
        for rows, weight, multiple in zip(group.rows.tolist(), group.weight.tolist(), group.multiple.tolist(), strict=True):
            found.setdefault(rows[-1], []).append((tuple(rows), weight, tuple(multiple)))
    return found


def estate(*parts):
    """Block, type and extent of each component, from (block, type, extent)."""
    return (np.array([block for block, _, _ in parts]), np.array([kind for _, kind, _ in parts]),
            np.array([extent for *_, extent in parts], float))


# Faults of a graph -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("edges", [
    [], SOUND, SOUND[::-1], [edge("ROOF.03", "CEIL"), edge("ROOF.06", "EXT.07")], [edge("EXT.23", "EXT.07")],
    [edge("A", "B"), edge("B", "C")], [edge("A", "B", 1.0)], [edge("A.1", "B"), edge("B.2", "A.2")],
    [edge("A", "B C D")], [edge("EXT", "MECH"), edge("EXTRA", "CEIL")], [edge("A", "B.1"), edge("C", "B.10")]])
def test_sound_graphs_have_no_fault(edges):
    assert edge_faults(edges) == []


@pytest.mark.parametrize(("edges", "kind"), [
    ([edge("A", "C"), edge("B", "C")], "C"), ([edge("A", "C"), edge("B", "C.02")], "C.02"),
    ([edge("A", "C.02"), edge("B", "C")], "C"), ([edge("A", "C D"), edge("B", "E"), edge("F", "D")], "D"),
    ([edge("A", "C"), edge("A", "C", 3.0)], "C")])
def test_two_causes_are_a_fault_also_of_an_element_and_its_own_type(edges, kind):
    faults = edge_faults(edges)
    assert faults == [f"{kind} has two causes; name one"]


@pytest.mark.parametrize("edges", [
    [edge("A", "A")], [edge("A.1", "A")], [edge("A", "A.1")], [edge("A", "B"), edge("B", "A")],
    [edge("A", "B"), edge("B.1", "A")], [edge("A.1", "B"), edge("B", "A")], [edge("A", "B"), edge("B", "C"), edge("C", "A")],
    [edge("A.2", "B"), edge("B", "C.1"), edge("C", "A")]])
def test_circles_are_a_fault(edges):
    faults = edge_faults(edges)
    assert faults
    assert all("circle" in fault for fault in faults)


@pytest.mark.parametrize("edges", [
    [edge("A", "B"), edge("B", "C"), edge("C", "D")], [edge("C", "D"), edge("B", "C"), edge("A", "B")],
    [edge("A", "B"), edge("B.1", "C.4"), edge("C", "D")], [edge("A", "B.1"), edge("B", "C"), edge("C", "D")],
    [edge("A", "B"), edge("B", "C"), edge("X C", "D")]])
def test_lines_of_four_are_a_fault_of_the_last(edges):
    faults = edge_faults(edges)
    assert len(faults) == 1
    assert faults[0].startswith("D lies")
    assert "more than 3" in faults[0]


@pytest.mark.parametrize("wrong", [0.99, 0.0, -1.0, float("nan")])
def test_multiples_below_one_are_a_fault(wrong):
    faults = edge_faults([edge("A", "B", wrong)])
    assert len(faults) == 1
    assert faults[0].startswith("B")
    assert "at least 1" in faults[0]


def test_all_faults_are_named_at_once():
    faults = edge_faults([edge("A", "B", 0.5), edge("C", "B"), edge("D", "D")])
    assert len(faults) == 3


@pytest.mark.parametrize("edges", [[edge("A", "A")], [edge("A", "B", 0.5)], [edge("A", "C"), edge("B", "C")]])
def test_unsound_graphs_are_refused(edges):
    with pytest.raises(ValueError, match="circle|multiple|two causes"):
        lines_of_causes(edges, *estate(("a", "A.1", 1)))


# Lines by hand -------------------------------------------------------------------------------------------------------------

def test_a_small_school_by_hand():
    """Block a: two roofs (GBP 30 and 10), a ceiling, lights. Block b: a ceiling without a roof, lights. Block c: a roof
    alone; lights without a ceiling."""
    found = lines_by_row(lines_of_causes(SOUND, *estate(
        ("a", "ELEC.03", 7), ("a", "CEIL.02", 5), ("a", "ROOF.03", 30), ("b", "CEIL.01", 1), ("a", "ROOF.04", 10),
        ("b", "ELEC.04", 2), ("c", "ROOF.03", 4), ("c", "ELEC.03", 4), ("a", "ROOF.05", 9), ("a", "ELEC.05", 9))))
    assert found == {
        0: [((2, 1, 0), 0.75, (2.0, 1.25)), ((4, 1, 0), 0.25, (2.0, 1.25))],
        1: [((2, 1), 0.75, (2.0,)), ((4, 1), 0.25, (2.0,))],
        2: [((2,), 1.0, ())], 3: [((3,), 1.0, ())], 4: [((4,), 1.0, ())], 5: [((3, 5), 1.0, (1.25,))],
        6: [((6,), 1.0, ())], 7: [((7,), 1.0, ())], 8: [((8,), 1.0, ())], 9: [((9,), 1.0, ())]}


def test_groups_come_by_length_of_line():
    groups = lines_of_causes(SOUND, *estate(("a", "ELEC.03", 1), ("a", "CEIL.01", 1), ("a", "ROOF.03", 1)))
    assert [group.rows.shape for group in groups] == [(1, 1), (1, 2), (1, 3)]
    assert groups[2].multiple.tolist() == [[2.0, 1.25]]


def test_in_the_grounds_nothing_lies_beneath_anything():
    found = lines_by_row(lines_of_causes(SOUND, *estate(("", "ROOF.03", 1), ("", "CEIL.01", 1), ("a", "CEIL.01", 1),
                                                        ("", "ELEC.03", 1))))
    assert found == {row: [((row,), 1.0, ())] for row in range(4)}


def test_causes_of_no_extent():
    """One without extent beside one with: never the cause. All without: each as likely."""
    found = lines_by_row(lines_of_causes([WATER], *estate(
        ("a", "ROOF.03", 0), ("a", "ROOF.03", 8), ("a", "CEIL.01", 0), ("b", "ROOF.03", 0), ("b", "ROOF.04", 0),
        ("b", "CEIL.01", 5))))
    assert found[2] == [((1, 2), 1.0, (2.0,))]
    assert found[5] == [((3, 5), 0.5, (2.0,)), ((4, 5), 0.5, (2.0,))]


def test_codes_that_only_begin_alike_are_not_the_same():
    """EXT is not EXTRA, and type .1 is not type .10."""
    edges = [edge("EXT", "CEIL"), edge("ROOF.1", "MECH.2")]
    found = lines_by_row(lines_of_causes(edges, *estate(("a", "EXTRA.01", 1), ("a", "CEIL.01", 1), ("a", "ROOF.10", 1),
                                                        ("a", "MECH.2", 1), ("a", "MECH.20", 1), ("a", "ROOF.1", 1))))
    assert found[1] == [((1,), 1.0, ())]
    assert found[3] == [((5, 3), 1.0, (2.0,))]
    assert found[4] == [((4,), 1.0, ())]


def test_no_components_and_no_edges():
    assert lines_of_causes(SOUND, *estate()) == ()
    alone = lines_of_causes([], *estate(("a", "ROOF.03", 1), ("a", "CEIL.01", 1)))
    assert [group.rows.tolist() for group in alone] == [[[0], [1]]]
    assert alone[0].weight.tolist() == [1.0, 1.0]


# Against slow loops ----------------------------------------------------------------------------------------------------

parts = st.lists(st.tuples(st.sampled_from(("a", "b", "")), st.sampled_from(
    ("ROOF.03", "ROOF.04", "ROOF.06", "CEIL.01", "CEIL.02", "ELEC.03", "ELEC.09", "EXT.07")), st.integers(0, 4)), max_size=9)


def slow_causes(given_parts):
    """Of every component (number of a cause, chance) and the multiple, with the three sound edges spelt out."""
    found = []
    for block, kind, _ in given_parts:
        causes, multiple = (), 1.0
        if kind.startswith("CEIL"):
            causes, multiple = ("ROOF.03", "ROOF.04"), 2.0
        elif kind == "ELEC.03":
            causes, multiple = ("CEIL.01", "CEIL.02"), 1.25
        elif kind == "EXT.07":
            causes, multiple = ("ROOF.06",), 1.5
        above = [number for number, other in enumerate(given_parts) if block and other[0] == block and other[1] in causes]
        whole = sum(given_parts[number][2] for number in above)
        chances = [given_parts[number][2] / whole if whole else 1 / len(above) for number in above]
        found.append((tuple((number, each) for number, each in zip(above, chances, strict=True) if each > 0), multiple))
    return found


@settings(deadline=None, max_examples=100)
@given(parts)
def test_lines_against_slow_loops(given_parts):
    beneath = [slow.Part([[0.0]] * 4, 0, causes=causes, multiple=multiple) for causes, multiple in slow_causes(given_parts)]
    found = lines_by_row(lines_of_causes(SOUND, *estate(*given_parts)))
    assert sorted(found) == list(range(len(given_parts))), "every component appears"
    for number, lines in found.items():
        assert sum(weight for _, weight, _ in lines) == pytest.approx(1.0, abs=1e-12)
        expected = {(rows, multiples): weight for rows, weight, multiples in slow.lines(beneath, number)}
        assert {(rows, multiples): weight for rows, weight, multiples in lines} == pytest.approx(expected)


@settings(deadline=None, max_examples=40)
@given(parts.filter(lambda drawn: len(drawn) > 1), st.randoms(use_true_random=False))
def test_the_order_of_components_does_not_matter(given_parts, shuffler):
    order = list(range(len(given_parts)))
    shuffler.shuffle(order)
    straight = lines_by_row(lines_of_causes(SOUND, *estate(*given_parts)))
    mixed = lines_by_row(lines_of_causes(SOUND, *estate(*(given_parts[number] for number in order))))
    for place, number in enumerate(order):
        named = {(tuple(order[row] for row in rows), multiples): weight for rows, weight, multiples in mixed[place]}
        assert named == pytest.approx({(rows, multiples): weight for rows, weight, multiples in straight[number]})


@settings(deadline=None, max_examples=25)
@given(parts.filter(lambda drawn: 1 <= len(drawn) <= 4), st.data())
def test_from_types_to_failures_against_the_slow_model(given_parts, data):
    """Lines and course together: what lies beneath what found from the types, then worn for three years."""
    causes = slow_causes(given_parts)
    drops = [[data.draw(st.sampled_from((0.1, 0.4, 0.8))) for _ in range(4)] for _ in given_parts]
    grade, age = st.integers(1, 3), st.integers(0, 2)
    beneath = [slow.Part([[each] for each in row], data.draw(grade), data.draw(age), None, above, multiple)
               for row, (above, multiple) in zip(drops, causes, strict=True)]
    n = len(beneath)
    wear = Wear(markov_chains(np.array(drops)), np.arange(n), np.array([part.grade for part in beneath]),
                np.array([part.age_years for part in beneath]), np.full(n, np.nan),
                lines_of_causes(SOUND, *estate(*given_parts)))
    got = course(wear, 3)
    shares, failures = slow.course(beneath, 3)
    np.testing.assert_allclose(got.shares, shares, rtol=0, atol=1e-9)
    np.testing.assert_allclose(got.failures, failures, rtol=0, atol=1e-9)
