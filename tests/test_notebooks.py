"""Every notebook runs from top to bottom, is short and plain, and is committed without outputs."""

import ast
from pathlib import Path

import nbformat
import pytest

import capplan

HOME = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(path for path in HOME.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
FAST = ("01_hello_programme",)
# Besides the public names of capplan itself: what a reader of results needs, and the leaves that validation holds to
# published figures one by one.
PUBLIC_MODULES = ("capplan.bid_job", "capplan.carbon_results", "capplan.committee_job", "capplan.delivery_job",
                  "capplan.explain_job",
                  "capplan.findings", "capplan.futures", "capplan.growth_job", "capplan.history", "capplan.importers.pds",
                  "capplan.jobs", "capplan.live_money", "capplan.money_job", "capplan.place_accounts",
                  "capplan.programme.formulation",
                  "capplan.programme.instance", "capplan.programme.marginal", "capplan.pupil_money",
                  "capplan.quality", "capplan.report.bid_files", "capplan.report.charts", "capplan.report.drawing",
                  "capplan.report.needs",
                  "capplan.report.register",
                  "capplan.report.results", "capplan.report.school_facts", "capplan.report.school_statement",
                  "capplan.report.schools_read",
                  "capplan.report.summary")
LEAVES = ("capplan.condition.worst_first", "capplan.energy.abatement", "capplan.energy.baseline",
          "capplan.energy.degree_days", "capplan.energy.end_uses", "capplan.energy.factors", "capplan.energy.figures",
          "capplan.energy.measures", "capplan.energy.packages", "capplan.energy.readings", "capplan.energy.solar",
          "capplan.finance", "capplan.funding.allocation_tables", "capplan.funding.allocations", "capplan.funding.loans",
          "capplan.pupils.area", "capplan.pupils.backtest", "capplan.pupils.cohorts", "capplan.pupils.counts",
          "capplan.pupils.uncertainty", "capplan.reference")
LONGEST_CELL = 15

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code(path):
    """Source of each code cell."""
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem not in FAST))
                                  for path in NOTEBOOKS])
def test_a_notebook_runs(path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    book = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    client.execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert shown and not [output for output in shown if output.get("name") == "stderr"]
    drawn = [cell for cell in book.cells if cell.cell_type == "code" and "draw_" in cell.source
             and "import" not in cell.source]
    assert all(any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", ()))
               for cell in drawn), "a chart that nobody sees"


@each_notebook
def test_a_notebook_is_committed_without_outputs(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert [cell.id for cell in book.cells if cell.get("outputs") or cell.get("execution_count")] == []


@each_notebook
def test_cells_are_short(path):
    assert [source for source in code(path) if len(source.splitlines()) >= LONGEST_CELL] == []


@each_notebook
def test_a_notebook_defines_nothing(path):
    defined = [node for source in code(path) for node in ast.walk(ast.parse(source))
               if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)]
    assert defined == []


@each_notebook
def test_a_notebook_uses_public_names_only(path):
    wrong = []
    for source in code(path):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("capplan"):
                names = [alias.name for alias in node.names]
                known = capplan.__all__ if node.module == "capplan" else (
                    [name for name in names if not name.startswith("_")] if node.module in PUBLIC_MODULES + LEAVES else [])
                modules = [name for name in names if f"{node.module}.{name}" in PUBLIC_MODULES + LEAVES]
                wrong += [f"{node.module}.{name}" for name in names if name not in (*known, *modules)]
            if isinstance(node, ast.Import):
                wrong += [alias.name for alias in node.names if alias.name.startswith("capplan.")]
            if isinstance(node, ast.Attribute):
                own = isinstance(node.value, ast.Name) and node.value.id in ("cp", "capplan")
                if node.attr.startswith("_") or (own and node.attr not in capplan.__all__):
                    wrong.append(node.attr)
    assert wrong == []


@each_notebook
def test_a_notebook_opens_with_what_it_is_for(path):
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ") and len(first.source) > 100
