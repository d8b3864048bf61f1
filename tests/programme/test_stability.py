"""Keeping to an approved programme: against every programme there is, and what always holds of limits and prices."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from folders import folder, once, programmes_of, read
from instances import random_instance, write_folder

from capplan.candidates.approved import beside, changes_frame, read_approved
from capplan.cli import main
from capplan.errors import DataError, InfeasibleError
from capplan.programme.audit import audit
from capplan.programme.instance import instance
from capplan.programme.optimise import optimise
from capplan.programme.stability import steady
from capplan.scenario_parts import Stability

SORTS = ("most_moved", "most_dropped", "most_added")
ROOT = Path(__file__).resolve().parents[2]
EXACT = {"gap": 0.0, "time_limit_s": 20.0}
SEEDS = ((14, False), (75, False), (147, False), (19, True), (62, True), (88, True))
"""Folders with few enough programmes to try every one of them; the latter with bundles and further terms of pots."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Candidates, every programme with its value, and one of them that is taken to have been approved."""
    made = []
    for seed, terms in SEEDS:
        frames = random_instance(seed, terms=terms)
        programmes = programmes_of(frames)
        candidates = read(frames, tmp_path_factory.mktemp("case"))
        starts = instance(candidates).starts
        value = [sum(starts[pair].value for pair in choice.items()) for choice in programmes]
        ranked = sorted(zip(value, map(sorted, (choice.items() for choice in programmes)), strict=True))
        approved = dict(ranked[len(ranked) // 2][1])
        made.append((candidates, list(zip(programmes, value, strict=True)), approved))
    return made


def counted(approved, choice):
    """Works moved, dropped and added, by looking at each of them."""
    moved = sum(1 for k in approved if k in choice and choice[k] != approved[k])
    return moved, sum(1 for k in approved if k not in choice), sum(1 for k in choice if k not in approved)


@pytest.mark.parametrize(("name", "most"), [("most_changes", 0), ("most_changes", 1), ("most_changes", 3), ("most_moved", 0),
                                           ("most_dropped", 0), ("most_added", 0)])
def test_the_best_within_a_limit_is_the_best_of_every_programme_within_it(cases, name, most):
    binding = 0
    for candidates, programmes, approved in cases:
        def used(choice, approved=approved):
            by_sort = counted(approved, choice)
            return sum(by_sort) if name == "most_changes" else by_sort[SORTS.index(name)]
        best = max(value for choice, value in programmes if used(choice) <= most)
        found = steady(candidates, approved, Stability(**{name: most}), **EXACT)
        assert found.programme.objective == pytest.approx(best, abs=1e-6) and used(found.programme.choice) <= most
        free = max(value for _, value in programmes)
        assert found.costs_least_gbp - 1e-6 <= free - best <= found.costs_most_gbp + 1e-6
        binding += free > best + 1e-6
    assert binding >= (2 if most < 3 else 1), "limits that never bind test nothing"


@pytest.mark.slow
@pytest.mark.parametrize("prices", [(5.0, 5.0, 5.0), (2.0, 30.0, 4.0), (1e6, 1e6, 1e6)])
def test_changes_are_made_where_they_are_worth_their_price(cases, prices):
    rules = Stability(**dict(zip(("moved_gbp", "dropped_gbp", "added_gbp"), prices, strict=True)))
    for candidates, programmes, approved in cases:
        best = max(value - np.dot(prices, counted(approved, choice)) for choice, value in programmes)
        found = steady(candidates, approved, rules, **EXACT)
        programme, price = found.programme, np.dot(prices, counted(approved, found.programme.choice))
        assert programme.objective - price == pytest.approx(best, abs=0.02) and found.price_gbp == pytest.approx(price)
        within = max(value for choice, value in programmes if np.dot(prices, counted(approved, choice)) <= price + 1e-6)
        assert programme.bound >= within - 1e-6
        assert audit(programme.candidates, programme.choice, programme.draws, programme.objective) == []
    if min(prices) > 1e5:
        assert programme.choice == approved


def test_fixed_years_stay_as_they_are(cases):
    for candidates, programmes, approved in cases:
        first = int(candidates.scheme_years.start_year.min())
        best = max(value for choice, value in programmes if {k: t for k, t in choice.items() if t == first}
                   == {k: t for k, t in approved.items() if t == first})
        found = steady(candidates, approved, Stability(fixed_years=1), **EXACT)
        assert found.programme.objective == pytest.approx(best, abs=1e-6)


def test_more_changes_are_never_worse_and_enough_of_them_are_no_limit(cases):
    for candidates, _, approved in cases[:2]:
        values = [steady(candidates, approved, Stability(most_changes=most), **EXACT).programme.objective
                  for most in (0, 2, 100)]
        assert values == sorted(values)
        assert values[-1] == pytest.approx(optimise(candidates, **EXACT).objective)


def test_without_rules_nothing_is_asked(cases):
    candidates, _, approved = cases[0]
    found = steady(candidates, approved, Stability(), **EXACT)
    assert found.free is None and found.programme.objective == pytest.approx(optimise(candidates, **EXACT).objective)


def test_an_approved_programme_that_money_no_longer_pays_for_is_refused_with_the_rule(tmp_path):
    candidates = read(folder([("A", {}, once(10, 10)), ("B", {}, once(4, 4))], [{"amount": 10}]), tmp_path)
    with pytest.raises(InfeasibleError, match="approved: changes"):
        steady(candidates, {"A": 2026, "B": 2026}, Stability(most_changes=0), **EXACT)


def test_begun_and_gone_works_are_no_changes(tmp_path):
    candidates = read(folder([("A", {}, once(10, 10)), ("B", {}, once(4, 4))], [{"amount": 14}]), tmp_path)
    starts = {"A": 2026, "OLD": 2025, "B": 2025, "GONE": 2027}
    found = beside(candidates, starts)
    assert (found.starts, set(found.begun), found.gone) == ({"A": 2026}, {"OLD", "B"}, ("GONE",))
    programme = steady(candidates, starts, Stability(most_changes=0), **EXACT).programme
    assert programme.choice == {"A": 2026, "B": 2026}
    frame = changes_frame(candidates, starts, programme.choice).set_index("scheme_id")
    assert frame.change.to_dict() == {"A": "kept", "OLD": "begun before", "B": "begun before", "GONE": "no longer on offer"}


@pytest.mark.parametrize(("text", "message"), [
    ("scheme_id,year\nA,2026\n", "no scheme_id or no start_year"), ("scheme_id,start_year\nA,soon\n", "soon"),
    ("scheme_id,start_year\nA,2026\nA,2027\n", "one row for each scheme"), ("scheme_id,start_year\nA,\n", "no start year")])
def test_a_table_that_is_no_programme_is_refused(tmp_path, text, message):
    (tmp_path / "schemes.csv").write_text(text, encoding="utf-8")
    for path in (tmp_path, tmp_path / "schemes.csv"):
        with pytest.raises(DataError, match=message):
            read_approved(path)
    with pytest.raises(DataError, match="no such file"):
        read_approved(tmp_path / "nowhere")


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_optimise_keeps_to_the_programme_it_is_given(tmp_path):
    """A pot of 10: A (10 for 10) was approved, B and C (6 each for 5) have come since. Two for one is three changes."""
    made = folder([("A", {}, once(10, 10)), ("B", {}, once(6, 5)), ("C", {}, once(6, 5))], [{"amount": 10}])
    write_folder(made, tmp_path / "new")
    (tmp_path / "approved.csv").write_text("scheme_id,start_year\nA,2026\nB,\n", encoding="utf-8")
    chosen = {}
    for name, words in {"two": ("--most-changes", 2), "three": ("--most-changes", 3), "dear": ("--change-price", 1),
                        "cheap": ("--change-price", 0.5), "told": ()}.items():
        done = run("optimise", tmp_path / "new", "--approved", tmp_path / "approved.csv", *words, "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
        frame = pd.read_csv(tmp_path / name / "schemes.csv")
        chosen[name] = set(frame.scheme_id[frame.start_year.notna()])
        assert "Against the approved programme of 1 work" in done.output
    assert chosen == {"two": {"A"}, "three": {"B", "C"}, "dear": {"A"}, "cheap": {"B", "C"}, "told": {"B", "C"}}
    changes = pd.read_csv(tmp_path / "three" / "changes.csv").set_index("scheme_id").change.to_dict()
    assert changes == {"A": "dropped", "B": "added", "C": "added"}
    refused = run("optimise", tmp_path / "new", "--most-changes", 2, "--out", tmp_path / "none")
    assert refused.exit_code == 2 and "--approved" in refused.output and not (tmp_path / "none").exists()


@pytest.mark.slow
def test_run_keeps_to_the_results_of_a_run(tmp_path, tiny_results):
    (tmp_path / "steady.toml").write_text(
        'extends = "baseline"\nname = "steady"\ndescription = "Dearer tenders, two changes."\n'
        "[costs]\ntender_inflation = 0.06\n[stability]\nmost_changes = 2\n", encoding="utf-8")
    refused = run("run", ROOT / "data" / "tiny", tmp_path / "steady.toml", "--out", tmp_path / "none")
    done = run("run", ROOT / "data" / "tiny", tmp_path / "steady.toml", "--approved", tiny_results, "--out",
               tmp_path / "out")
    assert (refused.exit_code, done.exit_code) == (2, 0), done.output
    before, after = (pd.read_csv(folder / "schemes.csv").set_index("scheme_id").start_year.dropna().to_dict()
                     for folder in (tiny_results, tmp_path / "out"))
    assert 0 < sum(counted(before, after)) <= 2
    notes = json.loads((tmp_path / "out" / "solution.json").read_text(encoding="utf-8"))["notes"]
    assert notes[0].startswith("Against the approved programme of") and "at most 2 changes" in notes[1]
    assert "Against the approved programme" in (tmp_path / "out" / "summary.html").read_text(encoding="utf-8")
