"""``capplan explain`` as a planner meets it: on a results folder, from run or optimise, with wrong input too."""

import json
import re
import shutil

import pandas as pd
import pytest

OUT_OF_PLAN = "MAR-1-A.SAN.repair"
SCHEMES = {"roof": (50, 100), "boiler": (80, 100), "paint": (10, 20), "wiring": (30, 90)}


@pytest.fixture(scope="module")
def optimised(tmp_path_factory, capplan):
    """What ``capplan optimise`` wrote for four schemes and 210 pounds: the boiler, the wiring and the paint."""
    made, out = tmp_path_factory.mktemp("four"), tmp_path_factory.mktemp("results") / "four"
    pd.DataFrame({"scheme_id": list(SCHEMES), "must_do": ["", "", "", "yes"]}).to_csv(made / "schemes.csv", index=False)
    rows = [{"scheme_id": name, "start_year": 2026, "value": value, "year": 2026, "cost": cost}
            for name, (value, cost) in SCHEMES.items()]
    frame = pd.DataFrame(rows)
    frame[["scheme_id", "start_year", "value"]].to_csv(made / "scheme_years.csv", index=False)
    frame[["scheme_id", "start_year", "year", "cost"]].to_csv(made / "spend.csv", index=False)
    pot = {"pot_id": "P", "amount": 210, "first_year": 2026, "last_year": 2026}
    pd.DataFrame([pot]).to_csv(made / "pots.csv", index=False)
    assert capplan("optimise", made, "--out", out, "--gap", 0).exit_code == 0
    return out


@pytest.mark.slow
def test_a_scheme_is_explained_in_sentences(tiny_results, tmp_path, capplan):
    done = capplan("explain", tiny_results, OUT_OF_PLAN, "--out", tmp_path / "why")
    assert done.exit_code == 0
    assert done.stdout.startswith(OUT_OF_PLAN) and "\nOUT: " in done.stdout and "What would bring it in:" in done.stdout
    assert not re.search(r"nan|inf\b|None|\{|\[", done.stdout)
    frame = pd.read_csv(tmp_path / "why" / "explain.csv")
    assert list(frame.columns) == ["scheme_id", "decision", "start_year", "statement", "pot_id", "amount", "not_enough",
                                   "least", "most", "checked", "text"]
    assert {"why", "lost", "instead", "value", "spend"} <= set(frame.statement)
    assert (tmp_path / "why" / "explain.txt").read_text(encoding="utf-8") == done.stdout
    told = json.loads((tmp_path / "why" / "explain.json").read_text(encoding="utf-8"))
    assert told["decision"] == "out" and told["whole"] is True


def test_what_optimise_wrote_is_explained_in_points(optimised, capplan):
    told = json.loads(capplan("explain", optimised, "roof", "--json").stdout)
    assert told["scheme"] == "roof" and told["lost"] == pytest.approx(30) and told["binding"] == "money"
    assert "would cost exactly 30 points" in capplan("explain", optimised, "roof").stdout


def test_the_whole_programme_is_explained_with_tables(optimised, tmp_path, capplan):
    done = capplan("explain", optimised, "--samples", 4, "--out", tmp_path / "why", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["samples"] + told["without_plan"] == 4 and told["value"] <= told["ceiling"] * (1 + 1e-9)
    core = pd.read_csv(tmp_path / "why" / "core_index.csv")
    plans = pd.read_csv(tmp_path / "why" / "alternatives.csv")
    assert len(core) == len(plans) == len(SCHEMES)
    assert ((core.in_least <= core.in_share + 1e-9) & (core.in_share <= core.in_most + 1e-9)).all()
    assert {"rule", "money"} == set(pd.read_csv(tmp_path / "why" / "explain.csv").statement)
    text = (tmp_path / "why" / "explain.txt").read_text(encoding="utf-8")
    assert "What each rule costs" in text and "Core index over" in text and "nan" not in text


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda folder: shutil.rmtree(folder / "candidates"), "candidates"),
    (lambda folder: (folder / "solution.json").unlink(), "solution.json"),
    (lambda folder: (folder / "solution.json").write_text("{"), "no JSON"),
    (lambda folder: (folder / "schemes.csv").write_text("scheme_id,start_year\nnonesuch,2026\n"), "nonesuch in 2026"),
    (lambda folder: (folder / "schemes.csv").write_text("scheme_id\na\n"), "no start_year")])
def test_a_folder_at_fault_is_refused_with_what_is_wrong(spoil, words, tiny_results, tmp_path, capplan):
    folder = shutil.copytree(tiny_results, tmp_path / "spoilt")
    spoil(folder)
    done = capplan("explain", folder, "--out", tmp_path / "why")
    assert done.exit_code == 2 and words in done.stderr and not (tmp_path / "why").exists()


def test_what_cannot_be_asked_is_refused(tiny_results, tmp_path, capplan):
    assert "no such folder" in capplan("explain", tmp_path / "nowhere").stderr
    done = capplan("explain", tiny_results, "SAN")
    assert done.exit_code == 2 and OUT_OF_PLAN in done.stderr
    done = capplan("explain", tiny_results, OUT_OF_PLAN, "--samples", 5)
    assert done.exit_code == 2 and "--samples" in done.stderr
