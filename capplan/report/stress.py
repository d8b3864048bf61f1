"""What breaks first, on one screen."""

import textwrap

import pandas as pd

from .words import money, year_label


def stress_text(trust, scenario, planned, frame):
    """What each red-team shock does to a programme.

    Parameters
    ----------
    trust, scenario : str
        Their names.
    planned : Programme
        As it is planned.
    frame : DataFrame
        As ``money_job`` makes it.

    Returns
    -------
    str
        The shock that breaks the programme soonest first.
    """
    order = frame.assign(when=frame.breaks_in.fillna(9999), short=-frame.unpaid_gbp).sort_values(
        ["when", "short", "shock"], kind="stable")
    lines = [f"{trust}: what would break the programme (scenario {scenario}, {len(planned.choice):,} schemes, "
             f"{money(planned.objective)} of loss avoided)", ""]
    for row in order.itertuples():
        lines.append(row.description)
        if row.note:
            lines += textwrap.wrap(row.note, 120, initial_indent="    ", subsequent_indent="    ")
        if pd.isna(row.breaks_in):
            lines.append("    Holds: every work can still be paid for as planned.")
        else:
            lines.append(f"    Breaks in {year_label(int(row.breaks_in))}: {money(row.unpaid_gbp)} of works over the plan "
                         "cannot be paid for.")
        if row.reason:
            lines.append(f"    Nothing obeys every rule then: {row.reason[:160]}")
        else:
            lines.append(f"    Planned again, {money(row.value_replanned_gbp)} of loss is avoided and "
                         f"{row.schemes_moved:,.0f} of {len(planned.choice):,} schemes move or fall out (proved to "
                         f"{row.gap_replanned:.2%}).")
    return "\n".join(lines)
