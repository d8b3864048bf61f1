"""Condition beside others: the yardstick by hand, DfE's sample worked out again, nobody named, few places called few."""

import importlib.util
import io
import json
import re
import shutil
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capplan import reference
from capplan.condition.benchmark import MEASURES, NEEDS, RENEWALS, measures, place_needs, quantiles
from capplan.errors import DataError
from capplan.report.benchmark import SHARED, Benchmark, all_together, benchmark, own_places, shared
from capplan.report.benchmark_page import benchmark_document, position
from capplan.report.papers import written
from capplan.report.results import read_results

ROOT = Path(__file__).resolve().parents[2]
QUANTILES = reference.load("condition_quantiles")


@pytest.fixture(scope="module")
def results(tiny_results):
    return read_results(tiny_results)


@pytest.fixture(scope="module")
def own(results):
    return own_places(results)


# --- the yardstick --------------------------------------------------------------------------------------------------


def test_what_a_place_needs_by_hand():
    types = pd.DataFrame({"element": ["Roofs", "External areas"], "cost_b_gbp_per_unit": [5.0, 1.0],
                          "cost_c_gbp_per_unit": [30.0, 2.0], "cost_d_gbp_per_unit": [100.0, 4.0]}, index=["R", "X"])
    parts = pd.DataFrame({"place": ["S", "S", "S", "T", "S"], "type_id": ["R", "R", "R", "R", "X"],
                          "quantity": [10.0, 4.0, 1.0, 3.0, 99.0], "grade": ["A", "B", "CX", "DX", "D"]})
    needs = place_needs(parts, types, pd.Series({"S": 50.0, "T": 10.0, "U": 5.0}), ["External areas"])
    assert needs.loc["S", [*NEEDS, *RENEWALS]].to_list() == [20, 30, 0, 1000, 400, 100, 0]
    assert needs.loc["T", NEEDS].to_list() == [0, 0, 300] and needs.loc["U", NEEDS].to_list() == [0, 0, 0]
    found = measures(needs)
    assert found.loc["S"].to_list() == pytest.approx([1.0, 0.6, 1000 / 1500, 400 / 1500, 100 / 1500, 0])
    assert found.loc["U", "need_gbp_per_m2"] == 0 and np.isnan(found.loc["U", "grade_a_share"])
    spread = quantiles(needs).set_index("measure")
    assert spread.loc["need_gbp_per_m2", ["p50", "overall", "sample"]].to_list() == [1.0, 350 / 65, 3]
    assert spread.loc["grade_d_share", "sample"] == 2, "a place without components has no shares"


def test_the_trust_by_a_slow_loop_over_its_files(own):
    schools, blocks = own
    types = reference.load("component_types").set_index("type_id")
    tiny = ROOT / "data" / "tiny"
    expected = dict.fromkeys(blocks.index, 0.0)
    for row in pd.read_csv(tiny / "components.csv").itertuples():
        if isinstance(row.block_id, str) and row.type_id in types.index and row.grade[0] in "BCD" and \
                types.element[row.type_id] not in ("External areas", "Playing fields"):
            expected[row.block_id] += row.quantity * types[f"cost_{row.grade[0].lower()}_gbp_per_unit"][row.type_id]
    assert blocks[NEEDS].sum(axis=1).to_dict() == pytest.approx(expected) and sum(expected.values()) > 0
    assert schools[NEEDS].to_numpy().sum() == pytest.approx(sum(expected.values()))
    assert schools.gifa_m2.sum() == pd.read_csv(tiny / "blocks.csv").gifa_m2.sum()


def test_quantiles_are_in_order_and_every_region_and_measure_is_there():
    rows = QUANTILES[["p10", "p25", "p50", "p75", "p90"]]
    assert (np.diff(rows.to_numpy(), axis=1) >= 0).all() and (rows >= 0).all(axis=None)
    assert (QUANTILES.groupby(["level", "place"]).measure.apply(list).map(set) == set(MEASURES)).all()
    assert set(reference.load("location_factors").region) | {"England"} <= set(QUANTILES.place)
    shares = QUANTILES[QUANTILES.unit == "share"].groupby(["level", "place"]).overall.sum()
    assert shares.to_numpy() == pytest.approx(1, abs=3e-4)
    assert (QUANTILES["sample"] >= 61).all(), "no group is small"


