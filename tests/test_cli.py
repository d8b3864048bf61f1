"""The command line as a new user meets it: each command does what its help says, or leaves nothing behind."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import pandas as pd
import pytest

from capplan import jobs
from capplan.cli import main
from capplan.errors import OutputError
from capplan.estate import read_estate
from capplan.scenario import read_scenario
from capplan.tables import ESTATE_TABLES, data_dictionary

ROOT = Path(__file__).resolve().parents[1]
TINY, BASELINE = ROOT / "data" / "tiny", ROOT / "scenarios" / "baseline.toml"
COMMANDS = ("approve", "benchmark", "bids", "check", "compare", "complete", "crosswalk", "demo", "dictionary",
            "energy baseline", "energy forecast", "energy measures", "energy uncertainty", "envelopes",
            "evidence index", "evidence verify", "explain", "export", "fill", "forecast", "forms request",
            "forms survey", "formulation", "funding allocations", "funding forecast", "funding regime",
            "funding routes", "goal", "grow", "grow-plan", "import maps", "import pds", "import requests",
            "import schools", "import survey", "import survey-form", "learn", "lock log", "lock override", "lock set",
            "lock verify", "monitor", "new", "objectives order", "objectives tradeoff", "objectives weigh",
            "objectives worksheet", "optimise", "papers", "policy worst-first", "pupils backtest", "pupils forecast",
            "pupils places", "report", "resurvey", "robust", "run", "runs list", "runs rerun", "runs show",
            "runs start", "runs verify", "sensitivity", "simulate", "stress", "worth")
WRITING = ("complete", "demo", "fill", "forecast", "import pds", "import schools", "import survey", "learn", "new",
           "optimise", "policy worst-first", "resurvey", "run")
RESULTS = {"candidates", "scenario.toml", "schemes.csv", "cashflow.csv", "outlook.csv", "solution.json", "run.log",
           "summary.html"}


def commands(group=main, before=""):
    """Every command by the words a user types."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def listing(folder):
    """Every path under a folder, hidden ones too."""
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*"))


def a_register(path):
    """DfE's register of schools, as downloaded, with one school of data/tiny."""
    columns = {"URN": 900101, "EstablishmentName": "Ellerwick Primary School", "EstablishmentStatus (name)": "Open",
               "TypeOfEstablishment (name)": "Academy converter", "PhaseOfEducation (name)": "Primary", "CloseDate": "",
               "GOR (name)": "West Midlands", "LA (code)": 330, "OpenDate": "01-09-2012", "NumberOfPupils": 120,
               "SchoolCapacity": 150}
    pd.DataFrame([columns]).to_csv(path, index=False)
    return path


@pytest.fixture
def pds_file(tmp_path):
    """A property data survey of one block and its grounds, as Excel would write it, with one row of another authority.

    Beside it lies a register of schools, gias.csv.
    """
    a_register(tmp_path / "gias.csv")
    common = {"la_number": 881, "site_id": 10, "building_id": 100, "composition": 1.0, "storeys": 2, "gifa": 1000,
              "ground_gifa": 500, "block_perimeter": 100, "height": 6, "windows_doors": 40, "number_lifts": 0,
              "site_area_exc_field": 5500, "boundary_length": 300, "field_area": 2000, "swimming_pool": "No"}
    rows = [{**common, "element_id": 1700, "element": "Roofs", "sub_element": "Structure",
             "construction_type": "Flat roof  structure and deck - Generally", "grade": grade, "cost": cost,
             "la_number": number} for grade, cost, number in (("B", 100, 881), ("C", 2500, 881), ("A", 0, 207))]
    pd.DataFrame(rows).to_csv(tmp_path / "pds.csv", index=False, encoding="cp1252")
    return tmp_path / "pds.csv"


@pytest.fixture
def policy_file(tmp_path):
    """Two blocks for DfE's rule: the first costs GBP 2,000 to rebuild, the second 8,000."""
    frame = pd.DataFrame({
        "buildingid": [1, 2], "elementid": [1826, 1826], "unit_area": [10, 20], "gifa": [1, 4], "B.repair.cost": 1,
        "C.repair.cost": 5, "D.repair.cost": 20, "E.repair.cost": 21, "ab": 0.1, "bc": 0.2, "cd": 0.25, "de": 0.5,
        "A": 0, "B": 0, "C": 0, "D": 1, "E": 0})
    frame.to_csv(tmp_path / "components.csv", index=False)
    return tmp_path / "components.csv"


