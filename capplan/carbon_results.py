"""What a programme does for energy and carbon: every measure considered, the energy with it, what like for like locks in."""

import numpy as np
import pandas as pd

from .candidates.energy_money import direct_t_per_year
from .energy.abatement import comparator_gbp_per_t, cost_per_tonne, direct_cost_per_tonne, locked_in, payback_years
from .energy.factors import calendar_years, general_price_ratio
from .energy.measures import BOILER, RE_ROOF, STAGES, figure
from .energy.packages import BURNT, POWER, Fitted, use_with
from .programme_energy import fitted_by_school
from .tabular import write_frame

YEAR_LOOKED_AT = 2             # place of the year that yearly figures are of: all that starts with the plan acts in it


def measures_frame(candidates, choice=None):
    """Every measure and package that was considered, school by school, whether or not it is offered or chosen.

    Parameters
    ----------
    candidates : Candidates
        With energy.
    choice : dict, optional
        Scheme to start year, of a programme; left out: nothing is chosen.

    Returns
    -------
    DataFrame
        ``school_id, name, stage, measures, scheme_id`` (blank: something cheaper does as much), ``chosen, start_year,
        cost_gbp, cost_low_gbp, cost_high_gbp`` (real; of a renewal, what it adds to like for like), then as if started with
        the plan: ``fuels_kwh, electricity_kwh, bills_gbp`` saved in its third year, ``carbon_tco2e`` saved in all,
        ``gbp_per_tonne`` (Green Book) and the ``comparator_gbp_per_tonne`` it may cost, ``direct_gbp_per_tonne`` (grant
        schemes), ``payback_years``, ``npv_gbp``.
    """
    offers, outlook, choice = candidates.energy, candidates.outlook, choice or {}
    names, rows = outlook.estate.schools.set_index("school_id")["name"], []
    footprint = outlook.energy.footprint
    for row in offers.considered.itertuples():
        saved, worth = row.saved, offers.worth
        costs = np.zeros(len(worth.discount))
        costs[row.start] = row.cost_gbp
        after = slice(row.start, None)
        net = costs[after] - saved.bills_gbp[after]
        most = comparator_gbp_per_t(worth.carbon_gbp_per_t[after], saved.carbon_t[after])
        at = min(row.start + YEAR_LOOKED_AT, len(costs) - 1)
        lasts = min(figure(item.measure, "persistence").value for item in row.fitted)
        direct = direct_t_per_year(saved, footprint, at)
        present = worth.discount * (saved.bills_gbp + worth.carbon_gbp_per_t * saved.carbon_t - costs)
        rows.append([row.school_id, names[row.school_id], row.stage, measure_names(row.fitted), row.scheme_id,
                     "yes" if row.scheme_id in choice else "no", choice.get(row.scheme_id), row.cost_gbp,
                     row.cost_low_gbp, row.cost_high_gbp, saved.burnt_kwh[at], saved.power_kwh[at], saved.bills_gbp[at],
                     saved.carbon_t.sum(), cost_per_tonne(net, saved.carbon_t[after]), most,
                     direct_cost_per_tonne(row.cost_gbp, direct, lasts),
                     payback_years(row.cost_gbp, saved.bills_gbp[row.start + 1:]), present.sum()])
    frame = pd.DataFrame(rows, columns=MEASURE_COLUMNS).astype({"start_year": "Int64"})
    frame["payback_years"] = frame.payback_years.where(np.isfinite(frame.payback_years))
    return frame.round({name: 2 for name in MEASURE_COLUMNS if name.endswith(("_gbp", "_tonne"))}
                       | {"fuels_kwh": 1, "electricity_kwh": 1, "carbon_tco2e": 3, "payback_years": 1})


MEASURE_COLUMNS = ["school_id", "name", "stage", "measures", "scheme_id", "chosen", "start_year", "cost_gbp", "cost_low_gbp",
                   "cost_high_gbp", "fuels_kwh", "electricity_kwh", "bills_gbp", "carbon_tco2e", "gbp_per_tonne",
                   "comparator_gbp_per_tonne", "direct_gbp_per_tonne", "payback_years", "npv_gbp"]


