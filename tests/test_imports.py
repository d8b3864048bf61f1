"""The shape of the package, read from its source: who imports whom, where heavy libraries live, what is never written."""

import ast
import functools
import importlib.util
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "capplan"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_shipped" not in path.parts)

# Each part may import the parts of the rows above its own, never those beside it or below.
TIERS = (
    ("errors", "columns", "folders", "causes"),
    ("pupil_tables", "roll_tables", "energy_tables", "growth_tables",
     "evidence_tables", "monitor_tables", "cells"), ("tables",),
    ("candidate_tables", "tabular", "reference", "shipped", "machines"),
    ("finance", "condition", "funding", "pupils", "energy"), ("crosswalk",),
    ("money_checks",), ("bid_checks", "place_checks", "roll_checks", "energy_checks", "growth_checks", "evidence_checks",
                        "evidence_names"), ("estate_checks",), ("estate",),
    ("scenario_parts",), ("scenario_pupils", "scenario_energy", "scenario_carbon", "scenario_delivery",
     "scenario_growth"), ("scenario",), ("pupil_inputs",),
    ("pupil_forecast",), ("place_demand",),
    ("school_places",), ("ranges",), ("history", "inventory_fill", "resurvey", "survey_form"), ("request_form",),
    ("energy_skies",), ("energy_baseline",),
    ("energy_outlook",),
    ("energy_results",), ("parts",), ("outlook",), ("findings", "futures"),
    ("formula_grants",), ("grants",), ("pupil_money",), ("books",),
    ("money",), ("candidates",), ("programme",), ("explanations", "weighing", "programme_energy"),
    ("certainty", "many_futures", "revolving_fund", "need_accounts"),
    ("results", "accounts", "ledger", "place_accounts", "carbon_results"),
    ("runs", "sensitivity", "goal", "further_money", "carbon_price", "energy_uncertainty"), ("run_records",), ("run_store",),
    ("approvals", "evidence"), ("governance", "change_log", "actuals"), ("monitoring",), ("replanning",), ("simulation",),
    ("importers", "quality", "report"),
    ("jobs", "bid_job", "condition_job", "delivery_job", "energy_job", "explain_job", "growth_job", "growth_plan_job",
     "money_job",
     "objectives_job", "place_job", "pupil_job", "question_job", "robust_job"),
    ("run_job", "compare_job", "live_money", "override_job", "monitor_job"),
    ("committee_job", "papers_job"), ("cli",), ("__main__",),
)
RANK = {part: rank for rank, parts in enumerate(TIERS) for part in parts}

# Libraries with one home: folders end with /, files with .py. Deferred: imported inside functions only.
HOMES = {
    "pulp": ("programme/formulation.py", "programme/solver.py"), "highspy": ("programme/solver.py", "programme/linear.py"),
    "matplotlib": ("report/",), "jinja2": ("report/",), "typst": ("report/",), "docx": ("report/",),
    "pydantic": ("scenario.py", "scenario_parts.py", "scenario_carbon.py", "scenario_pupils.py",
                 "scenario_growth.py", "importers/survey_map"),
    "click": ("cli/",),
    "pyarrow": ("tabular.py", "importers/pds_columns.py"), "python_calamine": ("importers/survey_sheet.py",),
    "xlsxwriter": ("report/",), "simpy": ("simulation/",), "distributed": ("machines.py",),
}
DEFERRED = ("matplotlib", "jinja2", "pyarrow", "python_calamine", "xlsxwriter", "simpy", "scipy", "tqdm", "distributed")
SLOW_TO_IMPORT = ("pandas", "numpy", "scipy", "pulp", "highspy", "matplotlib", "pydantic", "jinja2", "pyarrow")
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40


@functools.cache
def tree_of(path):
    """Syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(path):
    """Every node of a file's syntax tree, walked once for all tests."""
    return list(ast.walk(tree_of(path)))


def trees():
    """Path and tree of every file."""
    return ((path, tree_of(path)) for path in FILES)


def name_of(path):
    """``condition/course.py`` as the tests name it."""
    return path.relative_to(PACKAGE).as_posix()


