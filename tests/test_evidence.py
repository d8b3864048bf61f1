"""Evidence by path and hash: stated rules say what a file is of; links, odd names and changed bytes are found."""

import hashlib
import json
import os
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from capplan.errors import DataError
from capplan.estate import Estate, inspect_estate, read_estate, write_estate
from capplan.evidence import evidence_for, evidence_of_results, index_evidence, open_below, places_of, verified
from capplan.evidence_checks import evidence_faults
from capplan.evidence_names import date_in, kind_of, relation
from capplan.run_records import tables_of

ROOT = Path(__file__).resolve().parents[1]
TINY = ROOT / "data" / "tiny"
FILES = {
    "ELL/ELL-01 crack 2026-05-14.jpg": b"one", "ELL/ELL-1-A/fire doors quotation.pdf": b"two",
    "MAR Marlstow/MAR-1-A.EXT/report.pdf": b"three", "trust/insurance letter.docx": b"four",
    "ELL/W1, quote from Barr & Co <3>.xlsx": b"five", "MAR/=cmd.pdf": b"six", "ELL-02_boiler.png": b"", }


@pytest.fixture
def folder(tmp_path):
    """A folder of evidence for data/tiny."""
    return fill(tmp_path / "evidence", FILES)


def fill(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def estate():
    return read_estate(TINY)


def test_each_file_is_of_what_its_names_begin_with(folder, estate):
    found = index_evidence(folder, estate).frame.set_index("path")
    of = found[["school_id", "block_id", "scheme_id", "component_id", "kind"]].agg(tuple, axis=1).to_dict()
    assert of == {
        "ELL/ELL-01 crack 2026-05-14.jpg": ("ELL", "", "", "ELL-01", "photo"),
        "ELL/ELL-1-A/fire doors quotation.pdf": ("ELL", "ELL-1-A", "", "", "quote"),
        "MAR Marlstow/MAR-1-A.EXT/report.pdf": ("MAR", "", "MAR-1-A.EXT", "", "report"),
        "trust/insurance letter.docx": ("", "", "", "", "correspondence"),
        "ELL/W1, quote from Barr & Co <3>.xlsx": ("ELL", "", "W1", "", "quote"),
        "MAR/=cmd.pdf": ("MAR", "", "", "", "report"), "ELL-02_boiler.png": ("ELL", "", "", "ELL-02", "photo")}
    assert found.dated["ELL/ELL-01 crack 2026-05-14.jpg"] == pd.Timestamp("2026-05-14") and found.dated.notna().sum() == 1


def test_hash_and_size_are_those_of_the_bytes(folder, estate):
    found = index_evidence(folder, estate).frame.set_index("path")
    for path, content in FILES.items():
        assert (found.sha256[path], found["bytes"][path]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_index_is_a_table_of_the_estate_and_comes_back_as_it_was(folder, tiny, capplan):
    out = tiny / "evidence.csv"
    done = capplan("evidence", "index", folder, "--for", tiny, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "7 files, 22 bytes" in done.stdout
    read = read_estate(tiny)
    pd.testing.assert_frame_equal(read.evidence, index_evidence(folder, read).frame)
    assert sorted(path.name for path in folder.iterdir()) == ["ELL", "ELL-02_boiler.png", "MAR", "MAR Marlstow", "trust"]
    done = capplan("evidence", "verify", tiny, folder)
    assert done.exit_code == 0 and "7 files: each is as it was indexed." in done.stdout


def test_a_name_must_be_the_whole_of_what_stands_before_the_sign_after_it(estate):
    places = places_of(estate)
    assert relation("ELL/ELL-011.jpg", places)["component_id"] == ""
    assert relation("ell/ell-01.jpg", places)["component_id"] == "ELL-01"
    assert relation("ELL/ell-01 roof.jpg", places)["component_id"] == ""
    assert relation("MAR/photos/MAR-1-A.EXT (2).jpg", places)["scheme_id"] == "MAR-1-A.EXT"
    assert relation("elsewhere/photo.jpg", places) is None
    assert relation("trust/ELL policy.pdf", places)["school_id"] == "ELL"


def test_longer_names_go_before_shorter_ones_that_begin_them(estate):
    parts = estate.components.copy()
    parts.loc[parts.index[1], "component_id"] = "ELL-01 B"
    places = places_of(Estate({**estate.tables(), "components": parts}))
    assert relation("ELL/ELL-01 B roof.jpg", places)["component_id"] == "ELL-01 B"
    assert relation("ELL/ELL-01 C roof.jpg", places)["component_id"] == "ELL-01"


@pytest.mark.parametrize(("name", "kind"), [
    ("a.heic", "photo"), ("quote.jpg", "photo"), ("site plan.pdf", "drawing"), ("a.dwg", "drawing"),
    ("x/survey.docx", "report"),
    ("EICR certificate.pdf", "certificate"), ("tenders/a.pdf", "quote"), ("a.zip", "other"), ("noending", "other"),
    ("planning.pdf", "report")])
def test_kinds(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize(("name", "day"), [
    ("2026-02-30 2025-01-31.jpg", date(2025, 1, 31)), ("a 31-01-2025.jpg", date(2025, 1, 31)),
    ("20250131", date(2025, 1, 31)),
    ("120250131", None), ("31012025", None), ("2025-0131", None)])
def test_dates(name, day):
    assert date_in(name) == day


def test_files_of_no_school_are_all_named_at_once(folder, estate):
    fill(folder, {"odd/a.jpg": b"", "b.jpg": b"", "ELX/c.jpg": b""})
    with pytest.raises(DataError) as raised:
        index_evidence(folder, estate)
    assert sorted(fault.column for fault in raised.value.faults) == ["ELX/c.jpg", "b.jpg", "odd/a.jpg"]


def test_a_component_of_another_school_is_a_fault_of_the_table(folder, tiny):
    found = index_evidence(folder, read_estate(tiny))
    rows = found.frame.assign(school_id=found.frame.school_id.replace("ELL", "MAR"))
    write_estate({**read_estate(tiny).tables(), "evidence": rows}, tiny)
    faults = inspect_estate(tiny)[1]
    assert [(fault.column, fault.found.split(" with ")[1]) for fault in faults] == [
        ("school_id", "block_id ELL-1-A"), ("school_id", "component_id ELL-02"), ("school_id", "component_id ELL-01")]


@pytest.mark.parametrize("path", ["../x.jpg", "/etc/passwd", "a/../../x", "C:/x.jpg", "a\\b.jpg", ".."])
def test_a_path_that_leads_out_of_its_folder_is_refused(path, folder, estate):
    rows = index_evidence(folder, estate).frame
    frames = {**estate.tables(), "evidence": rows.assign(path=[path, *rows.path[1:]])}
    faults = evidence_faults(frames, "evidence.csv")
    assert [(fault.row, fault.column) for fault in faults] == [(2, "path")]


def test_links_are_never_followed(folder, estate, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "ELL-01.jpg").write_bytes(b"secret")
    os.symlink(tmp_path / "secret", folder / "ELL" / "more")
    os.symlink(tmp_path / "secret" / "ELL-01.jpg", folder / "ELL" / "ELL-01.jpg")
    os.symlink(folder, folder / "ELL" / "round")
    found = index_evidence(folder, estate)
    assert len(found.frame) == len(FILES)
    assert [path for path, why in found.set_aside if why.startswith("a link")] == ["ELL/ELL-01.jpg", "ELL/more", "ELL/round"]
    for path in ("ELL/more/ELL-01.jpg", "ELL/ELL-01.jpg", "../secret/ELL-01.jpg"):
        with pytest.raises(OSError):
            open_below(folder, path)


def test_a_file_that_was_changed_into_a_link_is_found(folder, estate, tmp_path):
    rows = index_evidence(folder, estate).frame
    path = folder / "ELL-02_boiler.png"
    path.rename(tmp_path / "kept.png")
    os.symlink(tmp_path / "kept.png", path)
    faults, _ = verified(rows, folder)
    assert [fault.column for fault in faults] == ["ELL-02_boiler.png"] and "link" in faults[0].found


def test_pipes_and_files_of_the_system_are_left_out(folder, estate):
    os.mkfifo(folder / "ELL" / "pipe")
    fill(folder, {"ELL/Thumbs.db": b"x", "ELL/.DS_Store": b"x", "ELL/~$quote.docx": b"x"})
    found = index_evidence(folder, estate)
    assert len(found.frame) == len(FILES)
    assert [path for path, _ in found.set_aside] == ["ELL/.DS_Store", "ELL/Thumbs.db", "ELL/pipe", "ELL/~$quote.docx"]


def test_names_no_table_can_hold_are_faults(folder, estate):
    fill(folder, {"ELL/a\nb.jpg": b"", "ELL/end ": b"", "ELL/back\\slash.jpg": b""})
    (folder / "ELL" / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    with pytest.raises(DataError) as raised:
        index_evidence(folder, estate)
    assert len(raised.value.faults) == 4
    assert str(raised.value).encode("utf-8")


def test_odd_names_come_back_as_they_are(tmp_path, tiny, capplan):
    names = ["=1+1 ELL.jpg", "@x.jpg", "-2+3.jpg", "+4.jpg", " blank before.jpg", "a,b;\"c\".jpg",
             "e\u0301cole \u00e9.jpg", "#%?&.pdf"]
    folder = fill(tmp_path / "trust photos", {f"trust/{name}": name.encode() for name in names})
    fill(folder, {})
    flat = fill(tmp_path / "flat", {"ELL/=x.jpg": b"1"})
    for place in (folder, flat):
        assert capplan("evidence", "index", place, "--for", tiny, "--out", tiny / "evidence.csv", "--force").exit_code == 0
        assert capplan("evidence", "verify", tiny, place).exit_code == 0


def test_a_path_that_begins_like_a_formula_is_written_so_that_it_is_none(tmp_path, tiny, capplan):
    folder = fill(tmp_path / "odd", {"=ELL/ELL-01.jpg": b"1", "@/ELL-02.jpg": b"2"})
    assert capplan("evidence", "index", folder, "--for", tiny, "--out", tiny / "evidence.csv").exit_code == 0
    rows = read_estate(tiny).evidence
    assert rows.path.tolist() == ["./=ELL/ELL-01.jpg", "./@/ELL-02.jpg"]
    assert capplan("evidence", "verify", tiny, folder).exit_code == 0


def test_verify_names_changed_missing_and_other_files(folder, tiny, capplan):
    capplan("evidence", "index", folder, "--for", tiny, "--out", tiny / "evidence.csv")
    (folder / "ELL/ELL-01 crack 2026-05-14.jpg").write_bytes(b"0ne")
    (folder / "trust/insurance letter.docx").unlink()
    (folder / "MAR/=cmd.pdf").write_bytes(b"longer")
    fill(folder, {"ELL/later.jpg": b"x"})
    done = capplan("evidence", "verify", tiny, folder, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 2
    assert sorted(fault["column"] for fault in told["faults"]) == ["ELL/ELL-01 crack 2026-05-14.jpg",
                                                                   "MAR/=cmd.pdf", "trust/insurance letter.docx"]
    assert {fault["column"]: fault["found"] for fault in told["faults"]}["MAR/=cmd.pdf"] == "6 bytes"
    assert told["not_indexed"] == ["ELL/later.jpg"]
    done = capplan("evidence", "verify", tiny, folder)
    assert done.exit_code == 2 and "no such file" in done.stderr and "ELL/ELL-01 crack" in done.stderr


def test_indexed_again_what_people_typed_stays_and_changes_are_told(folder, tiny, capplan):
    out = tiny / "evidence.csv"
    capplan("evidence", "index", folder, "--for", tiny, "--out", out)
    rows = pd.read_csv(out, dtype=str, keep_default_na=False)
    mine = rows.path == "MAR/=cmd.pdf"
    rows.loc[mine, ["kind", "note", "component_id", "dated"]] = ["certificate", "Gas safety", "MAR-01", "2024-01-02"]
    rows.to_csv(out, index=False)
    (folder / "MAR/=cmd.pdf").write_bytes(b"seven")
    (folder / "ELL-02_boiler.png").unlink()
    fill(folder, {"ELL/new.jpg": b"8"})
    done = capplan("evidence", "index", folder, "--for", tiny, "--out", out, "--force", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["new"], told["changed"], told["gone"]) == (["ELL/new.jpg"], ["MAR/=cmd.pdf"], ["ELL-02_boiler.png"])
    row = read_estate(tiny).evidence.set_index("path").loc["MAR/=cmd.pdf"]
    assert (row.kind, row.note, row.component_id) == ("certificate", "Gas safety", "MAR-01")
    assert row.sha256 == hashlib.sha256(b"seven").hexdigest()


def test_a_run_keeps_the_index_it_was_made_with(folder, tiny, tmp_path, capplan):
    index = index_evidence(folder, read_estate(tiny)).frame
    write_estate({**read_estate(tiny).tables(), "evidence": index}, tiny)
    results = tmp_path / "results"
    results.mkdir()
    with zipfile.ZipFile(results / "inputs.zip", "w") as archive:
        for name, content in tables_of(tiny).items():
            archive.writestr(name, content)
    pd.testing.assert_frame_equal(evidence_of_results(results), index)
    assert capplan("evidence", "verify", results, folder).exit_code == 0
    with zipfile.ZipFile(results / "inputs.zip", "w") as archive:
        archive.writestr("trust.csv", "")
    assert evidence_of_results(results).empty and list(evidence_of_results(results)) == list(index)
    (results / "inputs.zip").write_bytes(b"PK")
    assert capplan("evidence", "verify", results, folder).exit_code == 2


def test_evidence_of_a_scheme_is_its_own_its_components_and_its_blocks(folder, estate):
    rows = index_evidence(folder, estate).frame
    assert evidence_for(rows, ["MAR-1-A.EXT.renew", "MAR-1-A.EXT"]).path.tolist() == ["MAR Marlstow/MAR-1-A.EXT/report.pdf"]
    assert evidence_for(rows, [""], [""], "").empty
    assert evidence_for(rows, ["W1"], ["ELL-01"], "ELL-1-A").path.str.len().gt(0).sum() == 3


def test_a_large_file_is_read_in_pieces(tmp_path, estate):
    folder = fill(tmp_path / "big", {"ELL/film.mp4": b""})
    with open(folder / "ELL" / "film.mp4", "wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    found = index_evidence(folder, estate)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.frame["bytes"].tolist() == [100_000_000] and peak < 20_000_000


def test_an_estate_without_an_index_is_not_said_to_be_whole(folder, tiny, capplan):
    done = capplan("evidence", "verify", tiny, folder)
    assert done.exit_code == 2 and "no index of evidence" in done.stderr


def test_faults_of_the_place_are_told(tiny, tmp_path, capplan):
    done = capplan("evidence", "index", tmp_path / "nowhere", "--for", tiny, "--out", tmp_path / "evidence.csv")
    assert done.exit_code == 2 and "no such folder" in done.stderr and not (tmp_path / "evidence.csv").exists()