def measure_names(fitted):
    """Measures in words, each once, in the order they are worked out."""
    order = list(STAGES)
    names = sorted({item.measure for item in fitted}, key=order.index)
    size = next((f" of {item.size_kwp:g} kWp" for item in fitted if item.size_kwp), "")
    part = next((f" ({item.part_share:.0%} of {'the roof' if item.measure == RE_ROOF else 'windows'})" for item in fitted
                 if item.part_share < 1), "")
    return ", ".join(names) + size + part


def carbon_frame(programme):
    """Energy, bills and carbon of the trust by planning year, without and with the programme, to 2049-50.

    Parameters
    ----------
    programme : Programme
        With energy.

    Returns
    -------
    DataFrame
        ``year``; ``electricity_without_kwh, electricity_with_kwh`` (bought), ``fuels_without_kwh, fuels_with_kwh,
        exported_kwh, bills_without_gbp, bills_with_gbp`` (real), ``bills_saved_nominal_gbp, footprint_without_tco2e,
        footprint_with_tco2e, footprint_claimed_tco2e`` (with, by what schemes claim one by one: never less),
        ``carbon_saved_tco2e`` (at marginal factors), ``most_tco2e`` (the target, where there is one).

    Notes
    -----
    Every school is worked out as a whole, with all that is fitted there in its year. *Counterexample:* works on the trust's
    own list, whose energy nobody has told.
    """
    candidates = programme.candidates
    offers, energy, scenario = candidates.energy, candidates.outlook.energy, candidates.outlook.scenario
    use, bills = energy.kwh.sum(axis=2), np.asarray(energy.cost_gbp()).sum(axis=(0, 1))
    emitted = np.asarray(energy.emissions_t()).sum(axis=(0, 1))
    fitted, totals = fitted_by_school(programme), {name: np.zeros(len(energy.years)) for name in (
        "power", "fuels", "sent", "bills", "footprint", "carbon")}
    for name, school in offers.schools.items():
        if fitted[name]:
            saved = school.saved(fitted[name])
            sent = use_with(school.premises, fitted[name], school.level).exported_kwh
            for key, values in (("power", saved.power_kwh), ("fuels", saved.burnt_kwh), ("bills", saved.bills_gbp),
                                ("footprint", saved.footprint_t), ("carbon", saved.carbon_t), ("sent", sent)):
                totals[key] += values
    claimed = sum((offers.saved[pair].footprint_t for pair in programme.choice.items() if pair in offers.saved),
                  np.zeros(len(energy.years)))
    nominal = np.array([general_price_ratio(scenario.plan.price_base, int(year), scenario.energy.general_inflation)
                        for year in calendar_years(energy.years)])
    power, fuels = use[:, POWER].sum(axis=0), use[:, BURNT].sum(axis=(0, 1))
    frame = pd.DataFrame({
        "year": energy.years, "electricity_without_kwh": power, "electricity_with_kwh": power - totals["power"],
        "fuels_without_kwh": fuels, "fuels_with_kwh": fuels - totals["fuels"], "exported_kwh": totals["sent"],
        "bills_without_gbp": bills, "bills_with_gbp": bills - totals["bills"],
        "bills_saved_nominal_gbp": totals["bills"] * nominal, "footprint_without_tco2e": emitted,
        "footprint_with_tco2e": emitted - totals["footprint"], "footprint_claimed_tco2e": emitted - claimed,
        "carbon_saved_tco2e": totals["carbon"], "most_tco2e": _most(scenario, energy.years, emitted)})
    return frame.round({name: 2 if name.endswith("_gbp") else 4 if name.endswith("_tco2e") else 1 for name in frame
                        if name != "year"})


def _most(scenario, years, emitted):
    """Most that may be emitted in each year; not a number where nothing is asked."""
    asked = scenario.carbon
    base, most = asked.base_t or float(emitted[0]), np.full(len(years), np.nan)
    for year, share in (asked.cuts or {}).items():
        most[years == int(year)] = base * (1.0 - share)
    for year, tonnes in (asked.most_t or {}).items():
        at = years == int(year)
        most[at] = np.fmin(most[at], tonnes)
    return most


