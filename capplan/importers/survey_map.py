"""The saved column map of a consultant's survey: which column is what, and what the consultant's words mean.

One TOML file per survey format. Every key is declared here with its meaning; a key that is not, a translation into
something capplan does not have, or a setting that nothing uses, is a fault with its place in the file.
"""

import difflib
import json
import tomllib
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..cells import ID_PATTERN
from ..errors import DataError, Fault
from ..tables import (
    AGE_BANDS,
    BLOCKS,
    COMPONENTS,
    CONDITION_BANDS,
    PHASES,
    REGIONS,
    SCHOOLS,
    SITES,
    SURVEY_GRADES,
    TENURES,
)
from .survey_map_checks import key_path, sense_faults
from .survey_map_estate import with_estate
from .survey_maps import place_of


def _bounds(table, name):
    column = table.column(name)
    return {"ge": column.least, "gt": column.above, "le": column.most}


def _as_words(value):
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


_Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]
_Words = Annotated[tuple[str, ...], BeforeValidator(_as_words)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False,
                              use_attribute_docstrings=True)


class SkipWhere(_Strict):
    """Rows that are not components: subtotals, headings repeated down the sheet."""

    column: str
    """Heading of the column that tells such a row."""
    values: _Words = ()
    """What the cell says in such a row, in full."""
    begins_with: _Words = ()
    """How the cell begins in such a row."""


class TrustEntry(_Strict):
    """The trust the survey is of."""

    trust_id: _Id
    """Short name the trust is known by in files."""
    name: str
    """Name of the trust as printed on papers."""
    found_as: _Words = ()
    """How the survey's trust column writes it; needed with such a column."""


class ColumnNames(_Strict):
    """Headings of the survey's columns, exactly as they are in the header row."""

    school: str | None = None
    """Name or code of the school."""
    trust: str | None = None
    """Name of the trust; every row must be this trust's."""
    site: str | None = None
    """Name of the site, where a school has several."""
    block: str | None = None
    """Name of the block; blank in rows of the grounds."""
    component: str | None = None
    """The surveyor's own reference; different in every row. Without one, the row number is used."""
    element: str | None = None
    """First part of the name of the component's type."""
    sub_element: str | None = None
    """Second part of the name of the component's type."""
    type: str | None = None
    """Third part of the name of the component's type."""
    quantity: str | None = None
    """How much there is at this grade."""
    share: str | None = None
    """Share of the component at this grade, for quantities worked out from the block."""
    unit: str | None = None
    """Unit of the quantity."""
    grade: str | None = None
    """Condition grade."""
    priority: str | None = None
    """Priority of the remedy."""
    statutory: str | None = None
    """Whether the remedy is required by law."""
    survey_date: str | None = None
    """Date of the survey."""
    remedial_cost: str | None = None
    """Cost of bringing the component to grade A, without fees or VAT."""
    remaining_life: str | None = None
    """Years left. [years]"""
    block_gifa: str | None = None
    """Gross internal floor area of the block, in units.areas."""
    block_ground_gifa: str | None = None
    """Ground floor area of the block, in units.areas."""
    block_storeys: str | None = None
    """Storeys of the block."""
    block_perimeter: str | None = None
    """Length of the block's external walls on plan, in units.lengths."""
    block_height: str | None = None
    """Height of the block's external walls, in units.lengths."""
    block_windows_doors_percent: str | None = None
    """Windows and external doors of the block as a share of its wall area, in per cent (20 or 20%). [%]"""
    block_lifts: str | None = None
    """Passenger lifts of the block. [nr]"""
    block_age_band: str | None = None
    """When the block was built; translated by age_bands."""
    block_permanence: str | None = None
    """Permanent or temporary building; translated by permanence."""
    site_area: str | None = None
    """Area of the site without playing fields, in units.areas."""
    field_area: str | None = None
    """Area of the site's playing fields, in units.areas."""
    boundary: str | None = None
    """Length of the site's boundary, in units.lengths."""


class ConstantValues(_Strict):
    """What is the same in every row and has no column."""

    school: str | None = None
    """School, as its found_as writes it."""
    site: str | None = None
    """Site."""
    block: str | None = None
    """Block."""
    unit: Literal["m2", "ft2", "yd2", "m", "ft", "yd", "nr", "as type"] | None = None
    """Unit of every quantity; "as type": the unit of the row's own type."""
    survey_date: date | None = None
    """Date of the survey."""
    permanence: Literal["permanent", "temporary"] | None = None
    """Whether blocks not said to be otherwise are permanent or temporary."""