@pytest.mark.slow
def test_the_table_is_what_dfes_sample_gives_and_its_totals_are_the_published_ones(shared_data):
    place = importlib.util.spec_from_file_location("script", ROOT / "scripts" / "make_condition_quantiles.py")
    script = importlib.util.module_from_spec(place)
    place.loader.exec_module(script)
    from capplan.importers.pds import read_pds
    file = shared_data / "pds_sample.parquet"
    frames = read_pds(file).frames
    again = script.condition_quantiles(frames, script.authorities(file))
    pd.testing.assert_frame_equal(again.reset_index(drop=True), QUANTILES.fillna({"note": ""}), check_dtype=False)
    # With grounds: GBP 137 for B to D and 68 for C and D per m2, as worked out from the sample's own costs.
    parts = frames["components"].assign(place="all")
    whole = place_needs(parts, reference.dfe_component_types(), pd.Series({"all": frames["blocks"].gifa_m2.sum()}))
    found = measures(whole).loc["all"]
    assert [found.need_gbp_per_m2, found.backlog_gbp_per_m2] == pytest.approx([137, 68], rel=0.1)


def test_where_a_value_stands():
    row = pd.Series({"p10": 1.0, "p25": 2.0, "p50": 3.0, "p75": 4.0, "p90": 5.0})
    told = [position(value, row) for value in (0.5, 1.5, 2.5, 3.5, 4.5, 9, float("nan"))]
    assert told == ["in the lowest tenth", "in the lowest quarter", "below the middle", "above the middle",
                    "in the highest quarter", "in the highest tenth", "not known"]


# --- others, without names ------------------------------------------------------------------------------------------


def test_what_is_shared_names_nobody_and_reads_back_as_it_was(own, results, tmp_path):
    frame = shared(own[0])
    assert list(frame) == SHARED.column_names
    text = frame.to_csv(index=False)
    tiny = ROOT / "data" / "tiny"
    names = [*pd.read_csv(tiny / "schools.csv")["name"], *pd.read_csv(tiny / "schools.csv").school_id,
             *pd.read_csv(tiny / "blocks.csv").block_id, results.solution["trust"]]
    assert not [name for name in names if name in text]
    assert (frame.gifa_m2 % 10 == 0).all() and (frame[NEEDS] % 100 == 0).all(axis=None)
    (tmp_path / "theirs.csv").write_text(text, encoding="utf-8")
    found = benchmark(results, [tmp_path / "theirs.csv"])
    pd.testing.assert_frame_equal(found.peers["Trust A"], frame, check_dtype=False)


def test_letters_follow_need_and_not_the_order_given(own, results, tmp_path):
    for name, times in (("mild", 1), ("dire", 3), ("worse", 2)):
        frame = shared(own[0])
        frame.assign(**{need: frame[need] * times for need in NEEDS}).to_csv(tmp_path / f"{name}.csv", index=False)
    for order in (("mild", "dire", "worse"), ("worse", "mild", "dire")):
        peers = benchmark(results, [tmp_path / f"{name}.csv" for name in order]).peers
        assert list(peers) == ["Trust A", "Trust B", "Trust C"]
        assert [all_together(frame).need_gbp_per_m2 for frame in peers.values()] == sorted(
            (all_together(frame).need_gbp_per_m2 for frame in peers.values()), reverse=True)
    page = written(benchmark_document(Benchmark("Own", 2026, *own, peers), "2026-09-01", ""), ".html").decode()
    assert "Trust C" in page and not [name for name in ("mild", "dire", "worse.csv") if name in page]


def test_everything_wrong_with_what_peers_gave_is_told_at_once(results, tmp_path):
    text = shared(own_places(results)[0]).to_csv(index=False)
    (tmp_path / "bad.csv").write_text(text.replace("East of England", "Wessex"), encoding="utf-8")
    with pytest.raises(DataError) as found:
        benchmark(results, [tmp_path / "bad.csv", tmp_path / "nothing"])
    assert "Wessex" in str(found.value) and "no such file or folder" in str(found.value)


# --- the page -------------------------------------------------------------------------------------------------------


class Words(HTMLParser):
    """Rows of cells, and all words, of a page."""

    def __init__(self):
        super().__init__()
        self.rows, self.said = [], []

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data):
        self.said.append(data)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def page_of(found):
    words = Words()
    words.feed(written(benchmark_document(found, "2026-09-01", "a foot"), ".html").decode())
    return words.rows, " ".join(words.said)


