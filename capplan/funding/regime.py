"""Which schools are allocated money (SCA) and which bid for it (CIF), grant year by grant year.

Two tests decide for a whole trust: open schools at the start of September before the grant year, and their pupils in the
spring census of that year. What they say holds for the grant year from the April after; a school belongs to exactly one of
the two, and money of SCA goes to the body the school is in at the start of that April.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import pandas as pd

from ..errors import DataError, Fault
from ..reference import load

SCA, CIF = "SCA", "CIF"
ELSEWHERE = ""
SCHOOL_DATES = ("opened", "closed", "joined", "left")


@dataclass(frozen=True)
class RegimeRules:
    """The two tests and the days they look at, with a sentence for each that nobody has confirmed."""

    least_schools: int
    least_pupils: float
    special_multiple: float
    count_month: int
    count_day: int
    census_month: int
    snapshot_month: int
    snapshot_day: int
    notice_month: int
    cif_outcome_month: int
    unconfirmed: tuple = field(default=(), repr=False)

    def counted_on(self, grant_year):
        """Day on which open schools are counted for a grant year."""
        return date(grant_year - 1, self.count_month, self.count_day)

    def census_day(self, census_year):
        """Last day of the month of a spring census: a school opened after it had no pupils in it."""
        return date(census_year, self.census_month, monthrange(census_year, self.census_month)[1])

    def snapshot(self, grant_year):
        """Day that says which body is paid for a school, the first day of the money."""
        return date(grant_year, self.snapshot_month, self.snapshot_day)

    def notice_by(self, grant_year):
        """Last day by which eligibility is usually notified."""
        return date(grant_year - 1, self.notice_month, monthrange(grant_year - 1, self.notice_month)[1])

    def outcome_by(self, grant_year):
        """Last day of the month in which outcomes of the CIF round are usually known."""
        return date(grant_year, self.cif_outcome_month, monthrange(grant_year, self.cif_outcome_month)[1])


@cache
def regime_rules():
    """The rules in force, from ``reference/regime_rules.csv``; change one with ``dataclasses.replace``.

    Returns
    -------
    RegimeRules

    Examples
    --------
    >>> rules = regime_rules()
    >>> rules.least_schools, rules.least_pupils, rules.special_multiple
    (5, 3000, 4.5)

    References
    ----------
    .. [1] The Key, Condition improvement fund (guidance on the 2024-25 round of the Department for Education).
    """
    table = load("regime_rules")
    values = {row.rule: int(row.value) if row.value == int(row.value) else row.value for row in table.itertuples()}
    doubtful = table[table.note.str.contains("UNCONFIRMED")]
    return RegimeRules(**values, unconfirmed=tuple(f"{row.rule} = {row.value:g} {row.unit}: {row.note}"
                                                   for row in doubtful.itertuples()))


def grant_year_counted(day, rules=None):
    """First grant year whose tests count a school that joins on a day.

    Parameters
    ----------
    day : date
    rules : RegimeRules, optional

    Returns
    -------
    int
        Year the grant year begins in.

    Examples
    --------
    A fifth school on 1 September 2026 brings SCA from April 2027; on 1 October it is counted a year later.

    >>> grant_year_counted(date(2026, 9, 1)), grant_year_counted(date(2026, 10, 1))
    (2027, 2028)
    """
    rules = rules or regime_rules()
    return day.year + (1 if day <= rules.counted_on(day.year + 1) else 2)


def passes(schools_counted, pupils_counted, rules=None):
    """Whether a trust of so many schools and pupils is allocated SCA.

    Parameters
    ----------
    schools_counted : int or array
        Open schools on the day of counting. [schools]
    pupils_counted : float or array
        Their pupils in the census, special and alternative provision multiplied. [pupils]
    rules : RegimeRules, optional

    Returns
    -------
    bool or array of bool

    Examples
    --------
    >>> passes(np.array([5, 5, 4]), np.array([3000, 2999, 9000]))
    array([ True, False, False])
    """
    rules = rules or regime_rules()
    return (schools_counted >= rules.least_schools) & (pupils_counted >= rules.least_pupils)


def regime_by_year(schools, pupils, grant_years, rules=None):
    """SCA or CIF by grant year for a trust, and for each of its schools with the reason.

    Parameters
    ----------
    schools : DataFrame
        ``school_id``; and where they apply ``opened, closed, joined, left`` (dates; blank: always there, never left),
        ``special`` (special or alternative provision), ``predecessors`` (ids under which earlier censuses counted it,
        separated by ``;``), ``regime_before`` (``SCA`` or ``CIF``: what it had before joining), ``invited_to_cif`` (grant
        year of a CIF round the school was invited to, as with an academy order signed by the day of counting).
    pupils : DataFrame
        ``school_id, census_year, pupils``: spring censuses, counted or forecast. [pupils]
    grant_years : sequence of int
    rules : RegimeRules, optional
        Left out: ``regime_rules()``.

    Returns
    -------
    tuple of (DataFrame, DataFrame)
        By grant year: ``grant_year, counted_on, schools_counted, census_year, pupils_counted, fails, regime, changed,
        notice_by, first_money, reason``. By grant year and school: ``grant_year, school_id, regime`` (blank: not in the
        trust), ``in_trust`` (on the first day of the grant year), ``paid_to_trust`` (whether SCA of the year comes to
        this trust), ``reason``.

    Raises
    ------
    DataError
        With every census count that is missing, every unknown word, and dates in the wrong order.

    Notes
    -----
    A school that opened after a census, and has no predecessor, counts no pupils in it. What was awarded or paid before a
    change stays and is spent by its own deadline. Nothing is known of what follows CIF. *Counterexample:* DfE may re-open a
    school's eligibility in an exceptional case, which no rule foresees.

    Examples
    --------
    >>> schools = pd.DataFrame({"school_id": list("abcde"), "joined": pd.to_datetime([None] * 4 + ["2026-09-01"])})
    >>> pupils = pd.DataFrame({"school_id": list("abcde"), "census_year": 2026, "pupils": 600})
    >>> trust, _ = regime_by_year(schools, pupils, [2027])
    >>> print(*trust.loc[0, ["regime", "schools_counted", "pupils_counted", "first_money"]])
    SCA 5 3000.0 2027-04-01
    """
    rules = rules or regime_rules()
    schools = _complete(schools)
    counts = dict(zip(zip(pupils.school_id, pupils.census_year, strict=True), pupils.pupils, strict=True))
    faults = _faults(schools, pupils)
    closes = load("routes").set_index("route").closes[CIF]
    by_year, by_school, before = [], [], None
    for year in grant_years:
        inside, then = (in_trust(schools, day) for day in (rules.counted_on(year), rules.snapshot(year)))
        counted, missing = _counted(schools[inside], counts, year - 1, rules)
        missing += _unknown_before(schools[then & ~inside], year, rules)
        faults += [fault for fault in missing if fault not in faults]
        row = _trust_row(year, int(inside.sum()), counted, before, closes, rules)
        before = row["regime"]
        by_year.append(row)
        by_school += [_school_row(school, year, row["regime"], bool(was_in), bool(is_in), rules)
                      for school, was_in, is_in in zip(schools.itertuples(), inside, then, strict=True)]
    if faults:
        raise DataError(faults)
    return pd.DataFrame(by_year), pd.DataFrame(by_school)


def _complete(schools):
    """Schools with every column there is, dates as dates."""
    schools = schools.reset_index(drop=True)
    for name in SCHOOL_DATES:
        given = schools[name] if name in schools else pd.Series(pd.NaT, schools.index)
        schools[name] = pd.to_datetime(given)
    for name, blank in (("special", False), ("predecessors", ""), ("regime_before", ""), ("invited_to_cif", None)):
        if name not in schools:
            schools[name] = blank
    schools["special"] = schools.special.fillna(False).astype(bool)
    return schools.fillna({"predecessors": "", "regime_before": ""})


def _faults(schools, pupils):
    faults = [Fault("schools", None, "school_id", f"{name!r} more than once", "different in every row")
              for name in schools.school_id[schools.school_id.duplicated()]]
    for row in schools.itertuples():
        if row.regime_before not in (SCA, CIF, ""):
            faults.append(Fault("schools", None, "regime_before", f"{row.regime_before!r} of {row.school_id}",
                                f"{SCA}, {CIF} or blank"))
        for first, last in (("opened", "closed"), ("joined", "left")):
            if getattr(row, first) >= getattr(row, last):
                faults.append(Fault("schools", None, last, f"{getattr(row, last).date()} of {row.school_id}",
                                    f"after it {first}, {getattr(row, first).date()}"))
    twice = pupils[pupils.duplicated(["school_id", "census_year"])]
    faults += [Fault("pupils", None, "pupils", f"two counts of {row.school_id} in {row.census_year}", "one count a census")
               for row in twice.itertuples()]
    faults += [Fault("pupils", None, "pupils", f"{row.pupils!r} of {row.school_id} in {row.census_year}",
                     "a number, not negative [pupils]") for row in pupils[~(pupils.pupils >= 0)].itertuples()]
    return faults


def in_trust(schools, day):
    """Whether each school is open and in the trust on a day; who joins that day is, who leaves or closes that day is not.

    Parameters
    ----------
    schools : DataFrame
        ``opened, closed, joined, left`` (dates; blank: always there, never left).
    day : date

    Returns
    -------
    array of bool

    Examples
    --------
    >>> dates = pd.DataFrame({"opened": [None, None], "closed": [None, "2027-04-01"], "joined": ["2027-04-01", None],
    ...     "left": [None, None]}).astype("datetime64[s]")
    >>> in_trust(dates, date(2027, 4, 1))
    array([ True, False])
    """
    day = pd.Timestamp(day)
    return (~(schools.opened > day) & ~(schools.joined > day) & ~(schools.left <= day) & ~(schools.closed <= day)).to_numpy()


def _counted(schools, counts, census_year, rules):
    """Pupils of schools in one census, under their own names or their predecessors'; and the counts that are missing."""
    census = rules.census_day(census_year)
    total, faults = 0.0, []
    for school in schools.itertuples():
        names = [school.school_id, *filter(None, map(str.strip, school.predecessors.split(";")))]
        found = [float(counts[name, census_year]) for name in names if (name, census_year) in counts]
        if not found and not (school.opened > pd.Timestamp(census) and len(names) == 1):
            faults.append(Fault("pupils", None, "pupils", f"no count of {school.school_id} in the spring census of "
                                f"{census_year}", "a number of pupils, of the school or its predecessors [pupils]"))
        total += sum(found) * (rules.special_multiple if school.special else 1.0)
    return total, faults


