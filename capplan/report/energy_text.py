"""Energy on one screen, for an estates manager: what is used, how that is known, and what is to come."""

import textwrap

import pandas as pd

SHOWN_YEARS = (0, 5, 10)


def baseline_text(energy, frame, meters):
    """The baseline in words and figures.

    Parameters
    ----------
    energy : EnergyOutlook
    frame : DataFrame
        As ``energy_results.baseline_frame`` returns it.
    meters : DataFrame
        As ``energy_results.meters_frame`` returns it.

    Returns
    -------
    str
    """
    heads = f"  {'school':8}{'fuel':13}" + "".join(f"{name:>8}" for name in ("MWh", "from", "to", "kind", "kWh/m2"))
    lines = [str(energy.base), "",
             "Use of a normal year, MWh (80% range), beside a school of its kind; first year's cost and tCO2e",
             heads + f"{'£':>10}{'tCO2e':>8}  how it is known"]
    for row in frame.itertuples():
        kind = "" if pd.isna(row.kind_kwh) else f"{row.kind_kwh / 1000:,.0f}"
        lines.append(f"  {row.school_id[:7]:8}{row.fuel:13}{row.use_kwh / 1000:8,.0f}{row.low_kwh / 1000:8,.0f}"
                     f"{row.high_kwh / 1000:8,.0f}{kind:>8}{row.use_kwh_per_m2:8,.0f}{row.cost_gbp:10,.0f}"
                     f"{row.footprint_tco2e:8,.1f}  {row.method}{' (weak)' if row.weak == 'yes' else ''}")
    told = meters[meters.remarks != ""]
    if len(told):
        lines += ["", "Meters to look at"] + [f"  {row.meter_id:14}{row.remarks}" for row in told.itertuples()]
    return "\n".join([*lines, *_notes(energy)])


def forecast_text(energy, trust):
    """The forecast in words and figures.

    Parameters
    ----------
    energy : EnergyOutlook
    trust : DataFrame
        As ``energy_results.trust_frame`` returns it.

    Returns
    -------
    str
    """
    rules, base = energy.base.scenario.energy, energy.base.scenario.plan.price_base
    last = len(trust) - 1
    lines = [str(energy), "", f"Without works, in {base} prices ({rules.price_path} path; low and high in brackets)",
             f"  {'year':10}{'electricity':>13}{'fuels':>10}{'bills':>12}{'(low':>12}{'high)':>12}{'tCO2e':>9}"
             f"{'scope 1':>9}{'scope 2':>9}{'scope 3':>9}"]
    for place in (*(year for year in SHOWN_YEARS if year < last), last):
        row = trust.iloc[place]
        lines.append(f"  {int(row.year)}-{(int(row.year) + 1) % 100:02d}   {row.electricity_kwh / 1000:9,.0f} MWh"
                     f"{row.fuels_kwh / 1000:6,.0f} MWh{row.energy_gbp:12,.0f}{row.energy_low_gbp:12,.0f}"
                     f"{row.energy_high_gbp:12,.0f}{row.footprint_tco2e:9,.0f}{row.scope_1_tco2e:9,.0f}"
                     f"{row.scope_2_tco2e:9,.0f}{row.scope_3_tco2e:9,.0f}")
    first, end = trust.iloc[0], trust.iloc[-1]
    gone, grid = first.footprint_tco2e - end.footprint_tco2e, (first.scope_2_tco2e + first.scope_3_tco2e
                                                               - end.scope_2_tco2e - end.scope_3_tco2e)
    lines += ["", f"Without any works the footprint falls by {gone:,.0f} t to the last year; that of electricity falls by "
                  f"{grid:,.0f} t, which is the grid's doing. What is burned on site stays until it is replaced."]
    return "\n".join([line for text in lines for line in _wrapped(text)] + _notes(energy))


def _wrapped(text):
    return textwrap.wrap(text, 118) if text and not text.startswith("  ") else [text]


def _notes(energy):
    """The notes of an energy outlook, as the last lines of a screen."""
    return ["", "Notes", *(line for note in energy.notes
                           for line in textwrap.wrap(f"  - {note}", 118, subsequent_indent="    "))]
