"""The tables of an estate that pupil numbers are forecast from: censuses by year group, and what will change intakes."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import id_column as _id

LOWEST_GROUP, HIGHEST_GROUP = -1, 14
CENSUS_FLAGS = ("bad", "reorganised")
YIELD_PHASES = ("primary", "secondary", "sixth form")
AREA_PHASES = ("primary", "secondary")


def _census(meaning):
    return Column("census_year", Kind.INTEGER, meaning, "year", least=EARLIEST_YEAR, most=LATEST_YEAR)


def _group(meaning, needed=True):
    return Column("year_group", Kind.INTEGER, meaning, "", needed, least=LOWEST_GROUP, most=HIGHEST_GROUP)


def _heads(meaning, name="pupils"):
    return Column(name, Kind.INTEGER, meaning, "pupils", least=0, most=20000)


CENSUS = Table("census", "Pupils counted by school, spring census and year group; numbers only, never anything of a pupil.",
               ("school_id", "census_year", "year_group"), (
    _id("school_id", "The school.", "schools.school_id"),
    _census("Year of the spring (January) census, as in rolls."),
    _group("Year group: -1 nursery (full time), 0 Reception, 1 to 13, 14 those who stay longer."),
    _heads("Pupils on roll."),
    Column("flag", Kind.CHOICE, "bad: the count is wrong; reorganised: the year group was taken in or given up, so that "
           "what went before says nothing; blank: neither.", needed=False, choices=CENSUS_FLAGS),
), needed=False)

ADMISSIONS = Table("admissions", "Admission numbers and commissioned places.", ("school_id", "year_group", "census_year"), (
    _id("school_id", "The school.", "schools.school_id"),
    _group("Year group that is admitted to; blank: places commissioned for the whole of a special school.", False),
    _census("First census it holds for, until the next row."),
    _heads("Pupils admitted at most, or places."),
), needed=False)

BIRTHS = Table("births", "Births by area and calendar year, known or forecast by others: they lead intakes.",
               ("planning_area", "year"), (
    _id("planning_area", "Planning area, as in schools; blank: that of schools without one.", needed=False),
    Column("year", Kind.INTEGER, "Calendar year.", "year", least=1950, most=LATEST_YEAR),
    Column("births", Kind.NUMBER, "Births to mothers who live in the area.", "", least=0, most=1e6),
), needed=False)

FEEDERS = Table("feeders", "Pupils who went on from one school of the trust to another, by year of arrival.",
                ("from_school_id", "school_id", "census_year"), (
    _id("from_school_id", "School they came from.", "schools.school_id"),
    _id("school_id", "School they went to: its year 7.", "schools.school_id"),
    _census("Spring census in which they were first counted there."),
    _heads("How many."),
), needed=False)

HOUSING = Table("housing", "New homes whose children will come to a school.",
                ("development_id", "school_id", "census_year"), (
    _id("development_id", "The development's short name in files."),
    _id("school_id", "School they will come to.", "schools.school_id"),
    _census("First spring census at which these homes are lived in."),
    Column("dwellings", Kind.NUMBER, "Homes completed for that census.", "", least=0, most=100000),
    Column("dwelling_kind", Kind.TEXT, "Kind of home, as in pupil_yields; blank: any.", needed=False, most=80),
    Column("school_share", Kind.NUMBER, "Part of the children of the school's ages who come to it.", least=0, most=1),
    Column("in_trend_share", Kind.NUMBER, "Part of these homes that only goes on with the building of past years, whose "
           "children the ratios and intakes hold already; blank: none.", needed=False, least=0, most=1),
), needed=False)

PUPIL_YIELDS = Table("pupil_yields", "Children of new homes, from local evidence: capplan has none of its own.",
                     ("dwelling_kind", "phase", "years_since"), (
    Column("dwelling_kind", Kind.TEXT, "Kind of home; blank: any.", needed=False, most=80),
    Column("phase", Kind.CHOICE, "Ages: primary Reception to year 6, secondary 7 to 11, sixth form 12 and 13.",
           choices=YIELD_PHASES),
    Column("years_since", Kind.INTEGER, "Censuses since the first in which the homes were lived in: 0, 1 ...; the last "
           "stands for later ones.", "", least=0, most=60),
    Column("pupils_per_dwelling", Kind.NUMBER, "Children in state schools for each home.", "", least=0, most=5),
), needed=False)

AREA_FORECASTS = Table("area_forecasts", "The local authority's own forecast, a second opinion with a known bias.",
                       ("planning_area", "phase", "census_year"), (
    _id("planning_area", "Planning area, as in schools; blank: that of schools without one.", needed=False),
    Column("phase", Kind.CHOICE, "Pupils of Reception to year 6, or of years 7 to 11.", choices=AREA_PHASES),
    _census("Year of the spring census."),
    _heads("Pupils of the whole area; the latest census counted among them."),
), needed=False)

PUPIL_CHANGES = Table("pupil_changes", "What the trust knows of its pupils and no census shows yet: a bulge class, pupils "
                      "elsewhere while works go on, a rival school that opens.",
                      ("school_id", "census_year", "year_group"), (
    _id("school_id", "The school.", "schools.school_id"),
    _census("Spring census at which it first shows; the pupils then go on with their year group."),
    _group("Year group."),
    Column("pupils", Kind.INTEGER, "How many more than the forecast has by itself, below 0 fewer; admission numbers still "
           "hold.", "pupils", least=-5000, most=5000),
    Column("reason", Kind.TEXT, "Why."),
    Column("recorded_by", Kind.TEXT, "Who says so.", needed=False),
), needed=False)

ROLL_TABLES = (CENSUS, ADMISSIONS, BIRTHS, FEEDERS, HOUSING, PUPIL_YIELDS, AREA_FORECASTS, PUPIL_CHANGES)
