"""The wheel carries the reference figures, the example data and the scenarios, each once; the repository holds them once."""

import hashlib
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from capplan import shipped

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {".venv", ".git", "demo_results", ".pytest_cache", ".hypothesis", ".ruff_cache", "build", "dist", "__pycache__"}
SHIPPED = ("data/example", "data/trusts", "data/tiny", "data/survey_maps", "docs", "scenarios")


def files(folder):
    """Files of the repository under a folder, by relative path."""
    return [path for path in sorted((ROOT / folder).rglob("*"))
            if path.is_file() and not OUTSIDE & set(path.relative_to(ROOT).parts)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the working copy. Without hatchling at hand pip fetches it, or the test is skipped."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out)]
    try:
        import hatchling
        command.append("--no-build-isolation")
        assert hatchling
    except ImportError:
        pass
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    if done.returncode and "hatchling" in done.stderr and "No matching distribution" in done.stderr:
        pytest.skip("hatchling is not installed and no package index can be reached")
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = out.glob("*.whl")
    return built


def test_the_repository_holds_every_data_file_once():
    hashes = Counter()
    places = {}
    for folder in ("capplan", "data", "scenarios", "scripts", "tests"):
        for path in files(folder):
            if path.suffix in (".csv", ".toml", ".xlsx", ".parquet") and path.stat().st_size > 200:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                hashes[digest] += 1
                places.setdefault(digest, []).append(path.relative_to(ROOT).as_posix())
    assert [places[digest] for digest, count in hashes.items() if count > 1] == []
    assert not (ROOT / "capplan" / "_shipped").exists(), "the wheel makes it; a checkout has data/ and scenarios/"


def test_the_build_settings_name_folders_that_exist():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {name: f"capplan/_shipped/{name}" for name in ("data", "docs", "scenarios")}
    assert all((ROOT / folder).is_dir() for folder in included)


def test_shipped_files_are_found_in_a_checkout():
    assert shipped.folder("data") == ROOT / "data" and shipped.folder("scenarios") == ROOT / "scenarios"


@pytest.mark.slow
def test_the_wheel_carries_everything_once(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        held = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}
    assert len(names) == len(set(names))
    for folder in SHIPPED:
        for path in files(folder):
            name = f"capplan/_shipped/{path.relative_to(ROOT).as_posix()}"
            assert held[name] == hashlib.sha256(path.read_bytes()).hexdigest()
    for path in files("capplan"):
        assert path.relative_to(ROOT).as_posix() in held
    assert [name for name in names if name.endswith("reference/component_types.csv")] == [
        "capplan/reference/component_types.csv"]
    assert [name for name in names if name.endswith("schools.csv") and "example" in name] == [
        "capplan/_shipped/data/example/schools.csv"]
    assert not [name for name in names if "tests/" in name or "__pycache__" in name or "/." in name]


@pytest.mark.slow
def test_the_wheel_installed_elsewhere_makes_a_new_estate(wheel, tmp_path):
    # A fresh environment with the wheel unpacked into it, and this one's libraries: the checkout must not be needed.
    venv.create(tmp_path / "env", with_pip=False, symlinks=os.name != "nt")
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    where = [sys.executable, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    libraries = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = ("import sys; sys.path[:0] = sys.argv[1:3]; from capplan.cli import main; import capplan;"
            "assert 'site' in capplan.__file__, capplan.__file__; main(sys.argv[3:])")
    done = subprocess.run([python, "-I", "-c", code, str(tmp_path / "site"), libraries, "new", str(tmp_path / "mine")],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine" / "estate" / "schools.csv").is_file()
    assert (tmp_path / "mine" / "scenarios" / "baseline.toml").is_file()