def _unknown_before(joined, year, rules):
    """A fault for each school that joined too late to be counted and does not say what it had before."""
    return [Fault("schools", None, "regime_before", f"a blank of {school.school_id}, which joined between "
                  f"{_spell(rules.counted_on(year))} and {_spell(rules.snapshot(year))}", f"{SCA} or {CIF}")
            for school in joined.itertuples()
            if not school.regime_before and school.invited_to_cif != year and not _new(school, year, rules)]


def _new(school, year, rules):
    """Whether a school opened after the day of counting with none before it."""
    return school.opened > pd.Timestamp(rules.counted_on(year)) and not school.predecessors


def _trust_row(year, schools_counted, pupils_counted, before, closes, rules):
    fails = [name for name, short in (("schools", schools_counted < rules.least_schools),
                                      ("pupils", pupils_counted < rules.least_pupils)) if short]
    regime = CIF if fails else SCA
    changed = "" if before in (None, regime) else f"{before} to {regime}"
    reason = (f"{schools_counted} open schools on {_spell(rules.counted_on(year))} (needs {rules.least_schools}) with "
              f"{pupils_counted:,.10g} pupils in the spring census of {year - 1} (needs {rules.least_pupils:,}): ")
    if regime == SCA:
        reason += f"SCA from {_spell(rules.snapshot(year))}; its schools cannot bid to CIF for this grant year."
    else:
        reason += f"too few {' and '.join(fails)}, so no SCA; its schools may bid to CIF."
        if year > closes:
            reason += f" CIF is to be replaced by autumn {closes:.0f}: what a trust of this size gets then is not known."
    if changed:
        reason += (" CIF awards made before go on to their own deadlines." if regime == SCA else
                   " SCA paid before stays to be spent by its own deadline.")
    return {"grant_year": year, "counted_on": rules.counted_on(year), "schools_counted": schools_counted,
            "census_year": year - 1, "pupils_counted": pupils_counted, "fails": " and ".join(fails), "regime": regime,
            "changed": changed, "notice_by": rules.notice_by(year),
            "first_money": rules.snapshot(year) if regime == SCA else rules.outcome_by(year), "reason": reason}


