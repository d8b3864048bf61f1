"""The envelope explorer: its figures by hand, names that cannot leave their place, and the page in a real browser."""

import io
import json
import re

import pandas as pd
import pytest

from capplan.errors import DataError
from capplan.report.explorer import MOST_SCHEMES, Explored, explorer_data, explorer_html, read_envelopes, script_json
from capplan.report.explorer_words import MEASURES, next_pound, programme_words, spoken
from capplan.tabular import write_frame, write_json

NASTY = "</script><script>alert(1)</script><!-- & \u2028\u2029 \"'<img src=x onerror=alert(2)>"
FACTS = {"trust": "Ellermarl & <b>Sons</b>", "scenario": "baseline", "first_year": 2026, "last_year": 2035,
         "price_base": 2026, "backlog_now_gbp": 900.0, "notes": ["A note, <i>marks</i> & signs."]}


def frame_of(rows):
    """Envelopes from (share, money, spent, schemes, value, bound, backlog, failures, days); without a value: none."""
    names = ["share_of_today", "money_gbp", "spent_gbp", "schemes", "value_gbp", "bound_gbp", "backlog_end_gbp", "failures",
             "pupil_days"]
    frame = pd.DataFrame(rows, columns=names).astype(float)
    frame["gap"] = 1 - frame.value_gbp / frame.bound_gbp
    frame["value_per_further_gbp"] = frame.value_gbp.diff() / frame.money_gbp.diff()
    frame["reason"] = ["No programme obeys all the rules: must-dos." if pd.isna(value) else "" for value in frame.value_gbp]
    return frame


FRAME = frame_of([(0.25, 250, None, None, None, None, None, None, None),
                  (0.5, 500, 480, 2, 1000, 1010, 1500, 8, 90), (1.0, 1000, 990, 3, 1800, 1800, 1000, 6, 50),
                  (1.5, 1500, 1400, 2, 2100, 2150, 800, 5, 40)])
CHOSEN = pd.DataFrame([
    (0.5, "a.patch", "a", "ELL", "Ellerwick", "ELL-1", "Roofs", "patch", "Patch the roof", 2026, 180.0),
    (0.5, "b.patch", "b", "MAR", "Marlstow", "", "External areas", "patch", "Patch the yard", 2027, 300.0),
    (1.0, "a.renew", "a", "ELL", "Ellerwick", "ELL-1", "Roofs", "renew", "Renew the roof", 2028, 700.0),
    (1.0, "b.patch", "b", "MAR", "Marlstow", "", "External areas", "patch", "Patch the yard", 2026, 290.0),
    (1.5, "a.renew", "a", "ELL", "Ellerwick", "ELL-1", "Roofs", "renew", "Renew the roof", 2026, 650.0),
    (1.5, "c.renew", "c", "MAR", "Marlstow", "MAR-1", "Electrical services", "renew", "Rewire", 2030, 750.0)],
    columns=["share_of_today", "scheme_id", "need", "school_id", "school_name", "block_id", "element", "kind", "description",
             "start_year", "cost_gbp"])
RULES = pd.DataFrame([("the floor under the reserves", 2000.0, 150.0, 200.0)],
                     columns=["rule", "value_without_gbp", "price_least_gbp", "price_most_gbp"])


@pytest.fixture
def explored():
    return Explored(FRAME.copy(), RULES.copy(), CHOSEN.copy(), dict(FACTS))


