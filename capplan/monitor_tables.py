"""Tables about how an approved programme is going: works, money, condition afterwards, and what counts as off plan."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table, gbp_column, year_column

NOT_STARTED, BEGUN, FINISHED, DROPPED = STATUSES = ("not started", "begun", "finished", "dropped")
MEASURES = ("cost", "days", "grades")


def _day(name, meaning):
    return Column(name, Kind.DATE, meaning, needed=False, least=EARLIEST_YEAR, most=LATEST_YEAR)


def _label(name, meaning, needed=True):
    return Column(name, Kind.TEXT, meaning, needed=needed)


ACTUALS = Table("actuals", "Where works stand, one row per scheme of the approved programme that there is something "
                "to say of, and per work that was done outside it.", ("scheme_id",), (
    _label("scheme_id", "The scheme, as schemes.csv of the results folder names it; a new name for works outside the plan."),
    Column("status", Kind.CHOICE, "Where it stands.", choices=STATUSES),
    _day("started", "Day works began on site; needed once they have."),
    _day("finished", "Day they were finished; needed once they are."),
    _day("expected_finish", "Day they are now expected to be finished."),
    gbp_column("forecast_cost_gbp", "What it is now expected to cost in all, with what is spent already (nominal). Blank: "
               "what was approved, or what is spent where that is more or works are finished.", False),
    _label("school_id", "School it is at; needed of works outside the plan.", False),
    _label("description", "What is done; needed of works outside the plan.", False),
    Column("use", Kind.CHOICE, "Kind of works, for eligibility; needed of works outside the plan.", needed=False,
           choices=("condition", "energy")),
    _label("reported_by", "Who says so.", False),
    _label("note", "Why it is as it is.", False),
))

SPENDING = Table("spending", "What was paid, one row per scheme, pot and planning year, or several.", (), (
    _label("scheme_id", "The scheme, as in actuals.csv."),
    _label("pot_id", "Pot that paid, as draws.csv of the results folder names it; reserves: the trust's, the oldest first."),
    year_column("year", "Planning year y of the payment: 1 September y to 31 August y+1."),
    gbp_column("amount_gbp", "Amount (nominal); negative: money that came back.", least=-1e9),
    _label("note", "Voucher, or what it was for.", False),
), needed=False)

CONDITIONS = Table("conditions", "What was found after works, one row per component.", ("scheme_id", "component_id"), (
    _label("scheme_id", "The scheme that treated it."),
    _label("component_id", "The component, as components.csv of the results folder names it."),
    Column("seen", Kind.DATE, "Day it was looked at.", least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("grade", Kind.CHOICE, "Grade found.", choices=("A", "B", "C", "D", "E")),
    _label("recorded_by", "Who looked.", False),
), needed=False)

THRESHOLDS = Table("thresholds", "From where on a scheme is amber or red, in place of capplan's own thresholds.",
                   ("measure",), (
    Column("measure", Kind.CHOICE, "cost: forecast above approved, as a fraction of it; days: later than approved; grades: "
           "worse than the works were to bring.", choices=MEASURES),
    Column("amber_above", Kind.NUMBER, "Amber above this; 0.05 of cost is 5%.", least=0, most=10000),
    Column("red_above", Kind.NUMBER, "Red above this.", least=0, most=10000),
), needed=False)

MONITOR_TABLES = (ACTUALS, SPENDING, CONDITIONS, THRESHOLDS)
