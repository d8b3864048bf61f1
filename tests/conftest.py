"""What several tests share: where the project is, the published data beside it, tiny estates to spoil, the command line."""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from capplan.cli import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root():
    """Folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data():
    """Folder of the published data, where it lies beside the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the published data are not beside the project")
    return folder


@pytest.fixture
def tiny(tmp_path):
    """A copy of data/tiny that a test may spoil."""
    return Path(shutil.copytree(ROOT / "data" / "tiny", tmp_path / "estate"))


@pytest.fixture(scope="session")
def capplan():
    """The command line in this process: ``capplan("check", folder)``; an uncaught exception fails the test."""
    def invoke(*words):
        return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    return invoke


@pytest.fixture(scope="session")
def without_charts():
    """``with without_charts():`` makes pages without their charts, half of a run, where nobody looks at them."""
    @contextlib.contextmanager
    def blank():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("capplan.report.charts.CHARTS", ())
            yield
    return blank


@pytest.fixture(scope="session")
def capplan_process():
    """The command line as a process of its own, as a user meets it."""
    def invoke(*words, **options):
        command = [sys.executable, "-m", "capplan.cli", *map(str, words)]
        if (script := Path(sys.executable).with_name("capplan")).is_file():
            command[:3] = [str(script)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False, **options)
    return invoke


@pytest.fixture(scope="session")
def tiny_results(tmp_path_factory, capplan):
    """A results folder of data/tiny under the baseline scenario, made once. ``--json`` printed what solution.json holds."""
    out = tmp_path_factory.mktemp("tiny") / "results"
    done = capplan("run", ROOT / "data" / "tiny", ROOT / "scenarios" / "baseline.toml", "--out", out, "--json")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (out / "solution.json").read_text(encoding="utf-8")
    return out


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by Playwright, where both are there."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("Chromium is not installed: pages are not looked at")
    library = pytest.importorskip("playwright.sync_api")
    with library.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program,
                                         args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
