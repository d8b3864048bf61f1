"""The findings on one screen: every figure on it stands in the tables, whatever an estate has or lacks."""

import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from capplan import condition_job, forecast, read_estate, read_scenario
from capplan.findings import compliance_frames, service_levels, suitability_frame
from capplan.report import findings_text as page

from ..plain import rows
from ..test_outlook import add, changed, edit, enrich, write

WIDEST = 120


@pytest.fixture(scope="session")
def told(tmp_path_factory):
    """Forecasts a folder as the command does: the text, the tables as made, the facts and the outlook."""
    def run(estate, overlay="", *overlays, replicates=8):
        folder = tmp_path_factory.mktemp("found")
        scenario = "baseline.toml"
        if overlay:
            (folder / "own.toml").write_text(f'extends = "baseline"\nname = "own"\ndescription = "Own."\n{overlay}',
                                             encoding="utf-8")
            scenario = folder / "own.toml"
        made = {}
        whole = condition_job.findings_text
        try:
            condition_job.findings_text = lambda outlook, frames, facts: made.update(
                outlook=outlook, frames=frames, facts=facts) or whole(outlook, frames, facts)
            text = condition_job.forecast_folder(estate, scenario, overlays, folder, replicates, 5)
        finally:
            condition_job.findings_text = whole
        return text, made["frames"], made["facts"], made["outlook"]
    return run


@pytest.fixture(scope="session")
def rich(root, told, tmp_path_factory):
    """An estate with some of everything, and service levels."""
    folder = enrich(shutil.copytree(root / "data" / "tiny", tmp_path_factory.mktemp("rich") / "estate"))
    add(folder, "suitability", school_id="MAR", block_id="MAR-1-A", criterion="access", score="4", assessed="2024-03-01")
    add(folder, "suitability", school_id="ELL", block_id="", criterion="location", score="1", assessed="2020-03-01")
    common = {"site_id": "ELL-1", "block_id": "", "finding": "", "remedial_cost_gbp": "", "cost_price_base": ""}
    add(folder, "compliance", item_id="late", duty_id="FIRE-RISK", **common | {"last_done": "", "due": "2026-08-22"})
    add(folder, "compliance", item_id="never", duty_id="FIRE-ALARM", **common | {"last_done": "", "due": ""})
    add(folder, "compliance", item_id="open", duty_id=no_cycle(), **common | {"last_done": "2025-01-01", "due": ""})
    return told(folder, "[targets]\nmost_condition_index = 0.2\n")


def no_cycle():
    """A duty without a fixed cycle that is in force already."""
    from ..plain import figures
    return next(row["duty_id"] for row in figures("compliance_duties")
                if not row["cycle_months"] and row["in_force_from"] < "2020")


def part_of(text, first):
    """The paragraph that starts with these words."""
    return next(part for part in text.split("\n\n") if part.startswith(first))


def cells(line, *names):
    """Whether a line of a table has these figures, each as a word of its own."""
    words = line.split()
    return all(name in words for name in names)


def fits(text):
    """Prose is at most 120 characters wide; tables, which start with two blanks, may be wider."""
    return all(len(line) <= WIDEST for line in text.splitlines() if not line.startswith("  ")) and all(
        line == line.rstrip() for line in text.splitlines())


# --- every figure ----------------------------------------------------------------------------------------------------


def test_the_bands_on_the_screen_are_those_of_the_trust(rich):
    text, frames, facts, _ = rich
    bands = frames["bands"][frames["bands"].school_id == ""].set_index(["measure", "year"])
    lines = part_of(text, "If nothing is done").splitlines()
    for label, measure, unit, form, years in (
            ("backlog at C to E, £m", "backlog_gbp", 1e6, ",.2f", {"2026-27": 2026, "2031-32": 2031, "the end": 2036}),
            ("components that fail", "failures", 1, ",.0f", {"2026-27": 2026, "2031-32": 2031, "2035-36": 2035}),
            ("pupil-days of closure", "pupil_days", 1, ",.0f", {"2026-27": 2026, "2031-32": 2031, "2035-36": 2035})):
        for said, year in years.items():
            line = next(line for line in lines if label in line and said in line)
            row = bands.loc[(measure, year)]
            assert line.split(said)[1].split() == [format(row[name] / unit, form) for name in ("p10", "p50", "p90")]
    assert f"of {facts['replicates']} futures" in lines[0] and "2026 prices" in lines[0]


