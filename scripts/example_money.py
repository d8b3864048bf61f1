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
