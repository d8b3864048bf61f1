"""The findings of a forecast on one screen, for an estates manager."""

import textwrap

import numpy as np

from ..condition.compliance import NEVER, NO_RECORD
from ..condition.suitability import NOT_ASSESSED
from ..condition.survey_guidance import GOOD

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
    parts = [str(outlook), _bands(frames["bands"], facts, outlook), _first_to_fail(frames["risk"]),
             _matrix(frames["risk_matrix"]), _sole(frames["risk"]), _rebuild(frames["blocks"], outlook),
             _surveys(frames, facts), _duties(frames, facts), _levels(frames["service_levels"], outlook),
             _suitability(frames["suitability"]),
             "Notes\n" + "\n".join(f"  - {note}" for note in facts["notes"]) if facts["notes"] else ""]
    lines = [line for part in parts if part for line in [*part.split("\n"), ""]]
    return "\n".join(wrapped for line in lines for wrapped in _wrapped(line)).rstrip()


def _wrapped(line):
    """A line of prose wrapped for a screen; tables, which start with two blanks, as they are."""
    if line.startswith("  - "):
        return textwrap.wrap(line, 118, subsequent_indent="    ")
    return textwrap.wrap(line, 118) if line and not line.startswith("  ") else [line.rstrip()]


def _bands(bands, facts, outlook):
    trust = bands[bands.school_id == ""]
    first, middle, end = facts["first_year"], facts["first_year"] + facts["years"] // 2, facts["first_year"] + facts["years"]
    measures = [("backlog_gbp", "backlog at C to E, £m", 1e6, "12,.2f", (first, middle, end)),
                ("failures", "components that fail", 1, "12,.0f", (first, middle, end - 1)),
                ("pupil_days", "pupil-days of closure", 1, "12,.0f", (first, middle, end - 1))]
    nobody_knows = len(outlook.parts) > 0 and np.isnan(outlook.pupil_days).all()
    rows = []
    for measure, label, unit, form, years in measures[:2] if nobody_knows else measures:
        for year in dict.fromkeys(years):
            row = trust[(trust.measure == measure) & (trust.year == year)].iloc[0]
            figures = [format(value / unit, form) for value in (row.p10, row.p50, row.p90)]
            rows.append(f"  {label:24}{_year(year, end):>10}" + "".join(figures))
    if nobody_knows:
        rows.append(f"  {measures[2][1]:24}not known: the schools table does not say how many pupils there are")
    return (f"If nothing is done, in {facts['price_base']} prices (of {facts['replicates']} futures one in ten lies below "
            f"P10, nine in ten below P90)\n  {'':24}{'':>10}{'P10':>12}{'P50':>12}{'P90':>12}\n" + "\n".join(rows)
            + f"\n{_share(facts['modelled_share_of_backlog'])} of the backlog at the start is estimated, not surveyed.")


def _share(share):
    return "None" if share == 0 else "Less than 1%" if share < 0.01 else "All" if share == 1 else f"{share:.0%}"


def _chance(chance):
    """A chance in nine places; one that is small is not none."""
    return f"{'under 1%' if 0 < chance < 0.01 else f'{chance:.0%}':>9}"


def _year(year, end):
    return "the end" if year == end else f"{year}-{(year + 1) % 100:02d}"


def _first_to_fail(risk):
    if not len(risk):
        return "No component is in use when the plan starts, so none can fail."
    title = "What loses most by waiting a year (all components are in risk.csv)"
    legend = "Delay: loss no longer avoided if it is brought to grade A a year later. Pupil-days: of one failure."
    shown = risk[risk.loss_if_delayed_gbp > 0]
    if risk.loss_if_delayed_gbp.isna().all():
        title = "What is likeliest to fail (all components are in risk.csv; a plan of one year has no delay to compare)"
        legend = "Pupil-days: of one failure."
        shown = risk.sort_values("failure_probability", ascending=False, kind="stable")
    elif not len(shown):
        return "What loses most by waiting a year: nothing; every component may wait (risk.csv)."
    rows = [f"  {row.component_id:16}{row.element[:24]:26}{row.grade:6}{_chance(row.failure_probability)}"
            f"{_blank(row.years_to_failure, '10.1f', 10)}{row.loss_at_failure_gbp:13,.0f}"
            f"{_blank(row.pupil_days_at_failure, '10,.0f', 10)}{_blank(row.loss_if_delayed_gbp, '12,.0f', 12)}"
            for row in shown.head(SHOWN).itertuples()]
    return (f"{title}\n"
            f"  {'':48}{'fails in':>9}{'mean years':>11}{'a failure':>12}{'pupil-':>10}{'delay':>12}\n"
            f"  {'component':16}{'element':26}{'grade':6}{'1st year':>9}{'to fail':>11}{'loses £':>12}{'days':>10}"
            f"{'loses £':>12}\n" + "\n".join(rows) + f"\n{legend}")


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
    rows = [f"  {row.component_id:16}{row.element[:24]:26}{row.block_id:14}{row.grade:6}{_chance(row.failure_probability)}"
            for row in sole.head(SHOWN).itertuples()]
    return (f"Single points of failure: {_first_of(len(sole))}\n"
            f"  {'component':16}{'element':26}{'block':14}{'grade':6}{'1st year':>9}\n" + "\n".join(rows))


