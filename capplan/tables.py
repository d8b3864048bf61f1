"""Every table capplan reads, declared once: column, kind, unit, limits and meaning.

The reader, the checks, the templates of ``capplan new``, the data dictionary and the tests all read these declarations;
nothing else says what a column is.
"""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import gbp_column as _gbp
from .columns import id_column as _id
from .columns import year_column as _year
from .energy_tables import ENERGY_TABLES
from .evidence_tables import EVIDENCE_TABLES
from .growth_tables import GROWTH_TABLES
from .monitor_tables import MONITOR_TABLES
from .pupil_tables import PUPIL_TABLES
from .roll_tables import ROLL_TABLES

ELEMENTS = ("Roofs", "Floors and stairs", "Ceilings", "External walls, windows and doors", "Internal walls and doors",
            "Sanitary services", "Mechanical services", "Electrical services", "Redecorations",
            "Fixed furniture and fittings", "External areas", "Playing fields", "ICT", "Temporary buildings")
GRADES = ("A", "B", "C", "D", "E")
SURVEY_GRADES = ("A", "B", "C", "D", "BX", "CX", "DX")
PHASES = ("nursery", "primary", "secondary", "all-through", "special", "alternative provision", "sixth form")
REGIONS = ("North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands",
           "East of England", "South East", "South West", "Inner London", "Outer London")
TENURES = ("freehold", "125-year lease", "lease", "church or foundation land", "PFI lease", "licence", "not known")
AGE_BANDS = ("pre-1919", "1919-1944", "1945-1966", "1967-1976", "after 1976", "not known")
BASES = ("gifa", "ground_gifa", "wall", "windows_doors", "site", "field", "boundary", "lifts", "pool", "measured")
CONDITION_BANDS = (tuple(f"CDC1-{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXY")
                   + tuple(f"CDC2-{letter}" for letter in "ABCDEFGHIJKLMNO") + ("none",))
ROUTES = ("SCA", "DFC", "CIF", "PSDS4", "CIF loan", "CIF replacement", "urgent capital support", "Renewal and Retrofit",
          "GB Energy solar", "Basic Need", "High Needs", "section 106", "School Rebuilding", "Salix", "borrowing",
          "donation", "revolving fund", "other grant")
LOAN_ROUTES = ("CIF loan", "urgent capital support", "borrowing", "Salix")
USES = ("condition", "energy", "any")
BLOCK_USES = ("teaching", "hall or dining", "kitchen", "sports", "residential", "office", "plant", "mixed")
EXPOSURES = ("sheltered", "moderate", "severe")
QUALITIES = ("poor", "typical", "good")
STAGES = ("concept", "feasibility", "design", "tender", "contract")

EARLIEST_SURVEY = 1995

TRUST = Table("trust", "The trust itself: one row.", ("trust_id",), (
    _id("trust_id", "Short name the trust is known by in files."),
    Column("name", Kind.TEXT, "Name of the trust as printed on papers."),
))