def lock_in_frame(programme):
    """What renewing each boiler like for like locks in until it is renewed again, beside a heat pump in its place.

    Parameters
    ----------
    programme : Programme
        With energy.

    Returns
    -------
    DataFrame
        ``need, school_id, block_id, scheme_id`` (the renewal like for like), ``year`` (that of the programme, else the first
        a heat pump is offered in), ``chosen`` (like for like, heat pump, neither), ``locked_until`` (planning year of the
        next renewal), ``carbon_tco2e`` a heat pump would save till then, ``carbon_gbp`` its value, ``bills_gbp`` what its
        bills would be less, present value, ``cost_gbp`` what it costs more, present value; ``regret_gbp``: what is lost by
        locking in, nought where the heat pump is worth less than it costs.
    """
    candidates = programme.candidates
    offers, schemes = candidates.energy, candidates.schemes.set_index("scheme_id")
    cost = candidates.scheme_years.set_index(["scheme_id", "start_year"]).cost_real_gbp
    rows = []
    for pump, base in offers.works.items():
        if not pump.endswith(".heat_pump") or pump not in schemes.index:
            continue
        starts = [year for year in candidates.scheme_years.start_year[candidates.scheme_years.scheme_id == pump]
                  if (base, year) in cost.index]
        if starts:
            group = schemes.index[(schemes.exclusion_group == schemes.exclusion_group[pump])]
            own = [name for name in group if name in programme.choice]
            rows.append(_locked(programme, pump, base, own, starts, cost))
    return pd.DataFrame(rows, columns=LOCK_COLUMNS).round({name: 2 for name in LOCK_COLUMNS if name.endswith("_gbp")}
                                                          | {"carbon_tco2e": 3})


LOCK_COLUMNS = ["need", "school_id", "block_id", "scheme_id", "year", "chosen", "locked_until", "carbon_tco2e", "carbon_gbp",
                "bills_gbp", "cost_gbp", "regret_gbp"]


def _locked(programme, pump, base, own, starts, cost):
    candidates, offers = programme.candidates, programme.candidates.energy
    row = candidates.schemes.set_index("scheme_id").loc[pump]
    first = candidates.outlook.scenario.plan.first_year
    year = min(starts, key=lambda year: abs(year - programme.choice.get(own[0], starts[0]))) if own else starts[0]
    school = offers.schools[row.school_id]
    zone, since, life = (school.blocks.index(row.block_id),), year - first + 1, int(figure(BOILER, "life").value)
    kind = next(item.measure for (name, _), items in offers.fitted.items() if name == pump for item in items)
    boiler, heat_pump = (school.saved([Fitted(each, since, zone)]) for each in (BOILER, kind))
    discount, value = offers.worth.discount, offers.worth.carbon_gbp_per_t
    tonnes, carbon_gbp = locked_in(heat_pump.carbon_t - boiler.carbon_t, value, since, life, discount)
    bills_gbp = float(((heat_pump.bills_gbp - boiler.bills_gbp) * discount)[since:since + life].sum())
    more_gbp = float((cost[pump, year] - cost[base, year]) * discount[year - first])
    chosen = ("neither" if not own else "heat pump" if kind in {
        item.measure for item in offers.fitted.get((own[0], programme.choice[own[0]]), ())} else "like for like")
    share = min(1.0, life / figure(kind, "life").value)  # it outlasts the boiler, so a part of its cost is charged
    return [row.exclusion_group, row.school_id, row.block_id, base, year, chosen, year + life, tonnes, carbon_gbp, bills_gbp,
            more_gbp, max(0.0, carbon_gbp + bills_gbp - share * more_gbp)]


def write_carbon(programme, folder):
    """Write what a programme does for energy and carbon, where energy is included.

    Parameters
    ----------
    programme : Programme
    folder : Path
        An existing folder: ``measures.csv``, ``carbon.csv`` and ``lock_in.csv`` go into it.
    """
    if programme.candidates.energy is not None:
        write_frame(measures_frame(programme.candidates, programme.choice), folder / "measures.csv")
        write_frame(carbon_frame(programme), folder / "carbon.csv")
        write_frame(lock_in_frame(programme), folder / "lock_in.csv")


def condition_part_gbp(programme):
    """Part of a programme's value that is not energy: loss of condition avoided. [GBP]

    Parameters
    ----------
    programme : Programme
        With energy.

    Returns
    -------
    float
    """
    offers = programme.candidates.energy
    return programme.objective - sum(offers.worth.of(offers.saved[pair]) for pair in programme.choice.items()
                                     if pair in offers.saved)