def test_what_loses_most_is_the_top_of_the_risk_table(rich):
    text, frames, _, _ = rich
    lines = part_of(text, "What loses most").splitlines()[3:-1]
    assert len(lines) == page.SHOWN
    for line, row in zip(lines, frames["risk"].itertuples(), strict=False):
        chance = "under 1%" if 0 < row.failure_probability < 0.01 else f"{row.failure_probability:.0%}"
        years = f"{row.years_to_failure:.1f}" if row.years_to_failure == row.years_to_failure else row.grade  # or never
        assert cells(line, row.component_id, row.grade, years, f"{row.loss_at_failure_gbp:,.0f}",
                     f"{row.pupil_days_at_failure:,.0f}", f"{row.loss_if_delayed_gbp:,.0f}") and chance in line
        assert row.loss_if_delayed_gbp > 0


def test_the_matrix_on_the_screen_is_the_matrix(rich):
    text, frames, _, outlook = rich
    lines = part_of(text, "Components by chance").splitlines()[2:]
    shown = [[int(cell) for cell in line[22:].split()] for line in lines]
    assert shown == frames["risk_matrix"].drop(columns="chance in a year").to_numpy()[::-1].tolist()
    assert sum(map(sum, shown)) == len(outlook.parts) and lines[0].strip().startswith("30% and more")


def test_single_points_of_failure_and_blocks_are_those_of_the_tables(rich):
    text, frames, _, _ = rich
    sole = frames["risk"][frames["risk"]["sole"]]
    part = part_of(text, "Single points").splitlines()
    assert part[0] == f"Single points of failure: {len(sole)}" and len(part) == 2 + len(sole) == 4
    assert all(cells(line, row.component_id, row.block_id, row.grade)
               for line, row in zip(part[2:], sole.itertuples(), strict=True))
    blocks = frames["blocks"]
    wanted = blocks[blocks.rebuild_or_repair != "repair"].sort_values("repair_share", ascending=False)
    part = part_of(text, "Rebuild or repair").splitlines()
    assert f"{len(wanted)} of {len(blocks)} blocks" in part[0] and "40%" in part[0] and len(wanted) > 0
    assert [line.split()[0] for line in part[1:]] == wanted.block_id.tolist()
    temporary = {line.split()[0]: line.split(maxsplit=1)[1] for line in part_of(text, "Temporary").splitlines()[1:]}
    assert temporary == {row.block_id: row.temporary for row in blocks.itertuples() if row.temporary} and len(temporary) == 2


def test_surveys_on_the_screen_are_in_the_order_of_the_table(rich):
    text, frames, facts, _ = rich
    part = part_of(text, "Survey next").splitlines()
    order = frames["survey_next"]
    assert f"£{facts['bar_per_gbp']:.2f}" in part[0]
    for line, row in zip(part[2:2 + min(len(order), page.SHOWN)], order.itertuples(), strict=False):
        assert cells(line, str(row.rank), row.block_id, f"{row.worth_gbp:,.0f}", f"{row.cost_gbp:,.0f}")
        assert line.endswith(row.reason)
    short = (frames["blocks"].survey != "in date and every element covered").sum()
    assert part[-1].startswith(f"{short} of {len(order)} blocks")


def test_duties_are_counted_by_what_is_known_of_them(rich):
    """Overdue is a date that has passed. Never done is another thing, and without a due date nobody knows."""
    text, frames, _, _ = rich
    said = " ".join(part_of(text, "Statutory duties").split())
    start = pd.Timestamp("2026-09-01")
    duties = frames["duties"].set_index("item_id")
    late = [name for name, due in duties.due.items() if due < start]
    assert late == ["late"] and pd.isna(duties.due["open"]) and duties.due["never"] == start
    assert "7 on record, of which 1 overdue at the start, 1 never done and due, 1 without a due date" in said
    assert "£14,700 of remedial works found" in said  # 9,000 + 700 + 5,000
    lacking = frames["no_record"].verdict.str.startswith("no record").sum()
    assert f"no record in {lacking:,} cases" in said and 0 < lacking < len(frames["no_record"])