def _school_row(school, year, regime, was_in, is_in, rules):
    """What one school has in one grant year, whether the trust is paid for it, and why."""
    counted, snapshot = rules.counted_on(year), rules.snapshot(year)
    if school.invited_to_cif == year and (was_in or is_in):
        own, why = CIF, f"invited to the CIF round of the year, and stays with CIF for it whatever the trust has ({regime})"
    elif was_in:
        own, why = regime, f"in the trust on {_spell(counted)}, and goes with it"
        if not is_in:
            why += f"; no longer in it on {_spell(snapshot)}, so any SCA is paid elsewhere"
    elif not is_in:
        own, why = ELSEWHERE, f"not in the trust on {_spell(counted)} nor on {_spell(snapshot)}"
    elif school.regime_before == CIF:
        own, why = CIF, f"joined after {_spell(counted)} from a body under CIF, and stays with CIF for the year"
    elif school.regime_before == SCA and regime == SCA:
        own, why = SCA, (f"joined after {_spell(counted)} from a body with SCA; paid to the trust it is in on "
                         f"{_spell(snapshot)}")
    elif school.regime_before == SCA:
        own, why = SCA, (f"joined after {_spell(counted)} and was not invited to CIF: its SCA of the year goes to the body "
                         "it was in before")
    else:
        own, why = regime, (f"opened after {_spell(counted)} with none before it: taken to go with the trust, which DfE "
                            "has to confirm")
    paid = own == SCA and is_in and regime == SCA
    return {"grant_year": year, "school_id": school.school_id, "regime": own, "in_trust": is_in,
            "paid_to_trust": paid, "reason": why + "."}


def _spell(day):
    return f"{day.day} {day:%B %Y}"
