"""The tables of an estate that are about energy: meters, their readings, the weather and the trust's own holidays."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import gbp_column as _gbp
from .columns import id_column as _id
from .columns import year_column as _year

FUELS = ("electricity", "gas", "oil", "lpg", "biomass")
BY_AREA, BY_PUPILS, STATED = "floor area", "pupils", "stated share"
HEATS = ("rooms", "no rooms")
SHARED_BY = (BY_AREA, BY_PUPILS, STATED)

METERS = Table("meters", "Energy meters (or fuel deliveries), one row for each school that a meter serves.",
               ("meter_id", "school_id"), (
    _id("meter_id", "The meter's short name in files, such as its MPAN or MPRN."),
    _id("school_id", "School it serves; a meter that serves several has a row for each.", "schools.school_id"),
    _id("block_id", "Block it serves; blank: the whole school.", "blocks.block_id", False),
    Column("fuel", Kind.CHOICE, "What it measures.", choices=FUELS),
    Column("heats", Kind.CHOICE, "Whether it heats rooms; blank: fuels that are burned do, electricity does not.",
           needed=False, choices=HEATS),
    Column("shared_by", Kind.CHOICE, "How the use of a meter of several schools is shared among them.", needed=False,
           choices=SHARED_BY),
    Column("served_share", Kind.NUMBER, "Part of the meter's use that is the school's, where shares are stated; those of a "
           "meter add up to 1.", needed=False, least=0, most=1),
    _gbp("unit_rate_gbp", "Price of a kWh with climate change levy, without VAT; blank: from the bills, or as published for "
         "its size.", False, most=5),
    _gbp("standing_charge_gbp", "Standing charges a day, without VAT; beside a unit rate, blank is none.", False, most=1e4),
    _year("price_year", "Calendar year of these prices; needed with them.", False),
    Column("agreed_capacity_kva", Kind.NUMBER, "Agreed supply capacity of an electricity meter.", "kVA", False, above=0,
           most=50000),
), needed=False)

READINGS = Table("readings", "Use between two readings or of one bill, one row each.", ("meter_id", "first_day"), (
    _id("meter_id", "The meter.", "meters.meter_id"),
    Column("first_day", Kind.DATE, "First day of the period.", least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("last_day", Kind.DATE, "Last day of the period, counted in.", least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("use_kwh", Kind.NUMBER, "Use in the period; fuels by gross calorific value.", "kWh", least=0, most=1e8),
    Column("estimated", Kind.FLAG, "Whether the reading at its end was estimated; blank means no.", needed=False),
    _gbp("bill_gbp", "What was charged for it, without VAT.", False, most=1e7),
), needed=False)

WEATHER = Table("weather", "Mean outside temperature of every day, by region, for the years of the readings.",
                ("region", "day"), (
    Column("region", Kind.TEXT, "Region, as in the schools table."),
    Column("day", Kind.DATE, "The day.", least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("mean_temperature_c", Kind.NUMBER, "Mean temperature of the day.", "degrees C", least=-30, most=40),
), needed=False)

HOLIDAYS = Table("holidays", "School holidays; without this table, typical English ones.", ("school_id", "first_day"), (
    _id("school_id", "School; blank: all that have no rows of their own.", "schools.school_id", False),
    Column("first_day", Kind.DATE, "First day of the holiday.", least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("last_day", Kind.DATE, "Last day of the holiday, counted in.", least=EARLIEST_YEAR, most=LATEST_YEAR),
), needed=False)

ENERGY_TABLES = (METERS, READINGS, WEATHER, HOLIDAYS)