SCHOOLS = Table("schools", "One row per school.", ("school_id",), (
    _id("school_id", "The school's short name in files."),
    Column("name", Kind.TEXT, "Name as printed on papers."),
    Column("urn", Kind.INTEGER, "Unique reference number of the school on DfE's register.", "", False,
           least=100000, most=999999),
    Column("phase", Kind.CHOICE, "Phase of education.", needed=False, choices=PHASES),
    Column("region", Kind.CHOICE, "Region; sets the location factor on national unit costs.", choices=REGIONS),
    Column("pfi", Kind.FLAG, "Whether a PFI contractor owns the lifecycle works."),
    Column("voluntary_aided", Kind.FLAG, "Whether the school is voluntary aided (VAT is then a cost)."),
    Column("tenure", Kind.CHOICE, "How the trust holds the site.", needed=False, choices=TENURES),
    Column("joined", Kind.DATE, "Date the school joined the trust.", needed=False, least=1988, most=LATEST_YEAR),
    Column("condition_band", Kind.CHOICE, "Band of DfE's condition data (CDC1 or CDC2) used for allocations.",
           needed=False, choices=CONDITION_BANDS),
    Column("pupils", Kind.INTEGER, "Pupils on roll.", "pupils", False, least=0, most=10000),
    Column("capacity", Kind.INTEGER, "Places the school has, as DfE's register says.", "pupils", False, least=0, most=10000),
    _id("planning_area", "Area within which schools share their intakes; blank: one with all others that have none.",
        needed=False),
    Column("la_number", Kind.INTEGER, "Number of the local authority: in some, PFI credits end within a year.", "", False,
           least=1, most=999),
    Column("opened", Kind.DATE, "Date the school opened; blank: before any date that matters.", needed=False, least=1000,
           most=LATEST_YEAR),
    Column("closed", Kind.DATE, "Date the school closes or closed; blank: it stays open.", needed=False, least=1000,
           most=LATEST_YEAR),
    Column("left", Kind.DATE, "Date the school leaves or left the trust; blank: it stays.", needed=False, least=1988,
           most=LATEST_YEAR),
    Column("regime_before", Kind.CHOICE, "Condition money it had before it joined; needed of a school that joins between "
           "1 September and 1 April.", needed=False, choices=("SCA", "CIF")),
    Column("cif_round_year", Kind.INTEGER, "Grant year of a CIF round the school was itself invited to, whatever the trust "
           "has.", "year", False, least=EARLIEST_YEAR, most=LATEST_YEAR),
    _gbp("income_gbp", "Total income of the school's last published accounts, for reference (nominal).", False),
    _gbp("revenue_reserve_gbp", "Revenue reserve of the same accounts, for reference (nominal).", False, least=-1e9),
))

SITES = Table("sites", "One row per site; a school may use several.", ("site_id",), (
    _id("site_id", "The site's short name in files."),
    _id("school_id", "School that uses the site.", "schools.school_id"),
    Column("site_area_m2", Kind.NUMBER, "Area of the site without playing fields.", "m2", False, least=0, most=5e6),
    Column("field_area_m2", Kind.NUMBER, "Area of playing fields.", "m2", False, least=0, most=5e6),
    Column("boundary_m", Kind.NUMBER, "Length of the boundary.", "m", False, least=0, most=1e5),
))

