"""What the envelope explorer says: each envelope in a sentence, and its figures beside those of today's money."""

from dataclasses import dataclass

from .words import counted, money, percent, pounds

NONE = "no programme"


@dataclass(frozen=True)
class Measure:
    """A figure of an envelope: its column, how it is written, what it is called and what it means."""

    column: str
    form: str
    name: str
    short: str
    meaning: str


MEASURES = (
    Measure("money_gbp", "pounds", "Money over the plan", "Money",
            "All pots together, pounds of the day; every pot is larger or smaller alike."),
    Measure("spent_gbp", "pounds", "Spent on works", "Spent",
            "By the best programme found, pounds of the day. The rest lapses, or is left at the end."),
    Measure("schemes", "count", "Schemes started", "Schemes", "More money may mean fewer: one renewal for two patches."),
    Measure("value_gbp", "pounds", "Loss avoided", "Loss avoided",
            "Expected patching, failures, closures and what is handed on, less than if nothing were done; discounted."),
    Measure("bound_gbp", "pounds", "The most any programme could avoid", "The most possible",
            "Proved: no choice of works with this money avoids more."),
    Measure("gap", "share", "Proof gap", "Proof gap", "How far the programme found may lie below the best possible."),
    Measure("backlog_end_gbp", "pounds", "Backlog at the end of the plan", "Backlog at end",
            "Cost of bringing what is then at grade C, D or E to A."),
    Measure("failures", "count", "Failures expected", "Failures", "Components that fail over the plan, on average."),
    Measure("pupil_days", "count", "Pupil-days of closure expected", "Pupil-days",
            "Days on which a pupil's room is closed by a failure, over the plan."),
    Measure("next", "next", "The next pound avoids", "Next £1 avoids",
            "Loss avoided by each pound more, up to the next envelope; in brackets, between what proofs allow."))


def today_of(frame):
    """Place of today's money among the envelopes; ``None`` where it is not one of them."""
    places = [place for place, share in enumerate(frame.share_of_today) if abs(share - 1.0) < 1e-9]
    return places[0] if places else None


def cells_of(frame, place, today):
    """The figures of an envelope in words, and how they differ from today's.

    Parameters
    ----------
    frame : DataFrame
        As ``money_job.envelopes_frame`` returns it.
    place : int
        Which envelope.
    today : int or None
        Which one is today's money.

    Returns
    -------
    list of (str, str)
        For each of ``MEASURES``: the figure and the difference; blank where there is none to tell.
    """
    row = frame.iloc[place]
    base = None if today is None or today == place else frame.iloc[today]
    cells = []
    for measure in MEASURES:
        if measure.column == "next":
            cells.append((next_pound(frame, place), ""))
            continue
        value = row[measure.column]
        text = NONE if value != value else _form(value, measure.form)
        other = float("nan") if base is None else base[measure.column]
        apart = "" if value != value or other != other or measure.form == "share" else _signed(value - other, measure.form)
        cells.append((text, apart))
    return cells


def _form(value, form):
    return {"pounds": pounds, "share": percent}.get(form, "{:,.0f}".format)(value)


def _signed(difference, form):
    text = _form(abs(difference), form)
    if text in ("£0", "0"):
        return "the same"
    return f"{'+' if difference > 0 else '-'}{text}"


def next_pound(frame, place):
    """What each pound more avoids up to the next envelope, with what the proofs leave open; blank for the last one.

    Parameters
    ----------
    frame : DataFrame
        As ``money_job.envelopes_frame`` returns it.
    place : int
        Which envelope.

    Returns
    -------
    str

    Notes
    -----
    The best values of two envelopes lie between what is found and what is proved, so what the step adds lies between the
    found one of the larger less the bound of the smaller, and the other way round. *Counterexample:* none, but it may be
    wide where the proofs are loose.
    """
    if place + 1 >= len(frame) or frame.iloc[[place, place + 1]].value_gbp.isna().any():
        return ""
    here, there = frame.iloc[place], frame.iloc[place + 1]
    step = there.money_gbp - here.money_gbp
    least, most = max(0.0, there.value_gbp - here.bound_gbp) / step, (there.bound_gbp - here.value_gbp) / step
    found = (there.value_gbp - here.value_gbp) / step
    return f"£{found:.2f} (£{least:.2f} to £{most:.2f})"


def spoken(frame, place, facts):
    """An envelope in a sentence or two, for the eye and for a screen reader.

    Parameters
    ----------
    frame : DataFrame
    place : int
    facts : dict
        What stands in ``envelopes.json``.

    Returns
    -------
    str
    """
    row = frame.iloc[place]
    share = float(row.share_of_today)
    against = "today's money" if abs(share - 1) < 1e-9 else \
        f"{abs(share - 1):.0%} {'more' if share > 1 else 'less'} than today's"
    if row.reason:
        return f"{money(row.money_gbp)} ({against}): no programme obeys all the rules."
    turn = row.backlog_end_gbp - facts["backlog_now_gbp"]
    way = f"{money(abs(turn))} {'more' if turn > 0 else 'less'} than today's {money(facts['backlog_now_gbp'])}"
    return (f"{money(row.money_gbp)} ({against}): {counted(row.schemes, 'scheme')}, {money(row.value_gbp)} of loss avoided, "
            f"backlog of {money(row.backlog_end_gbp)} at the end, {way}; {row.pupil_days:,.0f} pupil-days of closure "
            "expected.")


def programme_words(frame, span):
    """Today's money in a sentence: what it buys, and what a tenth or so more or less would do."""
    today = today_of(frame)
    if today is None or frame.reason.iloc[today]:
        good = frame[frame.reason == ""]
        if not len(good):
            return f"None of these envelopes pays for what must be done in {span}."
        least = good.iloc[0]
        return (f"Today's money does not pay for what must be done in {span}; the smallest envelope here that does is "
                f"{money(least.money_gbp)}, {least.share_of_today:.0%} of today's.")
    row = frame.iloc[today]
    text = (f"Today's money, {money(row.money_gbp)} over {span}, pays for {counted(row.schemes, 'scheme')} that avoid "
            f"{money(row.value_gbp)} of expected loss.")
    for other, word in ((today + 1, "more"), (today - 1, "less")):
        if 0 <= other < len(frame) and not frame.reason.iloc[other]:
            there = frame.iloc[other]
            verb = "avoid" if word == "more" else "give up"
            text += (f" {money(abs(there.money_gbp - row.money_gbp))} {word} would {verb} "
                     f"{money(abs(there.value_gbp - row.value_gbp))}{' more' if word == 'more' else ' of that'}.")
    return text


def held_words(frame, facts):
    """Between which envelopes the backlog at the end is what it is today.

    Parameters
    ----------
    frame : DataFrame
    facts : dict
        What stands in ``envelopes.json``.

    Returns
    -------
    str
    """
    now, good = facts["backlog_now_gbp"], frame.dropna(subset=["backlog_end_gbp"])
    enough, short = good[good.backlog_end_gbp <= now], good[good.backlog_end_gbp > now]
    if not len(good):
        return "No envelope pays for what must be done."
    if not len(enough):
        return (f"None of these envelopes holds the backlog at today's {money(now)}: even {money(good.money_gbp.max())} "
                f"leaves {money(good.backlog_end_gbp.min())}.")
    if not len(short):
        return f"Every one of these envelopes holds the backlog at today's {money(now)} or less."
    return (f"To hold the backlog at today's {money(now)} takes between {money(short.money_gbp.max())} and "
            f"{money(enough.money_gbp.min())} over the plan.")