@pytest.fixture(scope="session")
def seen_twice(tmp_path_factory):
    """data/tiny as seen in 2016, as seen again in 2021, and a list of works done in between."""
    folder = tmp_path_factory.mktemp("twice")
    for name, day in (("first", "2016-09-01"), ("later", "2021-09-01")):
        shutil.copytree(TINY, folder / name)
        parts = pd.read_csv(folder / name / "components.csv", dtype=str, keep_default_na=False)
        parts = parts[parts.surveyed != "modelled"].assign(surveyed=day)
        parts.to_csv(folder / name / "components.csv", index=False)
    (folder / "works.csv").write_text("component_id,completed,grade_after\nELL-01,2019-08-01,A\n", encoding="utf-8")
    return folder


def typed(words, out, pds_file, policy_file, candidates, twice):
    """What a user would type to run each command that writes, with the place it writes to."""
    return {
        "complete": ("complete", twice / "first", twice / "works.csv", "--by", "A Clerk", "--out", out),
        "fill": ("fill", TINY, "--out", out),
        "forecast": ("forecast", TINY, BASELINE, "--replicates", 5, "--out", out),
        "learn": ("learn", twice / "later", "--out", out),
        "resurvey": ("resurvey", twice / "first", twice / "later", "--by", "A Clerk", "--out", out),
        "demo": ("demo", "--out", out), "new": ("new", out),
        "import pds": ("import", "pds", pds_file, "--out", out),
        "import schools": ("import", "schools", pds_file.with_name("gias.csv"), "--estate", TINY, "--out", out),
        "import survey": ("import", "survey", ROOT / "data/survey_examples/tarnbeck_long.csv", "--map",
                          ROOT / "data/survey_maps/tarnbeck_long.toml", "--out", out),
        "optimise": ("optimise", candidates, "--out", out),
        "policy worst-first": ("policy", "worst-first", policy_file, "--years", 2, "--out", out),
        "run": ("run", TINY, BASELINE, "--out", out),
    }[words]


@pytest.fixture
def line(pds_file, policy_file, tiny_results, seen_twice):
    """A command that writes, as typed, by its name and place."""
    return lambda words, out: typed(words, out, pds_file, policy_file, tiny_results / "candidates", seen_twice)


def test_the_commands_are_these():
    assert tuple(sorted(name for name, _ in commands())) == COMMANDS


@pytest.mark.parametrize("words", ["", *COMMANDS, "evidence", "forms", "funding", "import", "lock", "objectives",
                                   "policy", "pupils", "runs"])
