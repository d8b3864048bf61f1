"""Growth of a trust as a process: schools ask, are assessed, wait, and join while the central team can carry it.

Time is in months from 1 September of the first planning year. The trust looks at itself on the first of every month, after
whatever else happens that day: it seeks staff, counts its load, pauses or resumes growth, and lets in schools that are
ready.
"""

from dataclasses import dataclass, field
from math import exp, inf

from .capacity import Desk, Post
from .joining import may_join

LOAD, RESERVES, SAFETY, LIMIT, EASING = "load", "reserves", "safety works", "joining limit", "easing"
JOINED, DECLINED, WITHDREW, ON_THE_WAY, NEVER_ASKED = "joined", "declined", "withdrew", "on the way", "has not asked"
LAST = 2   # SimPy's priority after its own two: whatever else happens at the same time comes first


@dataclass(frozen=True)
class Grown:
    """What became of one future. ``joined``: month by owner; ``outcomes``: by owner; ``months``: one tuple per review as
    ``MONTH`` names it; ``events``: (month, owner, what)."""

    joined: dict
    outcomes: dict
    months: list = field(repr=False)
    events: list = field(repr=False)
    coming: tuple = field(repr=False)


MONTH = ("schools", "central_use", "estates_use", "paused", "why", "reserves_gbp", "staff_fte", "safety_open", "ready",
         "backlog_gbp", "held")


def grow(case, future):
    """One future of a trust's growth.

    Parameters
    ----------
    case : GrowthCase
    future : Future
        What is drawn for it.

    Returns
    -------
    Grown

    Notes
    -----
    Growth pauses: no assessment is begun and no school joins, while what was begun goes on. *Counterexample:* a trust that
    stops a due diligence halfway. The joining limit keeps schools waiting and stops no assessment, for what is assessed now
    joins in a later year. Nothing is optimised.

    References
    ----------
    .. [1] Schaffernicht M. (2021) Systems 9(2):43, growth with two interdependent resources of unequal lead times.
    .. [2] SimPy 4, process-based discrete-event simulation, simpy.readthedocs.io.
    """
    run = _Run(case, future)
    run.environment.run(until=case.months)
    return Grown(run.joined, run.outcomes, run.rows, run.events, future.coming)


