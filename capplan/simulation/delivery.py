"""Delivering a programme in one future, event by event: procurement, summers, crews, money, failures.

Nothing is optimised: what was approved is carried out as early as people, contractors, holidays and money allow, no
earlier than planned, and what nobody can pay for or build waits a year.
"""

from dataclasses import dataclass, field

from .delivery_money import Purse

ON_TIME, PROCUREMENT, CREW, MONEY, ORDER = "", "procurement", "contractors", "money", "works it needs first"
CAUSES = (PROCUREMENT, CREW, MONEY, ORDER)
URGENT = -1


@dataclass(frozen=True)
class Works:
    """One scheme of the programme. Years are places from the first of the plan, times weeks from its start.

    ``windows``: when works may start in each year, first and last week. ``in_holidays``: whether they stop when school is
    in. ``bills``: part (years after the start) and sum [GBP nominal, of the planned year]; ``given`` is what others pay of
    them. ``before``: pot, year and sum of fees paid as planned. ``promised``: pot, part, sum. ``package``: place of the
    works that lead a procurement done together, -1: none. ``payers``: pots that may pay in each year, in order.
    """

    name: str
    school: str
    trade: str
    year: int
    finish_year: int
    lead_weeks: float
    begin_week: float
    works_weeks: float
    windows: tuple = field(repr=False)
    in_holidays: bool
    bills: tuple = field(repr=False)
    promised: tuple = field(repr=False, default=())
    before: tuple = field(repr=False, default=())
    given: tuple = field(repr=False, default=())
    payers: tuple = field(repr=False, default=())
    requires: tuple = ()
    must: bool = False
    package: int = -1
    saving_share: float = 0.0
    no_works: bool = False

    @property
    def cost_gbp(self):
        """What the pots are planned to pay. [GBP nominal]"""
        return sum(bill for _, bill in self.bills) - sum(bill for _, bill in self.given) + sum(row[2] for row in self.before)


@dataclass(frozen=True)
class Plan:
    """A programme and what it is delivered with.

    ``tender_factors`` (years,): what a pound of works costs in the money of each year. ``contingency_gbp`` (years,) is put
    beside the plan. ``urgent_payers``: pots that may pay for emergencies in each year.
    """

    works: tuple = field(repr=False)
    pots: tuple = field(repr=False)
    calendar: object = field(repr=False)
    years: int
    tender_factors: tuple = field(repr=False)
    contingency_gbp: tuple = field(repr=False)
    procurements_at_once: int
    crews: dict = field(repr=False)
    asbestos_weeks: float = 0.0
    emergency_weeks: float = 0.0
    urgent_payers: tuple = field(repr=False, default=())


@dataclass(frozen=True)
class Future:
    """What happens in one future, by place of the works: multiples of planned time and cost, what asbestos adds to the cost
    (0: none found), whether a bid is won, and emergencies as (week, places of the works that end it, cost [GBP])."""

    lead: tuple = field(repr=False)
    duration: tuple = field(repr=False)
    dearness: tuple = field(repr=False)
    asbestos_share: tuple = field(repr=False)
    won: tuple = field(repr=False)
    emergencies: tuple = field(repr=False, default=())


@dataclass
class Outturn:
    """What came of a programme in one future, by place of the works; weeks are infinite for what was never done.

    ``causes``: the first cause of waiting beyond the planned year. ``emergencies``: (week, cost) of those met.
    """

    ready: list
    start: list
    finish: list
    cost_gbp: list
    causes: list
    purse: Purse = field(repr=False)
    emergencies: list = field(default_factory=list, repr=False)


def deliver_in(plan, future):
    """Carry out a programme in one future.

    Parameters
    ----------
    plan : Plan
    future : Future

    Returns
    -------
    Outturn

    Notes
    -----
    A procurement holds one of the places the estates team has from its start to the contract; emergencies are served first
    but stop nobody. Crews are booked in the order works are ready. Assumes that a contractor once booked waits for the
    summer, and that whoever waits for money frees the crew. *Counterexample:* a contractor who is let go to another client.
    """
    return _Delivery(plan, future).run()