def test_every_command_has_help_with_a_sentence_and_its_options(words, capplan):
    done = capplan(*words.split(), "--help")
    assert done.exit_code == 0 and done.stdout.startswith("Usage:") and done.stderr == ""
    assert re.search(r"^\n  [A-Z][^.]+\.", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(("words", "command"), list(commands()), ids=lambda item: item if isinstance(item, str) else "")
def test_every_option_is_used_and_explained(words, command):
    body = inspect.getsource(inspect.unwrap(command.callback)).split("\n    \"\"\"", 1)[-1]
    for param in command.params:
        assert re.search(rf"\b{param.name}\b", body.split('"""', 1)[-1]), f"{words}: {param.name} is accepted and ignored"
        assert isinstance(param, click.Argument) or param.help or param.metavar or isinstance(param.type, click.Choice)


def test_the_version_is_the_package_s(capplan):
    done = capplan("--version")
    assert done.exit_code == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("words", [["nonesuch"], ["run"], ["check"], ["run", "a", "b"], ["run", "a", "b", "--out"],
                                   ["optimise", "x", "--out", "y", "--gap", "2"],
                                   ["optimise", "x", "--out", "y", "--time-limit", "0"],
                                   ["run", "a", "b", "--out", "c", "--seed", "-1"],
                                   ["run", "a", "b", "--out", "c", "--workers", "0"],
                                   ["import", "pds", "x", "--out", "y", "--la", "Leeds"],
                                   ["forecast", "a", "b"], ["forecast", "a", "b", "--out", "c", "--replicates", "1"],
                                   ["forecast", "a", "b", "--out", "c", "--seed", "-1"], ["learn", "--out", "c"],
                                   ["resurvey", "a", "b", "--out", "c"], ["complete", "a", "b", "--out", "c"],
                                   ["complete", "a", "--by", "me", "--out", "c"], ["fill", "a"]])
def test_a_line_typed_wrongly_exits_2_with_its_usage(words, tmp_path, capplan, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = capplan(*words)
    assert done.exit_code == 2 and "Error:" in done.stderr and done.stdout == "" and listing(tmp_path) == []


def test_new_gives_an_estate_and_scenarios_that_work(tmp_path, capplan):
    done = capplan("new", tmp_path / "mine")
    assert done.exit_code == 0 and done.stderr == ""
    assert capplan("check", tmp_path / "mine" / "estate").exit_code == 0
    for path in (tmp_path / "mine" / "scenarios").glob("*.toml"):
        assert read_scenario(path).name
    assert (tmp_path / "mine" / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary()
    assert f"capplan run {tmp_path / 'mine' / 'estate'}" in done.stdout  # the next line to type


def test_check_says_what_is_there_and_how_good_it_is(capplan):
    done = capplan("check", TINY)
    assert done.exit_code == 0 and done.stderr == ""
    assert "2 schools, 2 sites, 3 blocks, 2,860 m2, 14 components" in done.stdout
    assert re.search(r"Data quality \d+ out of 100", done.stdout) and "ELL" in done.stdout


def test_check_json_is_one_object_on_standard_output(capplan):
    done = capplan("check", TINY, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["faults"] == [] and 0 < told["quality"]["score"] <= 100
    assert {row["school_id"] for row in told["quality"]["schools"]} == {"ELL", "MAR"}


def test_run_json_prints_the_solution_and_nothing_else(tiny_results):
    # That what is printed is what the file holds is asserted where the results are made, in conftest.py.
    told = json.loads((tiny_results / "solution.json").read_text(encoding="utf-8"))
    assert told["audit"] == "clean" and told["gap"] <= 0.001 and told["objective"] <= told["bound"] * (1 + 1e-9)


def test_overlays_seed_and_a_shipped_scenario_reach_the_results(tmp_path, capplan, monkeypatch, without_charts):
    monkeypatch.chdir(tmp_path)
    with without_charts():
        done = capplan("run", TINY, "five_years.toml", "--overlay", "high_inflation", "--overlay", "cautious_reserves",
                       "--seed", 7, "--out", "results")
    assert done.exit_code == 0, done.stderr
    saved = read_scenario("results/scenario.toml")
    assert (saved.costs.tender_inflation, saved.reserves.floor_share, saved.plan.years) == (0.05, 0.08, 5)
    told = json.loads(Path("results/solution.json").read_text(encoding="utf-8"))
    assert (told["seed"], told["last_year"]) == (7, 2030)


def test_seed_and_workers_reach_the_result(tmp_path, capplan, monkeypatch):
    given = {}

    def remember(*arguments, **options):
        given.update(options, seed=arguments[4] if len(arguments) > 4 else options.get("seed"),
                     workers=arguments[5] if len(arguments) > 5 else options.get("workers"))
        raise OutputError("far enough")

    monkeypatch.setattr(jobs, "run", remember)
    capplan("run", TINY, BASELINE, "--out", tmp_path / "results", "--seed", 7, "--workers", 2)
    assert (given["seed"], given["workers"]) == (7, 2)


def test_optimise_finds_the_same_value_in_the_candidates_a_run_wrote(tiny_results, tmp_path, capplan):
    done = capplan("optimise", tiny_results / "candidates", "--out", tmp_path / "again", "--gap", 0, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    first = json.loads((tiny_results / "solution.json").read_text(encoding="utf-8"))
    assert told["objective"] == pytest.approx(first["objective"], rel=1e-3)
    assert told["objective"] <= first["bound"] * (1 + 1e-9) and first["objective"] <= told["bound"] * (1 + 1e-9)
    schemes = pd.read_csv(tmp_path / "again" / "schemes.csv")
    assert schemes.start_year.notna().any() and schemes.start_year.isna().any()
    assert set(listing(tmp_path / "again")) >= {"schemes.csv", "cashflow.csv", "solution.json"}
    assert set(told) >= {"objective", "bound", "gap", "seconds", "status", "solver", "version"}


@pytest.mark.parametrize("fault", ["spend.csv", "schemes.csv", "pots.csv"])
def test_optimise_refuses_candidates_at_fault(fault, tiny_results, tmp_path, capplan):
    folder = Path(shutil.copytree(tiny_results / "candidates", tmp_path / "candidates"))
    lines = (folder / fault).read_text(encoding="utf-8").splitlines()
    spoilt = {"spend.csv": lines[:-1],  # a scheme that would be built for free in one year
              "schemes.csv": [*lines, lines[1]], "pots.csv": [lines[0], lines[1].replace(",2026,", ",soon,", 1), *lines[2:]]}
    (folder / fault).write_text("\n".join(spoilt[fault]) + "\n", encoding="utf-8")
    done = capplan("optimise", folder, "--out", tmp_path / "again")
    assert done.exit_code == 2 and f"in {fault}" in done.stderr and not (tmp_path / "again").exists()


def test_policy_worst_first_does_the_sum_on_paper(policy_file, tmp_path, capplan):
    # After a year half of each is at E: block 1 needs 100 + 105 = GBP 205, block 2 200 + 210 = 410. No money: 615 in all.
    done = capplan("policy", "worst-first", policy_file, "--years", 1, "--out", tmp_path / "policy", "--json")
    assert done.exit_code == 0
    totals = pd.DataFrame(json.loads(done.stdout)["totals"])
    assert totals[totals.year == 1].backlog_gbp.sum() == pytest.approx(615)
    assert set(listing(tmp_path / "policy")) >= {"components.csv", "totals.csv", "years.csv"}
    assert list(pd.read_csv(tmp_path / "policy" / "totals.csv")) == ["year", "grade", "area", "backlog_gbp"]


@pytest.mark.parametrize("option", ["--repair", "--rebuild", "--inflation"])
def test_policy_refuses_money_that_is_not_a_number(option, policy_file, tmp_path, capplan):
    done = capplan("policy", "worst-first", policy_file, "--years", 2, option, "1,lots", "--out", tmp_path / "policy")
    assert done.exit_code == 2 and option in done.stderr and not (tmp_path / "policy").exists()


def test_dictionary_and_formulation_are_pages(capplan):
    dictionary, formulation = capplan("dictionary"), capplan("formulation")
    candidates = capplan("dictionary", "--candidates")
    assert dictionary.exit_code == formulation.exit_code == candidates.exit_code == 0
    assert "## bundles.csv" in candidates.stdout and "`saving_share`" in candidates.stdout
    assert "## components.csv" not in candidates.stdout
    for table in ESTATE_TABLES:
        assert f"## {table.name}.csv" in dictionary.stdout
        assert all(f"`{name}`" in dictionary.stdout for name in table.column_names)
    assert "vintage" in formulation.stdout.lower() and "GBP" in formulation.stdout


def test_import_pds_accounts_for_every_row_and_passes_check(pds_file, tmp_path, capplan):
    done = capplan("import", "pds", pds_file, "--la", 881, "--out", tmp_path / "made", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (told["rows_read"], told["rows_kept"], told["rows_set_aside"], told["rows_of_other_authorities"]) == (3, 2, 0, 1)
    assert capplan("check", tmp_path / "made").exit_code == 0
    assert len(read_estate(tmp_path / "made").components) == 2


def test_an_imported_estate_without_money_can_be_run(pds_file, tmp_path, capplan, without_charts):
    capplan("import", "pds", pds_file, "--la", 881, "--out", tmp_path / "made")
    with without_charts():
        done = capplan("run", tmp_path / "made", BASELINE, "--out", tmp_path / "results")
    told = json.loads((tmp_path / "results" / "solution.json").read_text(encoding="utf-8"))
    assert done.exit_code == 0 and told["stand_in_money"] is True


@pytest.mark.parametrize(("file", "column_map"), [("ormsdale_cp1252.csv", "ormsdale_csv.toml"),
                                                  ("quillfeather_workbook.xlsx", "quillfeather_workbook.toml"),
                                                  ("tarnbeck_long.csv", "tarnbeck_long.toml")])
def test_import_survey_reads_the_shipped_examples(file, column_map, tmp_path, capplan):
    done = capplan("import", "survey", ROOT / "data/survey_examples" / file, "--map", ROOT / "data/survey_maps" / column_map,
                   "--out", tmp_path / "made")
    assert done.exit_code == 0, done.stderr
    read, kept, aside = map(int, re.search(r"(\d+) rows read = (\d+) kept \+ (\d+) set aside", done.stdout).groups())
    assert read == kept + aside and kept == len(read_estate(tmp_path / "made").components)
    assert "Columns the map does not use" in done.stdout
    assert capplan("check", tmp_path / "made").exit_code == 0


@pytest.mark.parametrize("words", WRITING)
def test_a_folder_that_is_there_is_refused_and_untouched(words, line, tmp_path, capplan):
    out = tmp_path / "taken"
    out.mkdir()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    before = listing(tmp_path)
    for force in ((), ("--force",)):
        done = capplan(*line(words, out), *force)
        assert done.exit_code == 2 and str(out) in done.stderr and "Traceback" not in done.stderr
        assert listing(tmp_path) == before and (out / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("words", WRITING)
def test_the_place_is_looked_at_before_the_work_is_done(words, line, tmp_path, capplan):
    # Not after a minute of it.
    done = capplan(*line(words, tmp_path))
    assert done.exit_code == 2 and "--force" in done.stderr
    assert not any(word in done.stderr for word in ("Reading", "optimising", "Forecasting"))


@pytest.mark.parametrize("words", [words for words in WRITING if words not in ("complete", "demo", "fill", "resurvey")])
def test_force_replaces_what_the_command_wrote_before(words, line, tiny_results, tmp_path, capplan, without_charts):
    out = tmp_path / "again"
    if words == "run":
        shutil.copytree(tiny_results, out)
    else:
        assert capplan(*line(words, out)).exit_code == 0
    first = listing(out)
    assert capplan(*line(words, out)).exit_code == 2
    with without_charts():
        done = capplan(*line(words, out), "--force")
    assert done.exit_code == 0, done.stderr
    assert listing(out) == first


def test_force_does_not_take_a_folder_for_its_own_by_one_file_name(tmp_path, capplan):
    # A trust's own folder may well hold a schools.csv; --force must not wipe what lies beside it.
    out = tmp_path / "ours"
    out.mkdir()
    (out / "schools.csv").write_text("a,b\n", encoding="utf-8")
    (out / "thesis.docx").write_bytes(b"years of work")
    done = capplan("new", out, "--force")
    assert done.exit_code == 2 and listing(out) == ["schools.csv", "thesis.docx"]


@pytest.mark.parametrize("words", [words for words in WRITING if words not in ("demo", "forecast", "resurvey", "run",
                                                                            "import survey")])
def test_a_missing_parent_is_made(words, line, tmp_path, capplan):
    out = tmp_path / "not" / "yet" / "there"
    assert capplan(*line(words, out)).exit_code == 0
    assert out.is_dir() and [path.name for path in out.parent.iterdir()] == ["there"]


@pytest.mark.parametrize("words", WRITING)
def test_a_file_in_the_way_is_refused(words, line, tmp_path, capplan):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    before = listing(tmp_path)
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        done = capplan(*line(words, out))
        assert done.exit_code == 2 and "Traceback" not in done.stderr
    assert listing(tmp_path) == before


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_parent_that_cannot_be_written_is_refused(line, tmp_path, capplan):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    done = capplan(*line("new", locked / "mine"))
    locked.chmod(0o755)
    assert done.exit_code == 2 and "Cannot write" in done.stderr and listing(locked) == []


def test_a_parent_that_cannot_be_made_is_refused(line, tmp_path, capplan):
    done = capplan(*line("new", Path("/proc/nowhere/mine") if Path("/proc").is_dir() else tmp_path / "\0"))
    assert done.exit_code == 2 and "Cannot write" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [words for words in WRITING if words != "demo"])
def test_nothing_is_left_behind_after_a_failure_half_way(words, line, tmp_path, capplan, monkeypatch):
    whole, written = pd.DataFrame.to_csv, []

    def fails_the_second_time(frame, *arguments, **options):
        written.append(arguments)
        if len(written) > 1:
            raise OSError(28, "No space left on device", str(arguments[0]) if arguments else None)
        return whole(frame, *arguments, **options)

    def full_disc(source, target, *arguments, **options):
        raise OSError(28, "No space left on device", str(target))

    command = line(words, tmp_path / "not" / "yet" / "half")
    before = listing(tmp_path)
    monkeypatch.setattr(pd.DataFrame, "to_csv", fails_the_second_time)
    monkeypatch.setattr(shutil, "copytree", full_disc)
    done = capplan(*command)
    assert done.exit_code == 2 and "No space left on device" in done.stderr
    assert listing(tmp_path) == before


@pytest.mark.parametrize("words", [words for words in WRITING if words not in ("demo", "new")])
def test_nothing_is_left_behind_when_the_input_is_at_fault(words, line, tmp_path, capplan):
    command = list(line(words, tmp_path / "not" / "yet" / "there"))
    place = len(words.split())
    command[place] = tmp_path / "nowhere"
    before = listing(tmp_path)
    done = capplan(*command)
    assert done.exit_code == 2 and "nowhere" in done.stderr and "Traceback" not in done.stderr
    assert listing(tmp_path) == before


@pytest.mark.parametrize("words", ["run", "optimise"])
def test_works_that_no_money_can_pay_are_explained(words, tiny, tiny_results, tmp_path, capplan):
    # Must-do works of GBP 60,000 before fees, and next to no money: the rules that clash are named.
    grants = pd.read_csv(tiny / "grants.csv", dtype=str, keep_default_na=False).assign(amount_gbp="100")
    grants.to_csv(tiny / "grants.csv", index=False)
    reserves = pd.read_csv(tiny / "reserves.csv", dtype=str, keep_default_na=False).assign(surplus_gbp="0")
    reserves.loc[0, "opening_gbp"] = "120000"
    reserves.to_csv(tiny / "reserves.csv", index=False)
    command = ["run", tiny, BASELINE]
    if words == "optimise":
        folder = Path(shutil.copytree(tiny_results / "candidates", tmp_path / "candidates"))
        pots = pd.read_csv(folder / "pots.csv", dtype=str, keep_default_na=False).assign(amount="100")
        pots.to_csv(folder / "pots.csv", index=False)
        command = ["optimise", folder]
    done = capplan(*command, "--out", tmp_path / "results")
    assert done.exit_code == 2 and "ELL" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_run_writes_a_results_folder_and_one_screen_apart_from_its_messages(tmp_path, capplan_process):
    # With a screen that knows no pound sign, as cron and old Windows consoles: figures must not end in an error.
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    ran = capplan_process("run", TINY, BASELINE, "--out", "results", cwd=tmp_path, env=plain)
    assert ran.returncode == 0, ran.stderr[-500:]
    assert "Reading" in ran.stderr and "Reading" not in ran.stdout
    assert "Ellermarl Schools Trust" in ran.stdout and "Audit" in ran.stdout
    assert str(Path("results") / "summary.html") in ran.stdout
    assert len(ran.stdout.splitlines()) <= 60 and max(map(len, ran.stdout.splitlines())) <= 120
    assert {path.name for path in (tmp_path / "results").iterdir()} >= RESULTS
    again = capplan_process("run", TINY, BASELINE, "--out", "results", cwd=tmp_path)
    assert again.returncode == 2 and again.stdout == "" and "--force" in again.stderr
    assert not any(word in ran.stderr + again.stderr for word in ("Warning", "Traceback"))
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_the_package_runs_as_python_dash_m():
    # Where the scripts' folder is not on the path, as on many trusts' Windows machines.
    done = subprocess.run([sys.executable, "-m", "capplan", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("capplan")


def test_output_cut_short_by_a_pipe_is_no_traceback():
    code = "from capplan.cli import main; main()"
    command = [sys.executable, "-c", code, "dictionary"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        told = process.stderr.read().decode()
    assert "Traceback" not in told


@pytest.mark.slow
def test_demo_does_the_whole_job_in_under_a_minute(tmp_path, capplan_process):
    began = time.perf_counter()
    done = capplan_process("demo", cwd=tmp_path)
    assert done.returncode == 0 and time.perf_counter() - began < 60, done.stderr
    out = tmp_path / "capplan_demo"
    assert {path.name for path in (out / "results").iterdir()} >= RESULTS
    assert str(Path("capplan_demo") / "results") in done.stdout and (out / "estate" / "schools.csv").is_file()
    linked = re.findall(r'href="([^"]+)"', (out / "papers" / "index.html").read_text(encoding="utf-8"))
    assert {"committee.pdf", "cfo.xlsx", "explorer.html", "summary.html"} <= set(linked)
    assert all((out / "papers" / link).exists() for link in linked)
    assert capplan_process("demo", "--force", cwd=tmp_path).returncode == 0