def _first_of(count):
    return f"{count:,}" + (f", of which the first {SHOWN} are shown" if count > SHOWN else "")


def _rebuild(blocks, outlook):
    wanted = blocks[blocks.rebuild_or_repair != "repair"].sort_values("repair_share", ascending=False)
    temporary = blocks[blocks.temporary != ""]
    said = [f"  {row.block_id:14}{row.rebuild_or_repair}" for row in wanted.head(SHOWN).itertuples()]
    least = outlook.scenario.rebuild.least_backlog_share
    text = f"Rebuild or repair: repairs cost {least:.0%} of a new block or more in {len(wanted)} of {len(blocks)} blocks"
    text += "\n" + "\n".join(said) if said else "."
    if len(temporary):
        text += "\n\nTemporary blocks\n" + "\n".join(f"  {row.block_id:14}{row.temporary}" for row in temporary.itertuples())
    return text


def _surveys(frames, facts):
    order = frames["survey_next"]
    blocks = frames["blocks"][frames["blocks"].block_id.isin(order.block_id)]
    if not len(order):
        return "Survey next: no block is in use when the plan starts."
    rows = [f"  {row.rank:4}  {row.block_id:14}{_blank(row.worth_gbp, '11,.0f', 11)}{row.cost_gbp:9,.0f}  {row.reason}"
            for row in order.head(SHOWN).itertuples()]
    return (f"Survey next (worth: of better choices; the last pound of the plan is worth £{facts['bar_per_gbp']:.2f})\n"
            f"  {'':4}  {'block':14}{'worth £':>11}{'cost £':>9}\n" + "\n".join(rows) + "\n"
            f"{blocks.survey.ne(GOOD).sum()} of {len(blocks)} blocks fall short of DfE's guidance of February 2026 on "
            "surveys (blocks.csv says how).")


def _duties(frames, facts):
    duties, missing = frames["duties"], frames["no_record"]
    text = "Statutory duties: none on record."
    if len(duties):
        overdue, undated = (duties.days_overdue.fillna(0) > 0).sum(), duties.due.isna().sum()
        never = ((duties.why == NEVER) & (duties.due <= f"{facts['first_year']}-09-01")).sum()
        text = (f"Statutory duties: {len(duties):,} on record, of which {overdue:,} overdue at the start, {never:,} never "
                f"done and due{f', {undated:,} without a due date' if undated else ''}; "
                f"£{duties.remedial_cost_gbp.fillna(0).sum():,.0f} of remedial works found, as priced in the records.")
    known = (missing.verdict == NO_RECORD).sum()
    return (f"{text} A duty applies to a site or block and has no record in {known:,} cases (no_record.csv): no record "
            "is not compliance.")


def _levels(levels, outlook):
    targets = outlook.scenario.targets
    if not targets.model_dump(exclude_none=True):
        return "Service levels: the scenario sets none (section [targets])."
    missed = levels[levels.missed != ""]
    return (f"Service levels: {len(missed)} of {len(levels)} schools would miss them at the end if nothing is done: "
            + (", ".join(missed.school_id) or "none") + ".")


def _suitability(frame):
    schools = frame[frame.block_id == ""]
    if (schools.words == NOT_ASSESSED).all():
        return "Suitability: nothing is on record; what is not assessed is not good."
    bad = schools[schools.worst.fillna(0) >= 3].sort_values("worst", ascending=False, kind="stable")
    unknown = (schools.words == NOT_ASSESSED).sum()
    named = "; ".join(f"{row.school_id} {row.criterion} ({row.words})" for row in bad.head(SHOWN).itertuples())
    more = f"; and {len(bad) - SHOWN:,} more (suitability.csv)" if len(bad) > SHOWN else ""
    return (f"Suitability: {unknown:,} of {len(schools):,} criteria of schools are not assessed; {len(bad):,} poor or bad"
            + (f": {named}{more}." if len(bad) else "."))