BLOCKS = Table("blocks", "One row per block (building).", ("block_id",), (
    _id("block_id", "The block's short name in files."),
    _id("site_id", "Site the block stands on.", "sites.site_id"),
    Column("gifa_m2", Kind.NUMBER, "Gross internal floor area.", "m2", above=0, most=60000),
    Column("ground_gifa_m2", Kind.NUMBER, "Gross internal area of the ground floor.", "m2", False, least=0, most=60000),
    Column("storeys", Kind.NUMBER, "Number of storeys.", "", False, least=1, most=20),
    Column("perimeter_m", Kind.NUMBER, "Length of the external walls on plan.", "m", False, least=0, most=5000),
    Column("height_m", Kind.NUMBER, "Height of the external walls.", "m", False, least=0, most=60),
    Column("windows_doors_percent", Kind.NUMBER, "Windows and external doors as a share of the wall area, in per cent.",
           "%", False, least=0, most=100),
    Column("lifts", Kind.INTEGER, "Passenger lifts.", "lifts", False, least=0, most=20),
    Column("age_band", Kind.CHOICE, "When the block was built.", needed=False, choices=AGE_BANDS),
    Column("permanence", Kind.CHOICE, "Permanent or temporary building.", choices=("permanent", "temporary")),
    Column("planned_exit", Kind.DATE, "Date the block is to be left, demolished or rebuilt, if there is one.",
           needed=False, least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("use", Kind.CHOICE, "Main use of the block; sets what a failure in it closes.", needed=False,
           choices=BLOCK_USES),
    Column("pupils", Kind.INTEGER, "Pupils taught in the block; blank: the school's pupils by floor area.", "pupils", False,
           least=0, most=10000),
    Column("exposure", Kind.CHOICE, "Exposure to wind and driving rain; blank: moderate.", needed=False, choices=EXPOSURES),
    Column("build_quality", Kind.CHOICE, "Quality of design and workmanship; blank: typical.", needed=False,
           choices=QUALITIES),
    Column("maintenance", Kind.CHOICE, "Level of maintenance; blank: typical.", needed=False, choices=QUALITIES),
    Column("planning_expires", Kind.DATE, "Date the planning permission of a temporary building ends.", needed=False,
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("surplus", Kind.FLAG, "Whether its places are not needed, so that it may be demolished; blank means no.",
           needed=False),
))

COMPONENTS = Table("components", "One row per component found by a condition survey, or modelled.", ("component_id",), (
    _id("component_id", "The component's short name in files."),
    _id("site_id", "Site the component is on.", "sites.site_id"),
    _id("block_id", "Block the component is in; blank for the grounds of the site.", "blocks.block_id", False),
    _id("type_id", "Construction type in capplan's list: sets element, deterioration and unit cost.",
        "component_types.type_id"),
    Column("quantity", Kind.NUMBER, "How much of the component there is at this grade, in the unit of its type.",
           "m2, m or nr", least=0, most=1e6),
    Column("quantity_basis", Kind.CHOICE, "Whether the quantity was measured, or the geometry it was worked out from.",
           choices=BASES),
    Column("grade", Kind.CHOICE, "Condition grade A-D; X: cannot be repaired, only replaced.", choices=SURVEY_GRADES),
    Column("priority", Kind.INTEGER, "1 urgent, 2 within two years, 3 within three to five, 4 beyond five.", "", False,
           least=1, most=4),
    Column("statutory", Kind.FLAG, "Whether the remedy is required by law; blank means no.", needed=False),
    Column("due_year", Kind.INTEGER, "Planning year by whose end a statutory or priority 1 remedy must have been done; "
           "blank: the first year of the plan.", "year", False, least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("surveyed", Kind.SURVEYED, "Date of the survey, or modelled where nobody has looked.",
           least=EARLIEST_SURVEY, most=LATEST_YEAR),
    _gbp("remedial_cost_gbp", "Surveyor's cost of bringing the component to grade A, without fees or VAT.", False),
    _year("cost_price_base", "Year whose prices the remedial cost is in; needed with it.", False),
    Column("remaining_life_years", Kind.NUMBER, "Surveyor's estimate of the years left.", "years", False,
           least=0, most=150),
    Column("installed", Kind.INTEGER, "Year it was installed or last renewed.", "year", False, least=1700,
           most=LATEST_YEAR),
    Column("support_ends", Kind.DATE, "Last day the maker supplies security updates or spare parts (ICT and plant).",
           needed=False, least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("failure_probability", Kind.NUMBER, "The trust's own yearly chance of failure until works are done, in place of "
           "the forecast's.", "", False, least=0, most=1),
    Column("sole", Kind.FLAG, "Whether the whole block depends on this one item, a single point of failure; blank means no.",
           needed=False),
))

GRANTS = Table("grants", "Grants in hand or expected, one row per vintage.", ("grant_id",), (
    _id("grant_id", "The grant's short name in files."),
    Column("route", Kind.CHOICE, "Funding route.", choices=ROUTES),
    Column("grant_year", Kind.INTEGER, "Grant year f: 1 April f to 31 March f+1, the vintage.", "year",
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    _gbp("amount_gbp", "Amount awarded or expected, in the pounds of its own day (nominal)."),
    Column("eligible", Kind.CHOICE, "Works it may pay for.", choices=USES),
    _id("school_id", "School that owns it; blank for the whole trust.", "schools.school_id", False),
    Column("spend_by", Kind.DATE, "Last day of spending where it differs from the rule of the route.", needed=False,
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("status", Kind.CHOICE, "Whether the award has been made; blank means expected.", needed=False,
           choices=("awarded", "expected")),
), needed=False)


def _heads(name, meaning, needed=True):
    return Column(name, Kind.NUMBER, meaning, "pupils", needed, least=0, most=20000)


ROLLS = Table("rolls", "Pupils by school and spring census, counted or forecast; they lead formula allocations.",
              ("school_id", "census_year"), (
    _id("school_id", "The school; a school that took the place of others counts theirs too.", "schools.school_id"),
    Column("census_year", Kind.INTEGER, "Year of the spring (January) census; it leads the grant year after.", "year",
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    _heads("pupils_primary", "Pupils of primary age, nursery pupils who attend full time among them."),
    _heads("pupils_secondary", "Pupils of years 7 to 11."),
    _heads("pupils_post16", "Pupils of years 12 to 14."),
    _heads("pupils_special", "Pupils of special and alternative provision schools, and boarders."),
    _heads("pupils_early_years_part_time", "Part-time early years pupils, counted as heads; blank: none.", False),
    Column("status", Kind.CHOICE, "Whether the census was taken; blank means forecast.", needed=False,
           choices=("counted", "forecast")),
), needed=False)

RESERVES = Table("reserves", "The trust's free reserves, one row per planning year, or per school and planning year.",
                 ("year", "school_id"), (
    Column("year", Kind.INTEGER, "Planning year y: 1 September y to 31 August y+1.", "year",
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    _gbp("opening_gbp", "Free reserves at the start of the first year, without capital grants; blank afterwards.",
         False, least=-1e9),
    _gbp("income_gbp", "Total income of the year (nominal); may be blank beside a budget table.", False),
    _gbp("surplus_gbp", "Income less spending before any works of this plan, the loans of the loans table and the top "
         "slice; negative in deficit (nominal). May be blank beside a budget table.", False, least=-1e9),
    _id("school_id", "School whose reserves they are; blank: the trust's own.", "schools.school_id", False),
), needed=False)

BUDGET = Table("budget", "The trust's budget, one row per school and planning year; it makes income and surplus of the "
               "reserves.", ("school_id", "year"), (
    _id("school_id", "School; blank: the centre of the trust.", "schools.school_id", False),
    Column("year", Kind.INTEGER, "Planning year y: 1 September y to 31 August y+1.", "year",
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    _gbp("income_gbp", "Revenue income before any top slice, without capital grants (nominal)."),
    _gbp("staff_gbp", "Staff costs (nominal)."),
    _gbp("energy_gbp", "Cost of energy (nominal)."),
    _gbp("other_costs_gbp", "All other running costs, without works of this plan, loans of the loans table or the top slice "
         "(nominal)."),
    Column("pupils", Kind.NUMBER, "Pupils that the income was worked out for, those of the October before; blank: those of "
           "schools.csv.", "pupils", False, least=0, most=20000),
), needed=False)

LOANS = Table("loans", "Known loans, repaid in equal yearly payments; what they take from each year comes before any works.",
              ("loan_id",), (
    _id("loan_id", "The loan's short name in files; that of its grants row, if it pays for works of this plan."),
    Column("route", Kind.CHOICE, "Kind of loan.", choices=LOAN_ROUTES),
    _id("school_id", "School that repays it; blank: the trust.", "schools.school_id", False),
    _year("drawn_year", "Planning year it is drawn in."),
    _gbp("amount_gbp", "Amount drawn (nominal)."),
    Column("rate", Kind.NUMBER, "Interest a year, as a fraction: 0.0537 is 5.37%; 0: free of interest.", least=0, most=0.25),
    Column("years", Kind.INTEGER, "Number of yearly payments.", "years", least=1, most=60),
    _year("first_repayment_year", "Planning year of the first payment; interest of years without one is added to the debt."),
), needed=False)

WORKS = Table("works", "Works already on the trust's own list.", ("work_id",), (
    _id("work_id", "The work's short name in files."),
    _id("school_id", "School the work is at.", "schools.school_id"),
    _id("block_id", "Block the work is in; blank for the grounds or the whole school.", "blocks.block_id", False),
    Column("description", Kind.TEXT, "What is to be done."),
    Column("use", Kind.CHOICE, "Kind of works, for eligibility.", choices=("condition", "energy")),
    _gbp("cost_gbp", "Cost in the prices of cost_price_base, without VAT and what its stage leaves to be added (fees)."),
    _year("cost_price_base", "Year whose prices the cost is in."),
    _gbp("loss_avoided_gbp_per_year", "Expected loss each year until it is done, in the same prices.", False),
    Column("priority", Kind.INTEGER, "1 urgent ... 4 long term.", "", False, least=1, most=4),
    _year("must_start_by", "Planning year it must start in or before, if it must be done at all.", False),
    Column("status", Kind.CHOICE, "Where the work stands.", choices=("proposed", "committed")),
    Column("stage", Kind.CHOICE, "Stage its cost is at; blank: contract for committed works, else that of the scenario's "
           "survey costs.", needed=False, choices=STAGES),
    _gbp("contribution_gbp", "What others (parents, council, a partner) pay of it, received in the year it starts "
         "(nominal).", False),
    Column("paid_before_share", Kind.NUMBER, "Part of its cost that is paid in the year before it starts; blank: as the "
           "scenario's profile has it.", needed=False, least=0, most=1),
    Column("paid_after_share", Kind.NUMBER, "Part of its cost that is paid in the year after; blank: as the scenario's "
           "profile has it, or none where the part before is given.", needed=False, least=0, most=1),
    Column("reason", Kind.TEXT, "Why it is wanted, as whoever proposed it puts it.", needed=False),
    Column("evidence", Kind.TEXT, "Names of the photos, quotes or reports that show it.", needed=False),
), needed=False)


HISTORY = Table("history", "Earlier grades of components and works done to them: what forecasts are learned from.",
                ("component_id", "seen", "cause"), (
    _id("component_id", "The component.", "components.component_id"),
    Column("seen", Kind.DATE, "Date of the survey, or of completion of the works.", least=EARLIEST_SURVEY,
           most=LATEST_YEAR),
    Column("grade", Kind.CHOICE, "Grade found, or after the works.", choices=(*SURVEY_GRADES, "E")),
    Column("cause", Kind.CHOICE, "A survey, or works.", choices=("survey", "works")),
    Column("recorded_by", Kind.TEXT, "Who recorded it.", needed=False),
    Column("recorded_on", Kind.DATE, "When it was recorded.", needed=False, least=EARLIEST_SURVEY, most=LATEST_YEAR),
    Column("note", Kind.TEXT, "What was done or seen.", needed=False),
), needed=False)

COMPLIANCE = Table("compliance", "Statutory inspections and the remedial works they found, one row each.", ("item_id",), (
    _id("item_id", "The item's short name in files."),
    _id("site_id", "Site it is at.", "sites.site_id"),
    _id("block_id", "Block it is in; blank for the whole site.", "blocks.block_id", False),
    _id("duty_id", "Duty in capplan's list of statutory duties.", "compliance_duties.duty_id"),
    Column("last_done", Kind.DATE, "Date of the last inspection.", needed=False, least=EARLIEST_SURVEY, most=LATEST_YEAR),
    Column("due", Kind.DATE, "Date the next inspection or the remedial works are due; blank: an inspection by the duty's "
           "cycle, works at once.", needed=False, least=EARLIEST_SURVEY, most=LATEST_YEAR),
    Column("finding", Kind.TEXT, "Remedial works found necessary.", needed=False),
    _gbp("remedial_cost_gbp", "Cost of those works, without fees or VAT.", False),
    _year("cost_price_base", "Year whose prices the cost is in; needed with it.", False),
), needed=False)

RATES = Table("rates", "Rates of wear learned from this estate's own surveys; they take the place of the national ones.",
              ("type_id",), (
    _id("type_id", "Construction type.", "component_types.type_id"),
    *(Column(f"p_{step}", Kind.NUMBER, f"Yearly chance of going from grade {step[0].upper()} to {step[1].upper()}.",
             least=0, most=1) for step in ("ab", "bc", "cd", "de")),
    Column("evidence", Kind.TEXT, "What the rates rest on.", needed=False),
), needed=False)

OWNERS = Table("owners", "Who answers for the figures a plan rests on, and when they are to be looked at again.",
               ("figure",), (
    Column("figure", Kind.TEXT, "Name of the figure, as assumptions.csv of a results folder has it."),
    Column("owner", Kind.TEXT, "Who answers for it."),
    Column("dated", Kind.DATE, "Day it was last confirmed.", needed=False),
    Column("review_by", Kind.DATE, "Day by which it is to be looked at again.", needed=False),
), needed=False)

CONTROLS = Table("controls", "Who looks after needs that wait, and what is done about them meanwhile.", ("need",), (
    Column("need", Kind.TEXT, "The need, as needs.csv of a results folder names it."),
    Column("owner", Kind.TEXT, "Who answers for it while it waits."),
    Column("control", Kind.TEXT, "What is done meanwhile; blank: capplan's list for the element.", needed=False),
    Column("look_again_by", Kind.DATE, "Day by which it is to be looked at again.", needed=False),
), needed=False)

CRITERIA = ("learning conditions", "special educational needs", "safeguarding", "access", "sufficiency", "location")

SUITABILITY = Table("suitability", "How well schools and blocks serve what they are used for, beside their condition.",
                    ("school_id", "block_id", "criterion"), (
    _id("school_id", "The school.", "schools.school_id"),
    _id("block_id", "The block; blank for the whole school.", "blocks.block_id", False),
    Column("criterion", Kind.CHOICE, "What is judged.", choices=CRITERIA),
    Column("score", Kind.INTEGER, "1 good, 2 satisfactory, 3 poor: limits teaching, 4 bad: prevents it.", "", least=1,
           most=4),
    Column("assessed", Kind.DATE, "Date of the assessment.", least=EARLIEST_SURVEY, most=LATEST_YEAR),
    Column("note", Kind.TEXT, "What was found.", needed=False),
), needed=False)

BID_USES = ("condition", "compliance", "expansion", "energy")

BIDS = Table("bids", "Bids the trust may make, won or lost: capplan bids weighs them, no other command counts on them.",
             ("bid_id",), (
    _id("bid_id", "The bid's short name in files."),
    Column("route", Kind.CHOICE, "Funding route that takes bids.", choices=ROUTES),
    Column("round_year", Kind.INTEGER, "Grant year f of the round, which closes in planning year f - 1.", "year",
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    _id("school_id", "School the bid is for.", "schools.school_id"),
    _id("block_id", "Block it is for; blank: any works at the school.", "blocks.block_id", False),
    Column("element", Kind.CHOICE, "Element it is for; blank: any.", needed=False, choices=ELEMENTS),
    Column("kind", Kind.CHOICE, "Kind of project; blank: what the route pays for first.", needed=False, choices=BID_USES),
    Column("ask_gbp", Kind.NUMBER, "Sum asked for (nominal).", "GBP", above=0, most=1e9),
    _gbp("match_gbp", "What the trust puts beside it (nominal)."),
    Column("odds", Kind.NUMBER, "Chance of winning; blank: the share that won in the latest round known.", needed=False,
           least=0, most=1),
    *(Column(f"{part}_points", Kind.NUMBER, f"The trust's own score for {part}, as a fraction of its points, before the "
             "match counts.", needed=False, least=0, most=1) for part in ("need", "cost", "planning")),
    Column("fees_share", Kind.NUMBER, "Professional fees, with bid writing and design, as a share of the project.",
           needed=False, least=0, most=1),
    _gbp("bid_cost_gbp", "What making the bid costs, won or lost, from reserves (nominal)."),
    Column("survey_dated", Kind.DATE, "Date of the condition survey behind it.", needed=False, least=EARLIEST_SURVEY,
           most=LATEST_YEAR),
    Column("spend_by", Kind.DATE, "Last day of spending where it differs from the rule of the route.", needed=False,
           least=EARLIEST_YEAR, most=LATEST_YEAR),
), needed=False)

LOAN_OFFERS = Table("loan_offers", "Loans the plan may take or leave; each is taken only where what it pays for is worth "
                    "repaying it.", ("loan_id",), (
    _id("loan_id", "The loan's short name in files."),
    Column("route", Kind.CHOICE, "Kind of loan.", choices=LOAN_ROUTES),
    _id("school_id", "School it is for, which repays it; blank: the trust.", "schools.school_id", False),
    _year("year", "Planning year it would be drawn in."),
    Column("amount_gbp", Kind.NUMBER, "Amount (nominal).", "GBP", above=0, most=1e9),
    Column("rate", Kind.NUMBER, "Interest a year, as a fraction: 0.0537 is 5.37%; 0: free of interest.", least=0, most=0.25),
    Column("years", Kind.INTEGER, "Number of equal yearly payments.", "years", least=1, most=60),
    _year("first_repayment_year", "Planning year of the first payment; interest of years without one is added to the debt."),
    Column("needs_consent", Kind.FLAG, "Whether DfE has to consent, as to any borrowing."),
    Column("consent_granted", Kind.FLAG, "Whether it has; blank means no.", needed=False),
    Column("spend_by", Kind.DATE, "Last day of spending where it differs from the rule of the route; without either, the "
           "end of the plan.", needed=False, least=EARLIEST_YEAR, most=LATEST_YEAR),
), needed=False)

ESTATE_TABLES = (TRUST, SCHOOLS, SITES, BLOCKS, COMPONENTS, GRANTS, RESERVES, BUDGET, LOANS, WORKS, HISTORY, COMPLIANCE,
                 SUITABILITY, RATES, ROLLS, BIDS, LOAN_OFFERS, OWNERS, CONTROLS, *PUPIL_TABLES, *ENERGY_TABLES,
                 *ROLL_TABLES, *GROWTH_TABLES, *EVIDENCE_TABLES)
TABLES = {table.name: table for table in ESTATE_TABLES}


def data_dictionary():
    """The data dictionary as Markdown: every table, column, kind, unit and meaning.

    Returns
    -------
    str
        One section per table, each with a table of its columns.
    """
    return dictionary_page(
        "Data dictionary",
        ["An estate is a folder of these tables, each CSV (UTF-8, or cp1252 as Excel writes it) or Parquet.",
         "`actuals`, `spending`, `conditions` and `thresholds`, at the end, are none of it: `capplan monitor` reads them.",
         "This page is written by `capplan dictionary`."], (*ESTATE_TABLES, *MONITOR_TABLES))


def dictionary_page(title, opening, tables):
    """A page of Markdown that says what tables hold.

    Parameters
    ----------
    title : str
    opening : list of str
        Lines before the first table.
    tables : iterable of Table

    Returns
    -------
    str
        One section per table, each with a table of its columns.
    """
    parts = [f"# {title}", "", *opening]
    for table in tables:
        parts += ["", f"## {table.name}.csv" + ("" if table.needed else " (optional)"), "", table.meaning, "",
                  "| column | needed | must be | meaning |", "|---|---|---|---|"]
        parts += [f"| `{column.name}` | {'yes' if column.needed else 'no'} | {column.must_be()} | {column.meaning} |"
                  for column in table.columns]
    return "\n".join(parts) + "\n"