class _Run:
    """The trust while one future unfolds."""

    def __init__(self, case, future):
        import simpy
        self.case, self.growth = case, case.growth
        self.environment = simpy.Environment()
        self.assessors = Desk(self.environment, self.growth.assessed_at_once)
        self.safety = Desk(self.environment, 0)
        self.posts = [Post(self.environment, plan.hours[self._phase(case.schools)], leaves, hires,
                           self.growth.briefing_months)
                      for plan, leaves, hires in zip(case.posts, future.leaves, future.hires, strict=True)]
        self.hours = [[plan.hours[phase] for plan in case.posts] for phase in range(len(case.phases))]
        self.fte_at_start = sum(post.held_fte for post in self.posts)
        self.schools, self.in_law, self.counts = case.schools, 0, []
        self.reserves_gbp, self.backlog_gbp = case.reserves_gbp, 0.0
        self.joined_income_gbp = self.joined_yearly_gbp = 0.0
        self.onboarding = 0.0
        self.paused, self.calm, self.why = False, 0, ""
        self.year_joins, self.ready, self.open_works = [], [], 0
        self.joined, self.outcomes, self.rows, self.events, self.latest = {}, {}, [], [], ""
        self.decay = exp(-1.0 / self.growth.onboarding_decay_months)
        for own in future.safety:
            self.environment.process(self._safety_works(*own))
        for coming in future.coming:
            self.outcomes[coming.owner] = NEVER_ASKED
            if coming.approach < case.months:
                self.environment.process(self._way(coming))
        self._next_review(0)

    def _next_review(self, months):
        """A review in so many months, after all else that happens then."""
        event = self.environment.event()
        event._ok, event._value = True, None
        event.callbacks.append(self._review)
        self.environment.schedule(event, priority=LAST, delay=months)

    def _note(self, coming, what):
        self.events.append((self.environment.now, coming.owner, what))

    # --- a school's way -------------------------------------------------------------------------------------------

    def _way(self, coming):
        environment, deadline = self.environment, coming.approach + coming.patience
        yield environment.timeout(coming.approach)
        self.outcomes[coming.owner] = ON_THE_WAY
        self._note(coming, "asks to join")
        place = self.assessors.ask()
        if not place.triggered:
            yield (place | environment.timeout(deadline - environment.now)) if deadline < self.case.months else place
            if not place.triggered:
                self.assessors.give_up(place)
                self._leave(coming, WITHDREW)
                return
        self._note(coming, "assessment begins")
        there = yield from self._stage(coming.assessment, deadline)
        self.assessors.leave()
        there = there and (yield from self._stage(-environment.now % self.growth.board_every_months, deadline))
        if not there or coming.bar:
            self._leave(coming, f"{DECLINED}: {coming.bar}" if there else WITHDREW)
            return
        self._note(coming, "board agrees")
        self.in_law += 1
        there = yield from self._stage(coming.order, deadline)
        if there:
            self._note(coming, "academy order")
            there = yield from self._stage(coming.legal, deadline)
        if not there:
            self.in_law -= 1
            self._leave(coming, WITHDREW)
            return
        self._note(coming, "ready")
        self.ready.append((coming, deadline))

    def _stage(self, months, deadline):
        """Whether the school is still there after so many months."""
        left = deadline - self.environment.now
        yield self.environment.timeout(min(months, left))
        return months <= left

    def _leave(self, coming, outcome):
        self.outcomes[coming.owner] = outcome
        self._note(coming, outcome)

    # --- safety works ---------------------------------------------------------------------------------------------

    def _safety_works(self, gaps, lengths):
        for gap, length in zip(gaps, lengths, strict=True):
            if self.environment.now + gap >= self.case.months:
                return
            yield self.environment.timeout(gap)
            self.environment.process(self._safety_work(length))

    def _safety_work(self, months):
        self.open_works += 1
        yield self.safety.ask()
        yield self.environment.timeout(months)
        self.safety.leave()
        self.open_works -= 1

    # --- the first of a month -------------------------------------------------------------------------------------

    def _review(self, _event):
        month, growth = int(self.environment.now), self.growth
        if month:
            self._month_passes(month - 1)
        if month % 12 == 0:
            self.year_joins = []
        self._withdrawn()
        self._staff()
        central, estates, held_fte = self._use()
        self._pause(central, estates)
        held = bool(self.ready) and self._join(max(central, estates))
        if self.joined.get(self.latest) == month:
            central, estates, held_fte = self._use()
        self.assessors.change(growth.assessed_at_once, not self.paused)
        self.rows.append((self.schools, central, estates, self.paused, self.why if self.paused else LIMIT if held else "",
                          self.reserves_gbp, held_fte, self.open_works, len(self.ready), self.backlog_gbp, held))
        self._next_review(1)

    def _month_passes(self, month):
        """Money and wear of the month that is over."""
        extra_fte = sum(post.held_fte for post in self.posts) - self.fte_at_start
        yearly_gbp = (self.case.surplus_gbp[month // 12] + self.joined_yearly_gbp
                      - extra_fte * self.growth.post_gbp_per_fte)
        self.reserves_gbp += yearly_gbp / 12.0
        self.onboarding *= self.decay
        self.backlog_gbp *= 1.0 - self.growth.works_yearly_share / 12.0

    def _withdrawn(self):
        for coming, deadline in [one for one in self.ready if one[1] <= self.environment.now]:
            self.ready.remove((coming, deadline))
            self.in_law -= 1
            self._leave(coming, WITHDREW)

    def _phase(self, schools):
        """Place in ``phases`` of a trust of so many schools."""
        return max(sum(schools >= least for least in self.case.phases) - 1, 0)

    def _staff(self):
        self.counts.append(self.schools)
        schools = {"with": self.schools, "ahead": self.schools + self.in_law,
                   "behind": self.counts[-13] if len(self.counts) > 12 else self.case.schools}[self.growth.hiring]
        phase = self._phase(schools)
        for post, hours in zip(self.posts, self.hours[phase], strict=True):
            if post.held_fte < hours:
                post.seek(hours)

    def _use(self):
        """Load over capacity of both teams [-], and hours held [FTE]; sets how many safety works may go on."""
        growth, central_fte, estates_fte, held_fte = self.growth, 0.0, 0.0, 0.0
        for post, plan in zip(self.posts, self.case.posts, strict=True):
            hours = post.productive(growth.new_staff_share)
            held_fte += post.held_fte
            central_fte += hours * (1.0 - plan.estates_share)
            estates_fte += hours * plan.estates_share
        self.safety.change(int(estates_fte / growth.safety_job_load_fte + 1e-9), True)
        central = (growth.school_load_fte * self.schools + growth.assessment_load_fte * self.assessors.in_use
                   + growth.onboarding_load_fte * self.onboarding)
        estates = (growth.school_estates_load_fte * self.schools + growth.onboarding_estates_load_fte * self.onboarding
                   + self._works_gbp() / growth.works_gbp_per_fte + growth.safety_job_load_fte * self.safety.in_use)
        return _share(central, central_fte), _share(estates, estates_fte), held_fte

    def _works_gbp(self):
        """Condition works of a year. [GBP]"""
        joined_gbp = self.growth.works_yearly_share * self.backlog_gbp
        if self.case.works_gbp is None:
            return joined_gbp + self.growth.works_yearly_share * self.case.backlog_gbp
        return joined_gbp + self.case.works_gbp[int(self.environment.now) // 12]

    def _floor_gbp(self):
        income_gbp = self.case.income_gbp[int(self.environment.now) // 12] + self.joined_income_gbp
        return max(self.case.floor_share * income_gbp, self.case.floor_gbp)

    def _pause(self, central, estates):
        """Pause, or resume after enough calm reviews in a row."""
        growth, use = self.growth, max(central, estates)
        low, unsafe = self.reserves_gbp < self._floor_gbp(), self.open_works > growth.most_safety_jobs
        why = [name for name, holds in ((LOAD, use > growth.pause_above_share), (RESERVES, low), (SAFETY, unsafe)) if holds]
        if why:
            self.paused, self.calm, self.why = True, 0, "; ".join(why)
        elif self.paused:
            self.calm = self.calm + 1 if use <= growth.resume_below_share else 0
            self.paused, self.why = self.calm < growth.resume_months, EASING

    def _join(self, use):
        """Let in schools that are ready, in the order in which they were; whether the joining limit kept one waiting."""
        held = False
        for coming, deadline in list(self.ready):
            if self.paused or use > self.growth.pause_above_share:
                break
            prospect = coming.prospect
            if may_join(self.year_joins, prospect.sponsored, prospect.intensive, self.growth,
                        use <= self.growth.resume_below_share):
                self.ready.remove((coming, deadline))
                self._take_in(coming)
                central, estates, _ = self._use()
                use = max(central, estates)
            else:
                held = True
        return held

    def _take_in(self, coming):
        growth, prospect = self.growth, coming.prospect
        self.schools, self.in_law = self.schools + 1, self.in_law - 1
        self.year_joins.append((prospect.sponsored, prospect.intensive))
        self.joined[coming.owner], self.latest = self.environment.now, coming.owner
        self._leave(coming, JOINED)
        self.backlog_gbp += coming.liability_gbp
        self.joined_income_gbp += prospect.income_gbp
        self.joined_yearly_gbp += prospect.surplus_gbp + growth.services_saved_share * prospect.income_gbp
        self.reserves_gbp += (prospect.reserves_gbp + growth.joining_grant_gbp - growth.joining_cost_gbp
                              + growth.dowry_share * coming.liability_gbp)
        self.onboarding += growth.intensive_scale if prospect.intensive else 1.0
        self.environment.process(self._safety_works(coming.safety_gaps, coming.safety_works))
        if coming.raac:
            self.environment.process(self._safety_work(growth.raac_months))


def _share(load, capacity):
    return load / capacity if capacity > 0 else (inf if load > 0 else 0.0)