def test_a_duty_that_comes_into_force_later_is_not_due_yet(rich):
    _, frames, facts, _ = rich
    duties = frames["duties"].copy()
    never = duties.item_id == "never"
    duties.loc[never, "due"] = pd.Timestamp("2027-04-01")
    said = page._duties(frames | {"duties": duties}, facts)
    assert "0 never done and due" in said and "1 overdue" in said


def test_service_levels_and_suitability_name_what_is_in_the_tables(rich):
    text, frames, _, _ = rich
    missed = frames["service_levels"].query("missed != ''").school_id.tolist()
    said = " ".join(part_of(text, "Service levels").split())
    assert f"{len(missed)} of 2 schools" in said and said.endswith(", ".join(missed) + ".") and 0 < len(missed) < 3
    said = " ".join(part_of(text, "Suitability").split())
    assert "10 of 12 criteria of schools are not assessed" in said
    assert said.endswith("1 poor or bad: MAR access (bad: prevents teaching).")


def test_every_note_is_on_the_screen(rich):
    text, _, facts, _ = rich
    said = " ".join(part_of(text, "Notes").split())
    assert facts["notes"] and all(" ".join(note.split()) in said for note in facts["notes"])


def test_every_number_of_the_prose_and_tables_can_be_found_in_the_frames(rich):
    """What the tests above read one by one, as a whole: no figure from nowhere."""
    text, frames, facts, outlook = rich
    known = {str(facts["replicates"]), f"{facts['bar_per_gbp']:.2f}", str(len(outlook.parts)), "10", "50", "90", "12"}
    numbers = [frame[name].dropna() for frame in frames.values() for name in frame.select_dtypes("number")]
    for value in pd.concat([column.astype(float) for column in numbers]):
        for unit in (value, value / 1e6, value * 100):
            known |= {format(unit, form) for form in (",.0f", ".1f", ".2f")}
    words = " ".join([json.dumps(facts, default=str, ensure_ascii=False), str(outlook), *(
        str(cell) for frame in frames.values() for cell in [*frame.columns, *frame.select_dtypes(exclude="number").to_numpy(
            ).ravel()])])
    known |= set(re.findall(r"\d[\d,]*(?:\.\d+)?", words)) | {str(count) for count in range(40)}  # counts of rows
    # 30, the cent of 20xx-yy and years are words of dates.
    shown = re.findall(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])", text)
    strange = [number for number in shown if number.rstrip(",") not in known and not re.fullmatch(r"20\d\d|\d\d", number)]
    assert len(shown) > 100
    assert strange == ["14,700"], strange  # the sum of remedial works


def test_prose_is_no_wider_than_a_screen(rich):
    assert fits(rich[0]) and rich[0].count("\n") < 120


# --- whatever an estate has or lacks ---------------------------------------------------------------------------------


def test_an_estate_that_has_little_says_what_it_lacks(root, told):
    text, _, _, _ = told(root / "data" / "tiny")
    assert fits(text) and "nan" not in text.lower()
    assert "None of the backlog at the start is estimated" in text and "none are marked" in text
    assert part_of(text, "Statutory duties: none on record.") and "no record in 29 cases" in " ".join(text.split())
    assert "the scenario sets none" in text and "Suitability: nothing is on record" in text
    assert "in 0 of 3 blocks." in text and part_of(text, "Temporary blocks")


def test_a_plan_of_one_year_names_what_is_likeliest_to_fail(root, told):
    text, frames, _, _ = told(root / "data" / "tiny", "[plan]\nyears = 1\n")
    part = part_of(text, "What is likeliest to fail").splitlines()
    chances = frames["risk"].set_index("component_id").failure_probability
    shown = [line.split()[0] for line in part[3:-1]]
    assert shown == chances.sort_values(ascending=False, kind="stable").index[:page.SHOWN].tolist()
    assert shown[:2] == ["ELL-02", "MAR-01"] and "What loses most" not in text
    assert [line.split()[4:6] for line in text.splitlines() if "backlog at C" in line] and fits(text)