def data_of(page):
    """What the script reads, as a browser finds it: up to the first end of a script element."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1))


def test_what_the_next_pound_avoids_by_hand():
    # 800 more for 500 more; proofs allow (1800 - 1010) / 500 to (1800 - 1000) / 500.
    assert next_pound(FRAME, 1) == "£1.60 (£1.58 to £1.60)"
    assert next_pound(FRAME, 2) == "£0.60 (£0.60 to £0.70)"
    assert next_pound(FRAME, 0) == next_pound(FRAME, 3) == "", "no programme before, none after"


def test_what_is_said_of_an_envelope_and_of_today():
    assert spoken(FRAME, 3, FACTS) == ("£1.5k (50% more than today's): 2 schemes, £2.1k of loss avoided, backlog of £800 at "
                                       "the end, £100 less than today's £900; 40 pupil-days of closure expected.")
    assert "(today's money): 3 schemes" in spoken(FRAME, 2, FACTS) and "£100 more than" in spoken(FRAME, 2, FACTS)
    assert spoken(FRAME, 0, FACTS) == "£250 (75% less than today's): no programme obeys all the rules."
    assert programme_words(FRAME, "ten years") == (
        "Today's money, £1.0k over ten years, pays for 3 schemes that avoid £1.8k of expected loss. £500 more would avoid "
        "£300 more. £500 less would give up £800 of that.")


def test_figures_stand_beside_those_of_today(explored):
    points = explorer_data(explored)["points"]
    cells = {measure.column: points[3]["cells"][place] for place, measure in enumerate(MEASURES)}
    assert cells["value_gbp"] == ("£2,100", "+£300") and cells["schemes"] == ("2", "-1")
    assert cells["backlog_end_gbp"] == ("£800", "-£200") and cells["gap"] == ("2.3%", "")
    assert [apart for _, apart in points[2]["cells"]] == [""] * len(MEASURES), "today is not compared with itself"
    assert {text for text, _ in points[0]["cells"][1:-1]} == {"no programme"} and points[0]["reason"]


def test_the_schemes_of_each_envelope_add_up_to_what_it_spends(explored):
    data = explorer_data(explored)
    assert data["spent"] == [[0, 0], [180, 300], [700, 290], [650, 750]] and data["schools"] == ["Ellerwick", "Marlstow"]
    for place, spent in enumerate(data["spent"]):
        listed = [sum(costs[years[place]] for school, *_, years, costs in data["schemes"]
                      if school == number and years[place] != ".") for number in range(2)]
        assert listed == spent
    assert [each[5] for each in data["schemes"]] == [".a..", "..ca", ".ba.", "...e"] and data["first"] == 2026


def test_more_schemes_than_the_page_can_hold_are_counted_the_smallest_left_out(explored):
    count = MOST_SCHEMES + 7
    rows = [(1.0, f"s{number}", f"n{number}", f"K{number % 100}", "A school with a long name " * 3, f"B-{number}", "Roofs",
             "renew", "Renew", 2026 + number % 10, 1000.0 + number) for number in range(count)]
    big = Explored(explored.frame, explored.rules, pd.DataFrame(rows, columns=CHOSEN.columns), explored.facts)
    data = explorer_data(big)
    assert len(data["schemes"]) == MOST_SCHEMES and data["left_out"] == [0, 0, 7, 0] and len(data["schools"]) == 100
    assert min(cost for *_, costs in data["schemes"] for cost in costs.values()) == 1007
    assert sum(data["spent"][2]) == sum(1000 + number for number in range(count)), "the totals have them all"
    assert len(explorer_html(big).encode()) < 500_000


def test_a_name_cannot_leave_its_place(explored):
    explored.chosen["school_name"] = NASTY
    explored.frame.loc[0, "reason"] = NASTY
    explored.facts["trust"] = explored.facts["scenario"] = NASTY
    page = explorer_html(explored)
    assert page.count("<script") == 2 and page.count("</script") == 2 and "<!--" not in page and "<img" not in page
    assert data_of(page)["schools"][0].startswith("</script><script>alert(1)"), "and the script still reads it as it is"
    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(script_json({"name": NASTY}))
    assert not re.findall(r"<\w[^>]*\s(?:src|href|action)=", page) and "default-src 'none'" in page, "no network is asked"


@pytest.mark.parametrize("rows", [[(1.0, 0, 0, 0, 0, 0, 0, 0, 0)], [(0.5, 5, *[None] * 7), (1.0, 10, *[None] * 7)],
                                  [(0.9, 5, 4, 1, 3, 3, 2, 1, 0), (1.1, 10, 4, 1, 3, 3, 2, 1, 0)]],
                         ids=["one envelope and nothing to do", "no programme at all", "without today's money"])
def test_awkward_envelopes_make_a_page(rows):
    none = Explored(frame_of(rows), RULES.head(0), CHOSEN.head(0), FACTS)
    page = explorer_html(none)
    assert "no rules whose price" in page and "has no envelope_schemes.csv" in page and "nan" not in page.lower()


def write_folder(folder, explored):
    """A folder as capplan envelopes writes it."""
    for name, table in (("envelopes", explored.frame), ("envelope_schemes", explored.chosen), ("rules", explored.rules)):
        write_frame(table, folder / f"{name}.csv")
    write_json(explored.facts, folder / "envelopes.json")
    return folder


def test_a_folder_read_back_makes_the_same_page(tmp_path, explored):
    assert explorer_html(read_envelopes(write_folder(tmp_path, explored))) == explorer_html(explored)


def test_everything_wrong_with_a_folder_is_told_at_once(tmp_path, explored):
    write_folder(tmp_path, explored)
    (tmp_path / "envelopes.json").write_text('{"trust": 5}', encoding="utf-8")
    text = (tmp_path / "envelope_schemes.csv").read_text(encoding="utf-8").replace("1.5,c.renew", "7,c.renew")
    (tmp_path / "envelope_schemes.csv").write_text(text.replace("180.0", "much"), encoding="utf-8")
    with pytest.raises(DataError) as found:
        read_envelopes(tmp_path)
    told = str(found.value)
    assert "cost_gbp  got 'much'" in told and "price_base" in told and "notes" in told
    with pytest.raises(DataError, match=r"no envelopes\.csv"):
        read_envelopes(tmp_path / "elsewhere")


def test_the_command_makes_the_page_of_a_folder_and_of_nothing_else(tmp_path, explored, capplan, tiny_results):
    folder = tmp_path / "envelopes"
    folder.mkdir()
    write_folder(folder, explored)
    done = capplan("report", folder, "--for", "cfo", "--out", tmp_path / "page.html")
    assert done.exit_code == 0 and (tmp_path / "page.html").read_text(encoding="utf-8") == explorer_html(explored)
    done = capplan("report", tiny_results, "--for", "cfo", "--out", tmp_path / "other.html")
    assert done.exit_code == 2 and "capplan envelopes" in done.stderr and not (tmp_path / "other.html").exists()


def ink(png, below=0.9):
    """How many pixels of a picture are darker than white, or than the shade given."""
    from matplotlib.image import imread
    return int((imread(io.BytesIO(png))[..., :3].min(axis=2) < below).sum())


def test_the_page_in_a_browser(tmp_path, explored, chromium):
    """Arrow keys move every figure, nothing is blank, no console error, no serious barrier, and a table without script."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    explored.chosen.loc[explored.chosen.school_id == "ELL", "school_name"] = NASTY
    (tmp_path / "page.html").write_text(explorer_html(explored), encoding="utf-8")
    page, said = chromium.new_page(viewport={"width": 1000, "height": 900}), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto((tmp_path / "page.html").as_uri())
    assert "(today's money): 3 schemes" in page.inner_text("#said")
    page.focus("#money")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#here-3") == "£2,100" and page.inner_text("#apart-3") == "+£300"
    assert page.get_attribute("#money", "aria-valuetext") == page.inner_text("#said") == spoken(FRAME, 3, FACTS)
    assert page.inner_text("#changes-said").startswith(
        "Against today's money: 1 need more met, 1 need no longer met, 0 met by other works, 1 in another year.")
    schools = {row[0]: row[1:] for row in (line.split("\t") for line in page.inner_text("#by-school").splitlines())}
    assert schools["Marlstow"] == ["£750", "£290", "+£460", "1", "1", "0", "0"]
    assert [row[2] for name, row in schools.items() if name != "Marlstow"] == ["-£50"]
    assert set(page.locator("#lists li").all_text_contents()) == {
        "Earlier: Roofs, ELL-1: renew, 2026-27 and not 2028-29, £650",
        "Comes in: Electrical services, MAR-1: renew, 2030-31, £750",
        "Goes out: External areas, grounds: patch, 2026-27, £290"}
    assert page.get_attribute("#mark-loss circle", "cx") == "466", "the mark stands at the right end of the chart"
    page.check("#with-below")
    page.click("#less")
    assert "1 met by other works" in page.inner_text("#changes-said"), "against the envelope below: patch or renew"
    assert NASTY.split("\u2028")[0] in page.inner_text("#by-school"), "a name is text"
    for name in ("loss", "next", "backlog", "pupils"):
        assert ink(page.locator(f"#chart-{name}").screenshot()) > 1500, name
    bars = page.locator("#chart-next").screenshot()
    assert ink(bars) - ink(bars, 0.75) > 15_000 and ink(bars, 0.75) > 10_000, "bars are filled, and hatched"
    worst = [found["id"] for found in axe.Axe().run(page).response["violations"]
             if found["impact"] in ("serious", "critical")]
    page.focus("#money")
    page.keyboard.press("Home")
    assert page.inner_text("#reason") == FRAME.reason[0] and "nothing to compare" in page.inner_text("#changes-said")
    assert said == [] and worst == []
    page.close()


def test_without_script_every_figure_is_in_a_table(tmp_path, explored, chromium):
    (tmp_path / "page.html").write_text(explorer_html(explored), encoding="utf-8")
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert not page.is_visible("#money") and page.is_visible("#chart-loss")
    text = page.inner_text("main")
    for expected in ("£250 (25%)", "£2,150", "£1.60 (£1.58 to £1.60)", "The floor under the reserves",
                     "a script, which this"):
        assert expected in text
    page.context.close()