def test_figures_on_the_page_are_those_of_the_files_at_the_prices_of_the_plan(own, results):
    rows, said = page_of(benchmark(results))
    ratio = reference.price_ratio(2016, 2026)
    whole = all_together(own[0])
    row = next(row for row in rows if row and row[0].startswith("Cost of bringing"))
    sample = QUANTILES[(QUANTILES.level == "authority") & (QUANTILES.measure == "need_gbp_per_m2")].iloc[0]
    assert row[1] == f"£{whole.need_gbp_per_m2 * ratio:,.0f}" and row[4] == f"£{sample.p50 * ratio:,.0f}"
    for name in own[0]["name"]:
        assert sum(row[:1] == [name] for row in rows) == 1
    assert "None were given" in said and "2012 to 2014" in said and "(few)" in said


def schools_of(count, components=True):
    """A trust of many schools, or of schools nobody has surveyed."""
    place = np.arange(count)
    one = 1000.0 * components
    frame = pd.DataFrame({
        "phase": np.where(place % 3, "primary", "secondary"), "region": "South West", "blocks": 1, "gifa_m2": 500.0 + place,
        **dict.fromkeys([*NEEDS, *RENEWALS], one), "modelled_share": 0.0, "backlog_now_gbp": 100.0, "price_base": 2026,
        "name": [f"School {number} <b>&</b> =1+1" + " long" * 30 for number in place]}, index=[f"S{each}" for each in place])
    frame[NEEDS[0]] = place * one
    return frame, frame[["gifa_m2", *NEEDS, *RENEWALS]].assign(region="South West")


@pytest.mark.parametrize(("count", "suffix"), [(1, ".html"), (100, ".html"), (12, ".docx")])
def test_one_school_and_a_hundred_with_nasty_names(count, suffix):
    schools, blocks = schools_of(count)
    found = Benchmark("A <Trust> & $ons", 2026, schools, blocks, {"Trust A": shared(schools)})
    content = written(benchmark_document(found, "2026-09-01", "a foot"), suffix)
    if suffix == ".html":
        text = content.decode()
        assert "<b>&" not in text and text.count("&lt;b&gt;&amp;&lt;/b&gt; =1+1") >= count
        assert ("too few" in text) == (count < 9)
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.read("word/document.xml").decode().count("=1+1") >= count


def test_a_trust_that_nobody_surveyed_is_told_so():
    schools, _ = schools_of(2, components=False)
    schools["gifa_m2"] = 0.0
    rows, said = page_of(Benchmark("Bare", 2026, schools, schools_of(1)[1].head(0)))
    assert "nothing to compare" in said and sum("not known" in row for row in rows) >= 8 and "nan" not in said


def test_the_command_writes_shares_and_refuses(tiny_results, tmp_path, capplan):
    done = capplan("benchmark", tiny_results, "--share", tmp_path / "ours.csv")
    assert done.exit_code == 0 and "for each square metre" in done.stdout
    peer = shutil.copytree(tiny_results, tmp_path / "theirs")
    done = capplan("benchmark", tiny_results, "--peers", tmp_path / "ours.csv", "--peers", peer, "--out",
                   tmp_path / "page.html", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and set(told["measures"]) == {"trust", "Trust A", "Trust B"}
    assert told["measures"]["trust"]["need_gbp_per_m2"] == pytest.approx(
        told["measures"]["Trust A"]["need_gbp_per_m2"], rel=0.01)
    for words, message in (((), "--out for the page"), (("--out", tmp_path / "x.txt"), r"\.docx"),
                           (("--out", tmp_path / "page.html"), "exists already"),
                           (("--out", tmp_path / "y.html", "--peers", tmp_path / "gone"), "no such file or folder")):
        done = capplan("benchmark", tiny_results, *words)
        assert done.exit_code == 2 and re.search(message, done.stderr), words
    (peer / "inputs.zip").unlink()
    done = capplan("benchmark", peer, "--out", tmp_path / "z.html")
    assert done.exit_code == 2 and "inputs.zip" in done.stderr and not (tmp_path / "z.html").exists()


def test_the_page_in_a_browser(results, tmp_path, chromium):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    schools, blocks = own_places(results)
    found = Benchmark(results.solution["trust"], 2026, schools, blocks, {"Trust A": shared(schools)})
    (tmp_path / "page.html").write_bytes(written(benchmark_document(found, "2026-09-01", "a foot"), ".html"))
    page, said = chromium.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    from matplotlib.image import imread
    drawn = imread(io.BytesIO(page.locator("figure img, figure svg").first.screenshot()))[..., :3]
    hatched = (np.abs(drawn - np.array([0.561, 0.706, 0.8])).max(axis=2) < 0.1).sum()
    assert (drawn.min(axis=2) < 0.9).sum() > 5000 and hatched > 300, "the boxes are hatched"
    worst = [each["id"] for each in axe.Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    assert worst == [] and said == []
    page.close()
