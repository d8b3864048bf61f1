"""Which tables a results folder has and what every page needs of them."""

from ..tables import Column, Kind


def _columns(kind, names, unit="", needed=True):
    return tuple(Column(name, kind, "", unit, needed) for name in names.split())


def _text(names, needed=True):
    return _columns(Kind.TEXT, names, needed=needed)


def _number(names, unit="GBP", needed=True):
    return _columns(Kind.NUMBER, names, unit, needed)


def _year(names, needed=True):
    return _columns(Kind.INTEGER, names, "year", needed)


FILES = {
    "schemes": _text("scheme_id element kind") + _text("school_id school_name site_id block_id description", False)
    + _text("exclusion_group also_meets worst_grade pots reason", False) + _columns(Kind.FLAG, "must_do")
    + _year("must_start_by start_year", False) + _number("priority", "", False) + _number("surveyed_share", "", False)
    + _number("cost_gbp value_gbp") + _number("value_per_gbp", "GBP/GBP", False),
    "draws": _text("scheme_id pot_id") + _year("year") + _number("amount_gbp"),
    "cashflow": _text("pot_id route") + _year("year")
    + _number("opening_gbp in_gbp out_gbp lapsed_gbp closing_gbp"),
    "reserves": _year("year") + _number("opening_gbp income_gbp costs_gbp loan_service_gbp top_slice_gbp surplus_gbp")
    + _number("spent_on_works_gbp closing_gbp floor_gbp") + _number("reserves_share", "", False)
    + _text("watch_band in_year_deficit"),
    "outlook": _text("plan") + _year("year")
    + _number("backlog_b_gbp backlog_c_gbp backlog_d_gbp backlog_e_gbp backlog_gbp expected_loss_gbp")
    + _number("expected_failures", "components") + _number("facility_condition_index", "", False),
    "schools": _text("school_id name") + _number("gifa_m2", "m2") + _number("replacement_gbp", needed=False)
    + _number("backlog_now_gbp backlog_end_without_gbp backlog_end_with_gbp spend_gbp")
    + _number("fci_now surveyed_share", "", False) + _number("schemes_funded", "schemes"),
    "elements": _text("element")
    + _number("backlog_now_gbp backlog_end_without_gbp backlog_end_with_gbp spend_gbp"),
    "candidates/spend": _text("scheme_id") + _year("start_year year") + _number("cost", "GBP nominal"),
}
FURTHER_FILES = {
    "cost_risk": _text("scope name") + _text("stage", False) + _number("planned_gbp p50_gbp p80_gbp schemes_p80_gbp"),
    "ledger": _text("school_id", False) + _text("name") + _year("year")
    + _number("income_gbp costs_gbp loan_service_gbp top_slice_gbp pooled_gbp", needed=False) + _number("own_reserves_gbp")
    + _number("contributed_gbp central_services_gbp", needed=False) + _number("works_gbp")
    + _number("received_gbp net_gbp", needed=False) + _number("own_grants_gbp trust_grants_gbp contributions_gbp")
    + _number("kept_gbp", needed=False) + _text("in_deficit", False),
    "places": _text("school_id", False) + _text("name") + _year("year") + _number(
        "places temporary_places pupils_p10 pupils_p50 pupils_p90 spare short places_with spare_with short_with", "pupils")
    + _number("unfilled_share occupied_share", "", False) + _number("infant_classes", "classes", False)
    + _number("guideline_m2 gifa_m2", "m2", False),
    "energy_baseline": _text("school_id name fuel method weak weather_corrected price_from")
    + _number("use_kwh low_kwh high_kwh", "kWh") + _number("kind_kwh", "kWh", False)
    + _number("use_kwh_per_m2", "kWh/m2", False) + _number("footprint_tco2e", "tCO2e") + _number("cost_gbp"),
    "bridge": _year("year", False) + _text("item") + _number("amount_gbp amount_nominal_gbp"),
    "needs": _text("need school_id block_id element worst_grade grade_now grade_in_three_years statutory owner", False)
    + _text("control look_again_by surveyed_from surveyed_to", False) + _number("components", "components", False)
    + _number("poor_now_share poor_in_three_years_share modelled_share", "", False)
    + _number("failures_in_three_years", "components", False) + _number("pupils", "pupils", False)
    + _number("pupil_days_in_three_years", "pupil-days", False),
    "ownership": _text("level place plan") + _number(" ".join(
        f"{item}{basis}_gbp" for basis in ("", "_present")
        for item in ("capital", "patching", "failures", "closures", "handed_on", "total"))),
}
"""Tables that a folder may lack; they are empty then."""
MAY_BE_EMPTY = ("places", "schemes", "draws", "cashflow", "reserves", "candidates/spend")
SOLUTION_KEYS = {"trust": str, "objective": (int, float), "bound": (int, float, type(None)),
                 "gap": (int, float, type(None)), "seconds": (int, float), "status": str, "solver": str,
                 "version": str, "capplan_version": str, "price_base": int, "first_year": int, "last_year": int,
                 "scenario": str, "baselines": list, "stand_in_money": bool, "notes": list, "evidence": dict,
                 "audit": str}
