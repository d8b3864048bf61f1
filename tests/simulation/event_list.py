"""Growth of a trust by a hand-written event list: heapq and plain functions, no SimPy; the same draws give the same dates.

Written from the rules in words, apart from ``capplan.simulation.growth``. Each event is (month, order, number, what to do);
order 0 comes before order 1 at the same month, and the review of the first of a month is of order 1.
"""

import heapq
import itertools
import math


def by_event_list(case, future):
    """Join dates by owner, outcomes by owner, and for each month (schools, paused, central use, reserves)."""
    rules, heap, numbers, horizon = case.growth, [], itertools.count(), case.months

    def at(month, what, order=0):
        heapq.heappush(heap, (month, order, next(numbers), what))

    trust = {"schools": case.schools, "in_law": 0, "reserves": case.reserves_gbp, "backlog": 0.0, "income": 0.0,
             "yearly": 0.0, "onboarding": 0.0, "paused": False, "calm": 0, "assessing": 0, "open": True, "safety_open": 0,
             "safety_now": 0, "safety_most": 0}
    queue, ready, safety_queue, this_year, counts = [], [], [], [], []
    joined, outcomes, months = {}, {coming.owner: "has not asked" for coming in future.coming}, []
    staff = [{"held": post.hours[phase(case, case.schools)], "new": [], "sought": 0.0, "next": iter(hires), "post": post}
             for post, hires in zip(case.posts, future.hires, strict=True)]
    at_start = sum(one["held"] for one in staff)

    def serve(now):
        while trust["open"] and queue and trust["assessing"] < rules.assessed_at_once:
            coming = queue.pop(0)
            trust["assessing"] += 1
            deadline = coming.approach + coming.patience
            at(min(now + coming.assessment, deadline), lambda month, who=coming: assessed(month, who))

    def ask(now, coming):
        outcomes[coming.owner] = "on the way"
        queue.append(coming)
        deadline = coming.approach + coming.patience
        if deadline < horizon:
            at(deadline, lambda month: queue.remove(coming) or gone(coming) if coming in queue else None)
        serve(now)

    def gone(coming):
        outcomes[coming.owner] = "withdrew"

    def assessed(now, coming):
        trust["assessing"] -= 1
        serve(now)
        deadline = coming.approach + coming.patience
        if now >= deadline:
            gone(coming)
            return
        every = rules.board_every_months
        meeting = now + (-now % every)
        if meeting > deadline:
            at(deadline, lambda month: gone(coming))
        else:
            at(meeting, lambda month: decided(month, coming, deadline))

    def decided(now, coming, deadline):
        if coming.bar:
            outcomes[coming.owner] = f"declined: {coming.bar}"
            return
        trust["in_law"] += 1
        done = now + coming.order + coming.legal
        if done > deadline:
            at(deadline, lambda month: (trust.update(in_law=trust["in_law"] - 1), gone(coming)))
        else:
            at(done, lambda month: ready.append((coming, deadline)))

    def safety_source(gaps, lengths, start):
        month = start
        for gap, length in zip(gaps, lengths, strict=True):
            month += gap
            if month >= horizon:
                return
            at(month, lambda now, months_of=length: safety_work(now, months_of))

    def safety_work(now, length):
        trust["safety_open"] += 1
        safety_queue.append(length)
        safety_serve(now)

    def safety_serve(now):
        while safety_queue and trust["safety_now"] < trust["safety_most"]:
            trust["safety_now"] += 1
            at(now + safety_queue.pop(0), safety_done)

    def safety_done(now):
        trust["safety_now"] -= 1
        trust["safety_open"] -= 1
        safety_serve(now)

    def use(now):
        central = estates = 0.0
        for one in staff:
            fresh = sum(fte for fte, until in one["new"] if until > now)
            hours = one["held"] - fresh * (1 - rules.new_staff_share)
            central += hours * (1 - one["post"].estates_share)
            estates += hours * one["post"].estates_share
        trust["safety_most"] = int(estates / rules.safety_job_load_fte + 1e-9)
        safety_serve(now)
        load = (rules.school_load_fte * trust["schools"] + rules.assessment_load_fte * trust["assessing"]
                + rules.onboarding_load_fte * trust["onboarding"])
        works_gbp = rules.works_yearly_share * (trust["backlog"] + case.backlog_gbp)
        of_estates = (rules.school_estates_load_fte * trust["schools"] + works_gbp / rules.works_gbp_per_fte
                      + rules.onboarding_estates_load_fte * trust["onboarding"]
                      + rules.safety_job_load_fte * trust["safety_now"])
        return tuple(part / fte if fte > 0 else math.inf for part, fte in ((load, central), (of_estates, estates)))

    def review(now):
        now = int(now)
        if now:
            held = sum(one["held"] for one in staff)
            trust["reserves"] += (case.surplus_gbp[(now - 1) // 12] + trust["yearly"]
                                  - (held - at_start) * rules.post_gbp_per_fte) / 12
            trust["onboarding"] *= math.exp(-1 / rules.onboarding_decay_months)
            trust["backlog"] *= 1 - rules.works_yearly_share / 12
        if now % 12 == 0:
            this_year.clear()
        for one in [one for one in ready if one[1] <= now]:
            ready.remove(one)
            trust["in_law"] -= 1
            gone(one[0])
        counts.append(trust["schools"])
        planned = {"with": trust["schools"], "ahead": trust["schools"] + trust["in_law"],
                   "behind": counts[now - 12] if now >= 12 else case.schools}[rules.hiring]
        recruit(now, phase(case, planned))
        top = max(use(now))
        floor = max(case.floor_share * (case.income_gbp[now // 12] + trust["income"]), case.floor_gbp)
        if (top > rules.pause_above_share or trust["reserves"] < floor
                or trust["safety_open"] > rules.most_safety_jobs):
            trust.update(paused=True, calm=0)
        elif trust["paused"]:
            trust["calm"] = trust["calm"] + 1 if top <= rules.resume_below_share else 0
            trust["paused"] = trust["calm"] < rules.resume_months
        for one in list(ready):
            if trust["paused"] or top > rules.pause_above_share:
                break
            if allowed([*this_year, one[0].prospect], rules, top <= rules.resume_below_share):
                ready.remove(one)
                take_in(now, one[0])
                top = max(use(now))
        central = use(now)[0]
        trust["open"] = not trust["paused"]
        serve(now)
        months.append((trust["schools"], trust["paused"], central, trust["reserves"]))
        at(now + 1, review, 1)

    def recruit(now, number):
        for one in staff:
            lacking = one["post"].hours[number] - one["held"] - one["sought"]
            if lacking > 1e-9:
                one["sought"] += lacking
                at(now + next(one["next"]), lambda month, who=one, fte=lacking: hired(month, who, fte))

    def hired(now, one, fte):
        one["sought"] -= fte
        one["held"] += fte
        one["new"].append((fte, now + rules.briefing_months))

    def take_in(now, coming):
        prospect = coming.prospect
        trust["schools"] += 1
        trust["in_law"] -= 1
        this_year.append(prospect)
        joined[coming.owner], outcomes[coming.owner] = now, "joined"
        trust["backlog"] += coming.liability_gbp
        trust["income"] += prospect.income_gbp
        trust["yearly"] += prospect.surplus_gbp + rules.services_saved_share * prospect.income_gbp
        trust["reserves"] += (prospect.reserves_gbp + rules.joining_grant_gbp - rules.joining_cost_gbp
                              + rules.dowry_share * coming.liability_gbp)
        trust["onboarding"] += rules.intensive_scale if prospect.intensive else 1
        safety_source(coming.safety_gaps, coming.safety_works, now)
        if coming.raac:
            at(now, lambda month: safety_work(month, rules.raac_months))

    def left(now, one, gaps):
        one["held"], one["new"] = 0.0, []
        leave(now, one, gaps)

    def leave(now, one, gaps):
        month = now + next(gaps, math.inf)
        if month < horizon:
            at(month, lambda then: left(then, one, gaps))

    for gaps, lengths in future.safety:
        safety_source(gaps, lengths, 0.0)
    for one, gaps in zip(staff, future.leaves, strict=True):
        leave(0.0, one, iter(gaps))
    for coming in future.coming:
        at(coming.approach, lambda now, who=coming: ask(now, who))
    at(0, review, 1)
    while heap and heap[0][0] < horizon:
        month, _, _, what = heapq.heappop(heap)
        what(month)
    return joined, outcomes, months


def phase(case, schools):
    """Phase of a trust of so many schools, from 0."""
    number = 0
    for place, least in enumerate(case.phases):
        if schools >= least:
            number = place
    return number


def allowed(prospects, rules, spare):
    """The joining limits in other words: all schools of a year at once."""
    if any(one.sponsored for one in prospects):
        return len(prospects) <= rules.most_joins_if_sponsored
    if len(prospects) > rules.most_joins:
        return (spare and len(prospects) <= rules.most_joins_ever
                and len([one for one in prospects if one.intensive]) <= rules.most_intensive_of_more)
    return True