class UnitWords(_Strict):
    """The units the survey is written in."""

    quantities: dict[str, Literal["m2", "ft2", "yd2", "m", "ft", "yd", "nr", "geometry"]] = {}
    """The survey's unit words; "geometry": pay no heed to the quantity, work it out from the block."""
    areas: Literal["m2", "ft2"] | None = None
    """Unit of the areas of blocks and sites."""
    lengths: Literal["m", "ft"] | None = None
    """Unit of perimeters, heights and boundaries."""
    costs: Literal["GBP", "GBP thousand", "pence"] | None = None
    """Unit of the remedial costs."""
    shares: Literal["percent", "fraction"] | None = None
    """Unit of the shares."""


class FlagWords(_Strict):
    """Words of the statutory column; a blank means no."""

    yes: _Words
    """Words that mean yes."""
    no: _Words = ()
    """Words that mean no."""


class SchoolEntry(_Strict):
    """One school of the trust."""

    found_as: _Words
    """How the survey writes it: its name or code, or a list of spellings."""
    school_id: _Id
    """The school's short name in files."""
    name: str
    """Name as printed on papers."""
    region: Literal[REGIONS]
    """Region; sets the location factor."""
    pfi: bool
    """Whether a PFI contractor owns the lifecycle works."""
    voluntary_aided: bool
    """Whether the school is voluntary aided."""
    urn: int | None = Field(None, **_bounds(SCHOOLS, "urn"))
    """Unique reference number on DfE's register."""
    phase: Literal[PHASES] | None = None
    """Phase of education."""
    tenure: Literal[TENURES] | None = None
    """How the trust holds the site."""
    joined: date | None = None
    """Date the school joined the trust."""
    condition_band: Literal[CONDITION_BANDS] | None = None
    """Band of DfE's condition data used for allocations."""
    pupils: int | None = Field(None, **_bounds(SCHOOLS, "pupils"))
    """Pupils on roll."""


class SiteEntry(_Strict):
    """What is known of a site beside the survey."""

    school_id: str
    """School that uses the site."""
    found_as: str = ""
    """How the survey writes it; blank where the survey names no sites."""
    site_id: _Id | None = None
    """The site's short name in files; made from the school and the survey's name if not given."""
    site_area_m2: float | None = Field(None, **_bounds(SITES, "site_area_m2"))
    """Area of the site without playing fields. [m2]"""
    field_area_m2: float | None = Field(None, **_bounds(SITES, "field_area_m2"))
    """Area of playing fields. [m2]"""
    boundary_m: float | None = Field(None, **_bounds(SITES, "boundary_m"))
    """Length of the boundary. [m]"""


class BlockEntry(_Strict):
    """What is known of a block beside the survey; a figure given here counts before the survey's."""

    school_id: str
    """School the block belongs to."""
    found_as: str
    """How the survey writes it."""
    site: str = ""
    """How the survey writes the block's site; blank where the school has only one block of that name."""
    block_id: _Id | None = None
    """The block's short name in files; made from the site and the survey's name if not given."""
    gifa_m2: float | None = Field(None, **_bounds(BLOCKS, "gifa_m2"))
    """Gross internal floor area. [m2]"""
    ground_gifa_m2: float | None = Field(None, **_bounds(BLOCKS, "ground_gifa_m2"))
    """Gross internal area of the ground floor. [m2]"""
    storeys: float | None = Field(None, **_bounds(BLOCKS, "storeys"))
    """Number of storeys."""
    perimeter_m: float | None = Field(None, **_bounds(BLOCKS, "perimeter_m"))
    """Length of the external walls on plan. [m]"""
    height_m: float | None = Field(None, **_bounds(BLOCKS, "height_m"))
    """Height of the external walls. [m]"""
    windows_doors_percent: float | None = Field(None, **_bounds(BLOCKS, "windows_doors_percent"))
    """Windows and external doors as a share of the wall area. [%]"""
    lifts: int | None = Field(None, **_bounds(BLOCKS, "lifts"))
    """Passenger lifts. [nr]"""
    age_band: Literal[AGE_BANDS] | None = None
    """When the block was built."""
    permanence: Literal["permanent", "temporary"] | None = None
    """Permanent or temporary building."""
    planned_exit: date | None = None
    """Date the block is to be left, demolished or rebuilt."""