def test_an_estate_all_modelled_says_so(tiny, told):
    write(tiny / "components.csv", [row | {"surveyed": "modelled"} for row in rows(tiny / "components.csv")])
    text, _, facts, _ = told(tiny)
    assert facts["modelled_share_of_backlog"] == 1 and "All of the backlog at the start is estimated" in text
    assert "never surveyed" in part_of(text, "Survey next") and fits(text)


@pytest.mark.parametrize(("share", "words"), [
    (0.0, "None of"), (0.0004, "Less than 1% of"), (0.37, "37% of"), (1.0, "All of")])
def test_how_much_is_estimated_in_words(rich, share, words):
    text, frames, facts, outlook = rich
    assert f"\n{words} the backlog" in page.findings_text(outlook, frames, facts | {"modelled_share_of_backlog": share})


def test_pupils_nobody_has_counted_are_not_said_to_lose_no_day(tiny, told):
    for school in ("ELL", "MAR"):
        edit(tiny, "schools", school, pupils="")
    text, _, _, _ = told(tiny)
    line = next(line for line in text.splitlines() if "pupil-days of closure" in line)
    assert "not known" in line and not re.search(r"\b0\b", line) and fits(text)


def test_an_estate_of_grounds_only_and_one_that_has_been_left(root, tiny, told):
    write(tiny / "components.csv", [row for row in rows(tiny / "components.csv") if row["block_id"] == ""])
    text, _, _, _ = told(tiny)
    assert fits(text) and "every component may wait" in text and "nan" not in text.lower()
    assert "no component to tell what it is worth" in part_of(text, "Survey next")
    write(tiny / "blocks.csv", [row | {"planned_exit": "2025-08-31"} for row in rows(tiny / "blocks.csv")])
    text, _, _, _ = told(tiny)
    assert "no block is in use when the plan starts" in text and fits(text)
    write(tiny / "components.csv", [row for row in rows(root / "data" / "tiny" / "components.csv") if row["block_id"]])
    text, _, _, _ = told(tiny)
    assert "No component is in use" in text and "not known" not in text and fits(text)


def test_an_estate_in_good_condition_has_nothing_that_loses_by_waiting(tiny, told):
    blank = {"remedial_cost_gbp": "", "cost_price_base": "", "priority": "", "statutory": "no", "due_year": ""}
    write(tiny / "components.csv", [row | {"grade": "A"} | blank for row in rows(tiny / "components.csv")])
    text, frames, _, _ = told(tiny)
    assert frames["outlook"].backlog_gbp.iloc[0] == 0 and fits(text) and "nan" not in text.lower()


def test_long_lists_are_cut_and_say_how_many_there_are(rich):
    _, frames, facts, outlook = rich
    risk = frames["risk"].assign(sole=True)
    text = page.findings_text(outlook, frames | {"risk": risk}, facts)
    part = part_of(text, "Single points").splitlines()
    assert part[0].endswith(f"{len(risk)}, of which the first {page.SHOWN} are shown") and len(part) == 2 + page.SHOWN
    schools = frames["suitability"].assign(worst=pd.array([4] * len(frames["suitability"]), dtype="Int64"), words="bad")
    text = page.findings_text(outlook, frames | {"suitability": schools}, facts)
    said = " ".join(part_of(text, "Suitability").split())
    assert "12 poor or bad" in said and said.endswith("; and 4 more (suitability.csv).") and fits(text)


def test_no_notes_is_no_heading(rich):
    _, frames, facts, outlook = rich
    assert "Notes" not in page.findings_text(outlook, frames, facts | {"notes": []})


def test_targets_met_and_unmet_in_words(root):
    outlook = forecast(read_estate(root / "data" / "tiny"), read_scenario("baseline.toml"))
    for target, words in ((10.0, "0 of 2 schools would miss them at the end if nothing is done: none."),
                          (0.0, "2 of 2 schools would miss them at the end if nothing is done: ELL, MAR.")):
        held = replace(outlook, scenario=changed(outlook.scenario, targets={"most_condition_index": target}))
        assert page._levels(service_levels(held), held).endswith(words)
    assert "none on record" in page._duties(compliance_frames(outlook), {"first_year": 2026})
    assert "nothing is on record" in page._suitability(suitability_frame(outlook))
