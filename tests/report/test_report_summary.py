import base64
import re
from html.parser import HTMLParser

import pytest

from capplan.report import charts, words
from capplan.report import page_tables as tables
from capplan.report.common_money import unspent_by_vintage
from capplan.report.needs import deferred_needs
from capplan.report.results import read_results
from capplan.report.summary import answer, gain_words, proof, summary_html, summary_text


class Page(HTMLParser):
    """What a browser would make of a page: its tags, its images and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.images, self.words, self.open, self.rows = [], [], [], [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.rows and self.open and self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def fits(text):
    lines = text.splitlines()
    return len(lines) <= 40 and max(map(len, lines)) <= 100


def test_screen_fits_and_says_gain_gap_and_notes(results):
    text = summary_text(results)
    assert fits(text)
    assert "Larkrise Learning Trust" in text
    assert "within 0.05% of the best possible (gap 0.05%)" in text
    assert f"{words.pounds(0.2 * results.solution['objective'])} more expected loss avoided (25%)" in text
    assert "n/a: the rule does not meet every must-do and lower limit" in text
    assert "no gain" in text
    flat = " ".join(text.split())
    for note in results.solution["notes"]:
        assert note.split(":")[0] in flat


def test_notes_come_before_the_figures(results, page):
    note = results.solution["notes"][0]
    text = summary_text(results)
    assert text.index(note[:40]) < text.index("expected loss")
    assert page.text.index(note) < page.text.index("The programme in charts")


@pytest.mark.parametrize(("schools", "schemes", "years"), [(2, 4, 1), (12, 40, 30), (148, 900, 10)])
def test_screen_fits_whatever_the_size(make_results, change_solution, schools, schemes, years):
    folder = make_results("sized", schools=schools, schemes=schemes, years=years)
    assert fits(summary_text(read_results(folder)))
    change_solution(folder, trust="A Very Long Name of a Trust " * 9,
                    notes=[f"Assumption number {number}. " + "It matters to the reader. " * 9 for number in range(30)])
    text = summary_text(read_results(folder))
    assert fits(text)
    shown = len(re.findall("Assumption number", text))
    assert f"and {30 - shown} more notes in solution.json" in text
    assert words.year_label(2026) in text and words.year_label(2025 + years) in text


def test_screen_says_which_years_it_leaves_out(make_results):
    text = summary_text(read_results(make_results("long", years=30)))
    shown = len(re.findall(r"^20\d\d-\d\d ", text, re.MULTILINE))
    assert f"... {30 - shown} more years in the folder" in text


def test_page_prints_every_note_and_the_answer(results, page):
    for note in results.solution["notes"]:
        assert note in page.text
    assert "stands in for figures the trust has not given" in page.text
    funded = results.funded
    assert f"{len(funded)} schemes for {words.money(funded.cost_gbp.sum())} are funded at" in page.text
    assert f"avoids an expected loss of {words.money(results.solution['objective'])}" in page.text


def test_page_has_its_charts_each_with_a_sentence_and_its_figures(results, page):
    assert len(page.images) == len(charts.CHARTS) == 7
    for image, (draw, _, alt) in zip(page.images, charts.CHARTS, strict=True):
        assert image["alt"] == alt(results)
        kind, data = image["src"].split(",")
        assert kind == "data:image/svg+xml;base64"
        assert base64.b64decode(data) == charts.svg(draw, results)
    tags = [tag for tag, _ in page.tags]
    first_image = tags.index("img")
    last_image = len(tags) - tags[::-1].index("img")
    assert tags[first_image:].count("details") >= 6
    assert "table" in tags[last_image:last_image + 4]


def test_tables_have_captions_and_scopes(page):
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption") >= 11
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert not page.open
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip(levels, levels[1:], strict=False))
    identifiers = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(identifiers) == len(set(identifiers))
    assert ("html", {"lang": "en-GB"}) in page.tags


def test_every_row_of_a_table_has_its_columns(page):
    lengths = {len(row) for row in page.rows}
    assert max(lengths) <= 12


def test_programme_table_lists_every_funded_scheme_with_its_pots(results, page):
    listed = {row[0]: row for row in page.rows if row}
    for scheme in results.funded.itertuples():
        assert listed[scheme.scheme_id][5] == words.pounds(scheme.cost_gbp)
        assert words.pounds(0.25 * scheme.cost_gbp) in listed[scheme.scheme_id][6]
    for need in deferred_needs(results).itertuples():
        assert listed[need.scheme_id][6] == words.pounds(need.value_gbp)


def test_page_reaches_for_nothing_outside(html):
    html = re.sub(r"base64,[^\"]*", "", html)
    assert "http" not in html and "//" not in html
    assert not re.search(r"<script|<link|<iframe|@import|url\(|\bon\w+=", html)


@pytest.mark.slow
def test_page_has_the_same_bytes_twice(html, results_folder):
    assert summary_html(read_results(results_folder)) == html


def test_a_name_cannot_become_markup(results_folder, change_table, change_solution):
    nasty = "<script>alert(1)</script>\"'&"
    change_table(results_folder, "schools", lambda frame: frame.assign(name=nasty))
    change_table(results_folder, "schemes", lambda frame: frame.assign(
        school_name=nasty, reason=nasty, description=nasty, block_id=nasty, element=nasty))
    change_table(results_folder, "elements", lambda frame: frame.assign(element=nasty).head(1))
    change_solution(results_folder, trust=nasty, notes=[nasty], scenario=nasty, inputs={nasty: nasty},
                    baselines=[{"rule": nasty, "value_gbp": 1.0, "feasible": True}])
    html = summary_html(read_results(results_folder))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    page = Page(html)
    assert nasty in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert set(page.images[0]) == {"alt", "src"}


@pytest.mark.slow
def test_page_of_148_schools_weighs_under_a_megabyte_and_a_half(make_results):
    results = read_results(make_results("large", schools=148, schemes=6000))
    html = summary_html(results)
    assert len(html.encode()) < 1_500_000
    page = Page(html)
    left = len(results.funded) - 500
    said = [int(count.replace(",", "")) for count in re.findall(r"of which ([\d,]+) smaller", page.text)]
    assert left > 0 and sum(said) == left
    deferred = len(deferred_needs(results)) - 30
    assert f"and {deferred:,} more" in page.text


@pytest.mark.slow
def test_more_than_sixty_pots_are_added_up(make_results):
    results = read_results(make_results("pots", schools=3, schemes=200, years=25))
    page = Page(summary_html(results))
    total = next(row for row in page.rows if row[:1] == ["Total"] and len(row) > 4 and row[1].isdigit())
    assert total[1] == "76"
    assert total[3] == words.pounds(results.cashflow.out_gbp.sum())


@pytest.mark.parametrize(("changes", "words_of_it"), [
    ({"gap": 0.0}, "Proved to be the best possible (gap 0%)."),
    ({"gap": 0.0005}, "Proved to be within 0.05% of the best possible"),
    ({"gap": 0.023, "status": "time limit"}, "within 2.3% of the best possible (gap 2.3%). The search stopped early"),
    ({"gap": None, "status": "time limit"}, "not known")])
def test_proof_in_words(results, changes, words_of_it):
    assert words_of_it in proof({**results.solution, **changes})


def test_rule_that_does_better_is_not_hidden(results_folder, change_solution, results):
    better = results.solution["objective"] + 1_000
    change_solution(results_folder, baselines=[{"rule": "worst first", "value_gbp": better, "feasible": True}])
    assert gain_words(read_results(results_folder))[0][1].startswith("no gain: the rule does better by £1,000")


def test_must_do_work_left_out_is_a_warning(results_folder, change_table, monkeypatch):
    monkeypatch.setattr(charts, "CHARTS", ())  # what is drawn is not asked about here
    change_table(results_folder, "schemes", lambda frame: frame.assign(
        must_do=["yes" if group == "G0002" else must for group, must in
                 zip(frame.exclusion_group, frame.must_do, strict=True)]))
    results = read_results(results_folder)
    assert "WARNING: 1 of 3 must-do needs not met." in summary_text(results)
    assert "WARNING: 1 of 3 must-do needs not met." in summary_html(results)


def test_empty_plan_has_both_pages(results_folder, change_table):
    change_table(results_folder, "schemes", lambda frame: frame.assign(start_year=""))
    change_table(results_folder, "draws", lambda frame: frame.iloc[:0])
    change_table(results_folder, "reserves", lambda frame: frame.iloc[:0])
    results = read_results(results_folder)
    assert "0 schemes for £0" in summary_text(results)
    assert "This plan has no reserves" in summary_html(results)


def test_the_ledger_is_a_sentence_and_a_table_that_adds_up_to_nothing(results, page):
    """Schools of 750,000 each: 37,500 of top slice and 30,000 of services a year, so who has works of 75,000 gains."""
    works = results.ledger[results.ledger.school_id != ""].groupby("school_id").works_gbp.sum()
    gain = int((works > 75_000).sum())
    (sentence,) = [text for text in answer(results) if text.startswith("Of the trust's own money")]
    assert f"{words.counted(gain, 'school')} of 12" in sentence and sentence in page.text
    nets = tables.ledger_table(results)["groups"][0][1]
    assert len(nets) == 13 and nets[-1][0] == "Centre"
    amounts = [int(row[5].replace("\N{POUND SIGN}", "").replace(",", "")) for row in nets]
    assert amounts[:-1] == sorted(amounts[:-1], reverse=True) and abs(sum(amounts)) <= len(amounts)


def test_a_ledger_that_does_not_know_contributions_says_so_and_claims_nothing(results_folder, change_table):
    change_table(results_folder, "ledger", lambda frame: frame.assign(
        **dict.fromkeys(("top_slice_gbp", "pooled_gbp", "contributed_gbp", "received_gbp", "net_gbp"), "")))
    results = read_results(results_folder)
    assert not [text for text in answer(results) if "own money" in text]
    table = tables.ledger_table(results)
    assert "not known without a budget by school" in table["caption"] and table["groups"][0][1][0][1] == "not known"


def test_what_is_left_of_each_vintage_is_the_cash_flow(results_folder, change_table):
    """Every grant of the folder lapses in its year; with a tenth of SCA 2026 kept instead, that is what is left."""
    before = read_results(results_folder)
    lost = before.cashflow.set_index("pot_id").lapsed_gbp["SCA-2026"]
    change_table(results_folder, "cashflow", lambda frame: frame.assign(
        closing_gbp=frame.closing_gbp.where(frame.pot_id != "SCA-2026", str(lost)),
        lapsed_gbp=frame.lapsed_gbp.where(frame.pot_id != "SCA-2026", "0")))
    table, lapsed = unspent_by_vintage(read_results(results_folder))
    assert table.loc["SCA 2026-27"].tolist() == pytest.approx([lost, *[0.0] * 9]) and lapsed["SCA 2026-27"] == 0
    assert lapsed.sum() == pytest.approx(before.cashflow.lapsed_gbp.sum() - lost)