class SurveyMap(_Strict):
    """How one consultant's survey is read."""

    name: str
    """Name of the format or the consultant."""
    description: str
    """What the layout is, in a sentence."""
    sheet: str | None = None
    """Sheet of the workbook; not needed where there is only one, nor for CSV."""
    title_rows: int = Field(0, ge=0, le=1000)
    """Rows above the header row."""
    date_format: str = "%d/%m/%Y"
    """How dates that are text are written; real dates of a workbook and YYYY-MM-DD are always understood."""
    blanks: tuple[str, ...] = ()
    """Words that stand for a blank cell, such as a dash."""
    grounds: tuple[str, ...] = ()
    """Words of the block column that mean the grounds of the site."""
    skip_where: SkipWhere | None = None
    """Rows to set aside, such as subtotals."""
    cost_price_base: int | None = Field(None, **_bounds(COMPONENTS, "cost_price_base"))
    """Year whose prices the remedial costs are in."""
    trust: TrustEntry
    """The trust."""
    columns: ColumnNames
    """Headings of the columns."""
    constants: ConstantValues = ConstantValues()
    """Values without a column."""
    units: UnitWords = UnitWords()
    """Units the survey is written in."""
    grades: dict[str, Literal[SURVEY_GRADES]]
    """The surveyor's grade codes, as A-D with X for replace only."""
    priorities: dict[str, Literal[1, 2, 3, 4]] = {}
    """The surveyor's priorities, as 1 urgent to 4 long term."""
    types: dict[str, str] = {}
    """The surveyor's names of types (element, sub-element and type joined by " > "), as type_id or as a code that stands for
    one type (NRM1:5.5, Uniclass:EF_80_50, DfE:1706)."""
    dfe_names: bool = False
    """Whether the survey names elements, sub-elements and types as DfE's list does; types then names what differs."""
    codes: Literal["DfE", "NRM1", "NRM3", "Uniclass"] | None = None
    """System of codes that the survey names types by; types then says what a code that stands for several is."""
    flags: FlagWords | None = None
    """Yes and no of the statutory column."""
    permanence: dict[str, Literal["permanent", "temporary"]] = {}
    """Words of the block_permanence column."""
    age_bands: dict[str, Literal[AGE_BANDS]] = {}
    """Words of the block_age_band column."""
    schools: tuple[SchoolEntry, ...] = Field(min_length=1)
    """Every school the survey may name."""
    sites: tuple[SiteEntry, ...] = ()
    """Areas and names of sites, where the survey has none."""
    blocks: tuple[BlockEntry, ...] = ()
    """Areas and geometry of blocks, where the survey has none."""


def read_map(path, estate=None, cost_price_base=None):
    """Read and check a saved column map.

    Parameters
    ----------
    path : str or Path
        TOML file, UTF-8; or the name of one that is shipped, as ``survey_maps.shipped_maps`` lists them.
    estate : Estate, optional
        Gives the trust, schools, sites and blocks that the map does not name itself.
    cost_price_base : int, optional
        Year whose prices the costs of the file are in, in place of the map's.

    Returns
    -------
    SurveyMap

    Raises
    ------
    DataError
        With every fault of the map: the key, what is there and what it must be.
    """
    path = place_of(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        data = data if estate is None else with_estate(data, estate)
        data |= {} if cost_price_base is None else {"cost_price_base": cost_price_base}
        survey_map = SurveyMap.model_validate_json(json.dumps(data, default=str))
    except (FileNotFoundError, IsADirectoryError):
        raise DataError([Fault(path.name, None, "", "no such file", "a survey map (TOML)")]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError([Fault(path.name, None, "", str(error)[:200], "a TOML file in UTF-8")]) from None
    except ValidationError as error:
        raise DataError(_faults(path.name, error.errors())) from None
    faults = [Fault(path.name, None, *fault) for fault in sense_faults(survey_map)]
    if faults:
        raise DataError(faults)
    return survey_map


def _faults(where, errors):
    """One fault for each error, without those that only say that something inside is at fault."""
    places = [error["loc"] for error in errors]
    inside = {place[:length] for place in places for length in range(len(place))}
    return [_fault(where, error) for error in errors if error["loc"] not in inside]


def _fault(where, error):
    place = error["loc"]
    path = key_path(*place)
    if error["type"] == "extra_forbidden":
        known = list(_model_at(place[:-1]).model_fields)
        close = difflib.get_close_matches(str(place[-1]), known, 1, 0.6)
        hint = f"did you mean {close[0]}?" if close else "one of " + ", ".join(known)
        return Fault(where, None, path, "a key capplan does not know", f"a key of a survey map: {hint}")
    if error["type"] == "missing":
        field = _model_at(place[:-1]).model_fields[place[-1]]
        return Fault(where, None, path, "nothing", f"there: {field.description}")
    words = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    if error["type"] == "tuple_type":
        words = "a list ([...]), or text in quotes where there is only one word"
    return Fault(where, None, path, repr(error["input"])[:60], words)


def _model_at(place):
    model = SurveyMap
    for part in place:
        if not isinstance(part, int):
            model = _model_in(model.model_fields[part].annotation)
    return model


def _model_in(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)