def part_of(path):
    """First part of a module's name below the package: ``condition`` for ``condition/course.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def imported(path):
    """Absolute names of what a file imports, with the line: ``("capplan.condition.course", 12)``."""
    return list(_imported(path))


def _imported(path):
    package = ("capplan", *path.relative_to(PACKAGE).parts[:-1])
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[:len(package) - node.level + 1], *((node.module or "").split(".") if node.module else ())]
            yield from ((".".join((*base, alias.name)), node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree):
    """Every function and method of a module, nested ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def public_functions(tree):
    """Functions and methods anybody may call: at the top of a module or of a class, without a leading underscore."""
    owners = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    return [node for owner in owners for node in owner.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def test_every_part_of_the_package_has_a_place_in_the_order():
    parts = {part_of(path) for path in FILES} - {"__init__"}
    assert parts == set(RANK), "give a new part its row in TIERS, and take the row of a part that has gone"


def test_imports_run_one_way():
    wrong = []
    for path in FILES:
        own = part_of(path)
        if own == "__init__":
            continue
        for name, line in imported(path):
            words = name.split(".")
            if words[0] != "capplan":
                continue
            other = words[1] if len(words) > 1 else ""
            if other not in RANK:
                wrong.append(f"{name_of(path)}:{line} imports {name}: import from the module, not from the package itself")
            elif other != own and RANK[other] >= RANK[own]:
                wrong.append(f"{name_of(path)}:{line} imports {other}, which comes after {own} or stands beside it")
    assert not wrong, "\n".join(wrong)


def test_imports_are_really_read():
    # The rule above is worth nothing if the reader of imports overlooks relative ones.
    names = {name for name, _ in imported(PACKAGE / "candidates" / "proposing.py")}
    assert {"capplan.reference", "capplan.money.money", "capplan.candidates.model.Candidates"} <= names


def test_leaves_import_no_trunk_and_no_other_leaf():
    leaves, foundations = set(TIERS[4]), {part for parts in TIERS[:4] for part in parts}
    wrong = [f"{name_of(path)}:{line} imports {name}" for path in FILES if part_of(path) in leaves
             for name, line in imported(path)
             if name.startswith("capplan.") and name.split(".")[1] not in foundations | {part_of(path)}]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", HOMES)
def test_heavy_libraries_have_one_home(library):
    wrong = [f"{name_of(path)}:{line}" for path in FILES for name, line in imported(path)
             if name.split(".")[0] == library and not name_of(path).startswith(HOMES[library])]
    assert not wrong, f"{library} belongs in {HOMES[library]}: {wrong}"


SOLVING = {"solve", "actualSolve", "callSolver", "getSolver", "PULP_CBC_CMD", "HiGHS", "HiGHS_CMD", "Highs"}
LINEAR_ALGEBRA = ("numpy.linalg.solve", "scipy.linalg.solve")


def solving_in(tree):
    """Lines that call upon a solver, by attribute or by imported name; equations solved by linear algebra are none."""
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known.update((alias.asname or alias.name.split(".")[0], alias.name if alias.asname else alias.name.split(".")[0])
                         for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            known.update((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
    found = [f"{name}" for name in known.values() if name.split(".")[-1] in SOLVING and name not in LINEAR_ALGEBRA]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in SOLVING:
            words = ast.unparse(node).split(".")
            if ".".join([known.get(words[0], words[0]), *words[1:]]) not in LINEAR_ALGEBRA:
                found.append(f"{node.lineno} .{node.attr}")
    return found


def test_only_the_solver_module_solves():
    wrong = [f"{name_of(path)}:{line}" for path in FILES if name_of(path) not in HOMES["highspy"]
             for line in solving_in(tree_of(path))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("code", "solves"), [
    ("problem.solve()", True), ("model.problem.solve(solver)", True), ("import pulp\npulp.HiGHS(msg=False)", True),
    ("from pulp import HiGHS", True), ("import pulp as linalg\nlinalg.solve(p)", True), ("linalg.solve(p)", True),
    ("from pulp import LpProblem as linalg\nlinalg.solve(p)", True), ("highs.Highs", True),
    ("import numpy as np\nnp.linalg.solve(a, b)", False), ("from numpy.linalg import solve\nsolve(a, b)", False),
    ("from numpy import linalg\nlinalg.solve(a, b)", False), ("import scipy.linalg\nscipy.linalg.solve(a, b)", False),
    ("import numpy as np\nnp.solve(a)", True), ("from scipy.optimize import minimize\nminimize(f)", False)])
def test_the_guard_tells_solvers_from_linear_algebra(code, solves):
    assert bool(solving_in(ast.parse(code))) is solves


def test_heavy_libraries_are_imported_where_they_are_used():
    wrong = []
    for path in FILES:
        for node in tree_of(path).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            wrong += [f"{name_of(path)}:{node.lineno} {name}" for name in names if name.split(".")[0] in DEFERRED]
    assert not wrong, f"import these inside the function that uses them: {wrong}"


def test_starting_the_command_line_imports_no_heavy_library():
    code = f"import sys, capplan.cli; print(*[name for name in {SLOW_TO_IMPORT!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_takes_less_than_half_a_second_of_processor_time(capplan_process):
    took = []
    for _ in range(5):
        began = os.times()
        assert capplan_process("--help").returncode == 0
        ended = os.times()
        took.append(ended.children_user + ended.children_system - began.children_user - began.children_system)
    assert 0 < statistics.median(took) < 0.5, took


def test_the_library_never_prints():
    wrong = [f"{name_of(path)}:{node.lineno}" for path in FILES for node in nodes_of(path)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
             and not name_of(path).startswith("cli/")]
    assert not wrong, wrong


def test_nothing_global_is_set_and_nothing_ends_the_process():
    forbidden = {("logging", "basicConfig"), ("random", "seed"), ("pd", "set_option"), ("plt", "show"), ("sys", "exit"),
                 ("os", "_exit"), ("locale", "setlocale"), ("os", "chdir")}
    wrong = []
    for path in FILES:
        for node in nodes_of(path):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            called = (owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", ""), node.func.attr)
            if called in forbidden and not (called == ("sys", "exit") and name_of(path).startswith("cli/")):
                wrong.append(f"{name_of(path)}:{node.lineno} {'.'.join(called)}")
    assert not wrong, "\n".join(wrong)


def test_no_module_called_utils():
    assert [name_of(path) for path in FILES if path.stem in ("utils", "util", "helpers", "common", "misc")] == []


def test_modules_are_under_400_lines():
    long = {name_of(path): lines for path in FILES
            if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE}
    assert long == {}


def test_functions_are_under_40_lines_without_their_docstring():
    long = {}
    for path, tree in trees():
        for node in functions(tree):
            lines = node.end_lineno - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= first.end_lineno - first.lineno + 1
            if lines > LONGEST_FUNCTION:
                long[f"{name_of(path)}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_every_argument_of_a_public_function_is_used():
    wrong = []
    for path, tree in trees():
        for node in public_functions(tree):
            spec = node.args
            names = [arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg)
                     if arg is not None]
            used = {inner.id for line in node.body for inner in ast.walk(line) if isinstance(inner, ast.Name)}
            wrong += [f"{name_of(path)}:{node.lineno} {node.name}({name})" for name in names
                      if name not in used and name not in ("self", "cls") and not name.startswith("_")]
    assert not wrong, f"accepted and ignored: {wrong}"


def test_nothing_unfinished_and_no_careless_code():
    wrong = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        wrong += [f"{name_of(path)}: {word}" for word in ("TODO", "FIXME", "XXX", "HACK") if word in text]
        for node in nodes_of(path):
            place = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.ExceptHandler) and (node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))):
                wrong.append(f"{place} catches everything")
            if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
                wrong.append(f"{place} star import")
            if isinstance(node, ast.keyword) and node.arg == "inplace":
                wrong.append(f"{place} inplace=")
            if isinstance(node, ast.Raise) and node.exc is not None and "NotImplementedError" in ast.dump(node.exc):
                wrong.append(f"{place} NotImplementedError")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(tree_of(path)), f"{name_of(path)} has no docstring"


def test_every_file_is_importable():
    for path in FILES:
        name = ".".join(("capplan", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        assert importlib.util.find_spec(name) is not None, name