class _Delivery:
    """The state of one future."""

    def __init__(self, plan, future):
        import simpy

        self.plan, self.future = plan, future
        self.env = simpy.Environment()
        self.team = simpy.PriorityResource(self.env, plan.procurements_at_once)
        self.crews = {trade: simpy.PriorityResource(self.env, count) for trade, count in plan.crews.items()}
        count, never = len(plan.works), float("inf")
        promised = [(pot, works.year, amount, works.must) for works in plan.works
                    for pot, _, amount in (*works.promised, *works.before)]
        self.result = Outturn([never] * count, [never] * count, [never] * count, [0.0] * count, [ON_TIME] * count,
                              Purse(plan.pots, promised, plan.contingency_gbp))
        self.let_in = [None] * count
        self.brings = {}
        for place, pot in enumerate(plan.pots):
            if pot.comes_with >= 0:
                self.brings.setdefault(pot.comes_with, []).append(place)
        self.gates, self.packages = {}, {}

    def run(self):
        """All events to the end of the calendar."""
        self.packages = {place: self.env.event() for place, works in enumerate(self.plan.works) if works.package == place}
        for place, works in enumerate(self.plan.works):
            if works.before:
                self.env.process(self._fees(place, works))
            self.env.process(self._choice(place, works) if works.no_works else self._works(place, works))
        if self.future.emergencies:
            self.env.process(self._emergencies())
        self.env.run(until=self.plan.calendar.starts[-1])
        return self.result

    def _choice(self, place, works):
        """A bid or a loan: it costs what it costs when it is made, and brings money if it is won."""
        starts = self.plan.calendar.starts
        yield self.env.timeout(starts[works.year])
        for part, bill in works.bills:
            paid = self.result.purse.pay(works.payers, [(part, works.year, bill)],
                                         [row for row in works.promised if row[1] == part], works.year, works.year,
                                         works.must)
            if not paid:
                self.result.purse.must_pay(works.payers, works.year, bill)
        self.result.cost_gbp[place] += works.cost_gbp
        self.result.ready[place] = self.result.start[place] = self.result.finish[place] = self.env.now
        self.let_in[place] = works.year
        for pot in self.brings.get(place, ()) if self.future.won[place] else ():
            self.result.purse.comes(pot, works.year)

    def _works(self, place, works):
        """One scheme from its procurement to its handover."""
        env, result = self.env, self.result
        if works.package in (-1, place):
            yield from self._procure(place, works)
        else:
            yield self.packages[works.package]
        if self.future.asbestos_share[place] > 0:
            yield env.timeout(self.plan.asbestos_weeks)
        result.ready[place] = env.now
        year, cause = works.year, PROCUREMENT
        while (year := self._next_year(works, year)) is not None:
            if year > works.year and not result.causes[place]:
                result.causes[place] = cause
            yield from self._opening(works.windows[year][0])
            with self.crews[works.trade].request(priority=works.year - works.must) as crew:
                yield crew
                if env.now > works.windows[year][1] + 1e-9:
                    cause = CREW
                    if (later := self._next_year(works, year)) is None:
                        break
                    year = later
                    result.causes[place] = result.causes[place] or cause
                    yield from self._opening(works.windows[year][0])
                cause = self._let(place, works, year)
                if not cause:
                    yield from self._build(place, works)
                    return
            year += 1
        result.causes[place] = result.causes[place] or cause

    def _opening(self, week):
        """Wait for a week; who waits for the same one goes on in the order of coming to wait, whatever rounding does."""
        if week > self.env.now:
            if week not in self.gates:
                self.gates[week] = self.env.timeout(week - self.env.now)
            yield self.gates[week]

    def _next_year(self, works, year):
        """First year from one on whose window is still open, or ``None`` after the plan."""
        while year < self.plan.years and self.env.now > works.windows[year][1] + 1e-9:
            year += 1
        return year if year < self.plan.years else None

    def _procure(self, place, works):
        """A place in the estates team from the start of procurement to the contract."""
        yield self.env.timeout(works.begin_week)
        with self.team.request(priority=works.year - works.must) as own:
            yield own
            yield self.env.timeout(works.lead_weeks * self.future.lead[place])
        if place in self.packages:
            self.packages[place].succeed()

    def _fees(self, place, works):
        """What falls due before the planned year is paid as planned."""
        for pot, year, amount in works.before:
            yield self.env.timeout(max(0.0, self.plan.calendar.starts[year] - self.env.now))
            own = [(pot, 0, amount)]
            if not self.result.purse.pay(works.payers, [(0, year, amount)], own, works.year, year, works.must):
                self.result.purse.must_pay(works.payers, year, amount)
            self.result.cost_gbp[place] += amount

    def _let(self, place, works, year):
        """Let the contract if what it needs has begun and the pots can pay; says why not."""
        if any(self.let_in[other] is None for other in works.requires):
            return ORDER
        plan = self.plan
        factor = self.future.dearness[place] * (1.0 - works.saving_share)
        factor *= plan.tender_factors[year] / plan.tender_factors[works.year]
        given = dict(works.given)
        bills = [(part, min(year + part, plan.years - 1), max(0.0, bill * factor - given.get(part, 0.0)))
                 for part, bill in works.bills]
        if not self.result.purse.pay(works.payers, bills, works.promised, works.year, year, works.must):
            return MONEY
        self.let_in[place] = year
        self.result.cost_gbp[place] += sum(bill for _, _, bill in bills)
        return ON_TIME

    def _build(self, place, works):
        """Works on site; asbestos is paid for when it is found."""
        env, result = self.env, self.result
        result.start[place] = env.now
        weeks = works.works_weeks * self.future.duration[place]
        end = self.plan.calendar.after(env.now, weeks) if works.in_holidays else env.now + weeks
        if (share := self.future.asbestos_share[place]) > 0:
            extra = share * sum(bill for _, bill in works.bills)
            result.purse.must_pay(works.payers, self.let_in[place], extra)
            result.cost_gbp[place] += extra
        if end < self.plan.calendar.starts[-1]:
            yield env.timeout(end - env.now)
            result.finish[place] = env.now

    def _emergencies(self):
        """Failures of what has not been done yet, in the order they come."""
        calendar, last = self.plan.calendar, self.plan.years - 1
        for week, ended_by, cost in self.future.emergencies:
            yield self.env.timeout(max(0.0, week - self.env.now))
            if any(self.result.finish[place] <= self.env.now for place in ended_by):
                continue
            self.result.purse.must_pay(self.plan.urgent_payers, min(calendar.year_of(week), last), cost)
            self.result.emergencies.append((week, cost))
            if self.plan.emergency_weeks > 0:
                self.env.process(self._urgent())

    def _urgent(self):
        with self.team.request(priority=URGENT) as own:
            yield own
            yield self.env.timeout(self.plan.emergency_weeks)
