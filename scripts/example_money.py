"""The money of the example trust: grants by the 2025-26 formula on invented pupils, and invented reserves."""

import pandas as pd

from capplan import reference

FIRST_YEAR = 2026

# Rates of the 2025-26 allocations: DfE, school condition and devolved formula capital allocations for 2025-26, May 2025
# (the modifiers of the bands as recovered from that workbook).
SCA_GBP_PER_PUPIL, SCA_FLOOR_GBP, SCA_VA, SCA_PFI = 159.25, 25000, 1.08, 0.5
DFC_LUMP_GBP, DFC_GBP_PER_PUPIL, DFC_VA = 4000, 11.25, 1.08
WEIGHTS = {"primary": 1.0, "secondary": 1.5, "post16": 2.0, "special": 4.5}
MODIFIERS = {"CDC2-B": 0.6, "CDC2-C": 0.7, "CDC2-D": 0.8, "CDC2-E": 0.9, "CDC2-F": 1.0, "CDC2-G": 1.2, "CDC2-H": 1.4,
             "CDC1-E": 0.8, "CDC1-G": 1.0, "CDC1-K": 1.4, "none": 1.0}
RESERVE_RULES = {"income_gbp_per_pupil": 7500, "growth": 0.02, "opening_share": 0.07,
                 "surplus_shares": (0.005, 0.004, -0.003, 0.006, 0.005, 0.003, 0.007, 0.008, 0.006, 0.005)}
PSDS_GBP = 210000
# The budget splits the income of the reserves table by weighted pupils. Of a school's income: staff, energy, what is left
# before the top slice, in the order of schools; the centre's own costs are what makes the surplus of the reserves table.
INCOME_WEIGHTS = {"primary": 1.0, "secondary": 1.3, "post16": 1.3, "special": 4.0}
BUDGET_RULES = {"staff_share": 0.76, "centre_staff_share": 0.7, "centre_energy_gbp": 20000,
                "energy_shares": (0.030, 0.027, 0.031, 0.034, 0.026, 0.029, 0.027, 0.024, 0.023, 0.027, 0.025, 0.036),
                "left_shares": (0.041, 0.058, 0.049, 0.022, 0.061, 0.047, 0.056, 0.055, 0.046, 0.050, 0.052, 0.063)}


def allocation_gbp(school):
    """School condition allocation and devolved formula capital of one school at the 2025-26 rates. [GBP]

    Returns
    -------
    tuple of float
        ``max(25,000, 159.25 x weighted pupils x modifier x location x VA x PFI)`` and
        ``(4,000 + 11.25 x weighted pupils) x VA``.
    """
    weighted = sum(WEIGHTS[stage] * school[stage] for stage in WEIGHTS)
    aided = school["va"] == "yes"
    need_gbp = (SCA_GBP_PER_PUPIL * weighted * MODIFIERS[school["band"]] * reference.location_factor(school["region"])
                * (SCA_VA if aided else 1) * (SCA_PFI if school["pfi"] == "yes" else 1))
    return max(SCA_FLOOR_GBP, need_gbp), (DFC_LUMP_GBP + DFC_GBP_PER_PUPIL * weighted) * (DFC_VA if aided else 1)


def make_grants(schools, years=range(FIRST_YEAR, FIRST_YEAR + 11)):
    """Grants by vintage: SCA for the trust, DFC for each school, one decarbonisation award; flat in nominal terms.

    Eleven vintages serve ten planning years: the last pays for works of the summer that ends the plan.
    """
    def status(year):
        return "awarded" if year == FIRST_YEAR else "expected"

    sums = {school.school_id: allocation_gbp(school) for _, school in schools.iterrows()}
    rows = [{"grant_id": f"SCA-{year}", "route": "SCA", "grant_year": year, "eligible": "condition", "school_id": "",
             "amount_gbp": round(sum(sca for sca, _ in sums.values())), "spend_by": "",
             "status": status(year)} for year in years]
    rows += [{"grant_id": f"DFC-{year}-{school_id}", "route": "DFC", "grant_year": year, "eligible": "any",
              "school_id": school_id, "amount_gbp": round(dfc), "spend_by": "", "status": status(year)}
             for year in years for school_id, (_, dfc) in sums.items()]
    rows.append({"grant_id": "PSDS4-2025", "route": "PSDS4", "grant_year": 2025, "eligible": "energy",
                 "school_id": "", "amount_gbp": PSDS_GBP, "spend_by": "2028-03-31", "status": "awarded"})
    return pd.DataFrame(rows)


def make_reserves(pupils):
    """Ten years of income, surplus and the opening reserves, to the nearest GBP 1,000 (opening 10,000)."""
    rows, income_gbp = [], RESERVE_RULES["income_gbp_per_pupil"] * pupils
    for number, share in enumerate(RESERVE_RULES["surplus_shares"]):
        rows.append({"year": FIRST_YEAR + number, "income_gbp": round(income_gbp / 1000) * 1000,
                     "opening_gbp": "" if number else round(income_gbp * RESERVE_RULES["opening_share"] / 1e4) * 10000,
                     "surplus_gbp": round(income_gbp * share / 1000) * 1000})
        income_gbp *= 1 + RESERVE_RULES["growth"]
    return pd.DataFrame(rows)


def make_budget(schools, reserves):
    """The budget by school and year, to the nearest GBP 1,000, adding up to the income and surplus of the reserves."""
    weights = sum(INCOME_WEIGHTS[stage] * schools[stage] for stage in INCOME_WEIGHTS)
    rules, rows = BUDGET_RULES, []
    for year in reserves.itertuples():
        incomes = [round(year.income_gbp * weight / weights.sum() / 1000) * 1000 for weight in weights]
        incomes[-1] += year.income_gbp - sum(incomes)
        left_over = 0
        for school, income, energy_share, left_share in zip(schools.school_id, incomes, rules["energy_shares"],
                                                            rules["left_shares"], strict=True):
            staff, energy = (round(income * share / 1000) * 1000 for share in (rules["staff_share"], energy_share))
            left = round(income * left_share / 1000) * 1000
            left_over += left
            rows.append([school, year.year, income, staff, energy, income - left - staff - energy])
        costs = left_over - year.surplus_gbp
        staff = round(costs * rules["centre_staff_share"] / 1000) * 1000
        rows.append(["", year.year, 0, staff, rules["centre_energy_gbp"], costs - staff - rules["centre_energy_gbp"]])
    return pd.DataFrame(rows, columns=["school_id", "year", "income_gbp", "staff_gbp", "energy_gbp", "other_costs_gbp"])
