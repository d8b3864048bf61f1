"""The findings of a forecast on one screen, for an estates manager."""

import textwrap

from ..condition.suitability import NOT_ASSESSED

SHOWN = 8


def findings_text(outlook, frames, facts):
    """The findings in words and figures.

    Parameters
    ----------
    outlook : Outlook
    frames : dict of DataFrame
        As ``condition_job.forecast_folder`` makes them.
    facts : dict
        What stands in ``forecast.json``.

    Returns
    -------
    str
    """
    parts = [str(outlook), _bands(frames["bands"], facts), _first_to_fail(frames["risk"]), _matrix(frames["risk_matrix"]),
             _sole(frames["risk"]), _rebuild(frames["blocks"]), _surveys(frames, facts), _duties(frames),
             _levels(frames["service_levels"], outlook), _suitability(frames["suitability"]),
             "Notes\n" + "\n".join(f"  - {note}" for note in facts["notes"])]
    lines = [line for part in parts if part for line in [*part.split("\n"), ""]]
    return "\n".join(wrapped for line in lines for wrapped in _wrapped(line)).rstrip()


def _wrapped(line):
    """A line of prose wrapped for a screen; tables, which start with two blanks, as they are."""
    if line.startswith("  - "):
        return textwrap.wrap(line, 118, subsequent_indent="    ")
    return textwrap.wrap(line, 118) if line and not line.startswith("  ") else [line]


def _bands(bands, facts):
    trust = bands[bands.school_id == ""]
    first, middle, end = facts["first_year"], facts["first_year"] + facts["years"] // 2, facts["first_year"] + facts["years"]
    rows = []
    for measure, label, money, years in (
            ("backlog_gbp", "backlog at C to E, £m", 1e6, (first, middle, end)),
            ("failures", "failures in the year", 1, (first, middle, end - 1)),
            ("pupil_days", "pupil-days of closure", 1, (first, middle, end - 1))):
        for year in dict.fromkeys(years):
            row = trust[(trust.measure == measure) & (trust.year == year)].iloc[0]
            form = "12,.1f" if money > 1 else "12,.0f"
            figures = [format(value / money, form) for value in (row.p10, row.p50, row.p90)]
            rows.append(f"  {label:24}{_year(year, end):>10}" + "".join(figures))
    head = f"({facts['replicates']} futures; nine in ten lie below P90)"
    return (f"If nothing is done, in {facts['price_base']} prices {head}\n"
            f"  {'':24}{'':>10}{'P10':>12}{'P50':>12}{'P90':>12}\n" + "\n".join(rows)
            + f"\n{_share(facts['modelled_share_of_backlog'])} of the backlog at the start is estimated, not surveyed.")


def _share(share):
    return "Less than 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _year(year, end):
    return "the end" if year == end else f"{year}-{(year + 1) % 100:02d}"


def _first_to_fail(risk):
    rows = [f"  {row.component_id:16}{row.element[:24]:26}{row.grade:4}{row.failure_probability:9.0%}"
            f"{row.years_to_failure:9.1f}{row.loss_at_failure_gbp:13,.0f}"
            f"{_blank(row.pupil_days_at_failure, '10,.0f', 10)}{_blank(row.loss_if_delayed_gbp, '12,.0f', 12)}"
            for row in risk.head(SHOWN).itertuples()]
    return ("What loses most by waiting a year (all components are in risk.csv)\n"
            f"  {'component':46}{'fails':>9}{'years to':>9}{'a failure':>13}{'pupil-':>10}{'delay':>12}\n"
            f"  {'':46}{'in year':>9}{'failure':>9}{'loses £':>13}{'days':>10}{'loses £':>12}\n" + "\n".join(rows))


def _blank(value, form, width):
    return format(value, form) if value == value else " " * width


def _matrix(matrix):
    columns = list(matrix.columns[1:])
    head = f"  {matrix.columns[0]:20}" + "".join(f"{name:>21}" for name in columns)
    rows = [f"  {row.iloc[0]:20}" + "".join(f"{number:21,}" for number in row.iloc[1:]) for _, row in
            matrix.iloc[::-1].iterrows()]
    return ("Components by chance of failure and what a failure loses (for showing; nothing is worked out from it)\n"
            + "\n".join([head, *rows]))


def _sole(risk):
    sole = risk[risk["sole"]]
    if not len(sole):
        return "Single points of failure: none are marked in the components table (column sole)."
    rows = [f"  {row.component_id:16}{row.element[:24]:26}{row.block_id:14}{row.grade:4}{row.failure_probability:9.0%}"
            for row in sole.head(SHOWN).itertuples()]
    return f"Single points of failure: {len(sole)}\n" + "\n".join(rows)


def _rebuild(blocks):
    wanted = blocks[blocks.rebuild_or_repair != "repair"].sort_values("repair_share", ascending=False)
    temporary = blocks[blocks.temporary != ""]
    said = [f"  {row.block_id:14}{row.rebuild_or_repair}" for row in wanted.head(SHOWN).itertuples()]
    text = f"Rebuild or repair: {len(wanted)} of {len(blocks)} blocks pass the test for looking at rebuilding"
    text += "\n" + "\n".join(said) if said else "."
    if len(temporary):
        text += "\n\nTemporary blocks\n" + "\n".join(f"  {row.block_id:14}{row.temporary}" for row in temporary.itertuples())
    return text


def _surveys(frames, facts):
    order, blocks = frames["survey_next"], frames["blocks"]
    old = blocks.survey.ne("in date and every element covered").sum()
    rows = [f"  {row.rank:4}  {row.block_id:14}{row.worth_gbp:11,.0f}{row.cost_gbp:9,.0f}  {row.reason}"
            for row in order.head(SHOWN).itertuples()]
    return (f"Survey next (where a pound elsewhere is worth £{facts['bar_per_gbp']:.2f})\n"
            f"  {'':4}  {'block':14}{'worth £':>11}{'cost £':>9}\n" + "\n".join(rows) + "\n"
            f"{old} of {len(blocks)} blocks fall short of the guidance of February 2026 on surveys (blocks.csv says how).")


def _duties(frames):
    duties, missing = frames["duties"], frames["no_record"]
    overdue = duties[duties.days_overdue.fillna(1) > 0] if len(duties) else duties
    remedial = duties.remedial_cost_gbp.fillna(0).sum() if len(duties) else 0.0
    known = missing[missing.verdict.str.startswith("no record")]
    return (f"Statutory duties: {len(duties):,} on record, {len(overdue):,} of them overdue at the start; "
            f"£{remedial:,.0f} of remedial works found. No record at all for {len(known):,} duties that apply "
            "(no_record.csv): no record is not compliance.")


def _levels(levels, outlook):
    targets = outlook.scenario.targets
    if targets.most_condition_index is None and targets.most_share_at_d is None:
        return "Service levels: the scenario sets none ([targets])."
    missed = levels[levels.missed != ""]
    return (f"Service levels: {len(missed)} of {len(levels)} schools would miss them at the end if nothing is done: "
            + (", ".join(missed.school_id) or "none") + ".")


def _suitability(frame):
    schools = frame[frame.block_id == ""]
    bad = schools[schools.worst >= 3]
    unknown = (schools.words == NOT_ASSESSED).mean()
    named = "; ".join(f"{row.school_id} {row.criterion} ({row.words})" for row in bad.itertuples())
    return (f"Suitability: {unknown:.0%} of criteria are not assessed at school level; poor or bad: "
            f"{named or 'none on record'}.")
