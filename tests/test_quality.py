"""Data quality, by hand on tiny: what is filled in, looked at, recent, costed and prioritised."""

from datetime import date

import pytest

from capplan import read_estate
from capplan.quality import MEASURES, data_quality

from .plain import rows
from .test_outlook import edit

AUTUMN = date(2026, 10, 1)


def school(folder, name, on=AUTUMN):
    return data_quality(read_estate(folder), on).schools.set_index("school_id").loc[name]


def test_tiny_by_hand(root):
    """Ellerwick is whole. Six of Marlstow's seven components were looked at: 85.7% twice, so
    (5 x 100 + 2 x 85.7) / 7 = 95.9. The trust is the mean of 100 and 95.9."""
    quality = data_quality(read_estate(root / "data" / "tiny"), AUTUMN)
    table = quality.schools.set_index("school_id")
    assert table.loc["ELL", [*MEASURES, "score"]].tolist() == [100.0] * 8
    assert table.loc["MAR", [*MEASURES]].tolist() == [100, 100, 85.7, 85.7, 100, 100, 100]
    assert table.score["MAR"] == 95.9
    assert quality.score == pytest.approx((100 + 95.9) / 2)


def test_fields_of_tiny_by_hand(root):
    """One block of three has a date to be left by; 10 of 14 components a priority, 11 a cost, 13 a block and a survey."""
    fields = data_quality(read_estate(root / "data" / "tiny"), AUTUMN).fields.set_index(["table", "field"]).filled_percent
    assert fields["blocks", "planned_exit"] == 33.3
    assert fields["components", "priority"] == 71.4
    assert fields["components", "remedial_cost_gbp"] == 78.6
    assert fields["components", "block_id"] == fields["components", "surveyed"] == 92.9
    assert fields["schools", "urn"] == 100


def test_described_counts_the_schools_own_fields(tiny):
    """Two of six blank (not known is no answer): 66.7%."""
    edit(tiny, "schools", "ELL", urn="", tenure="not known")
    assert school(tiny, "ELL").described == 66.7


def test_measured_is_the_mean_over_blocks(tiny):
    """Block A lacks three of six, the temporary block none: 75%."""
    edit(tiny, "blocks", "ELL-1-A", perimeter_m="", height_m="", age_band="not known")
    assert school(tiny, "ELL").measured == 75.0
    assert school(tiny, "MAR").measured == 100.0


def test_recent_means_five_years_on_the_day_asked(root):
    """Ellerwick was surveyed on 1 September 2026, Marlstow on 1 July: after 1 July 2031 Marlstow's are old."""
    folder = root / "data" / "tiny"
    assert school(folder, "MAR", date(2031, 6, 30)).recent == 85.7
    assert school(folder, "MAR", date(2031, 8, 1)).recent == 0.0
    assert school(folder, "ELL", date(2031, 8, 1)).recent == 100.0
    assert school(folder, "MAR", date(2031, 8, 1)).surveyed == 85.7


def test_quantified_costed_and_prioritised(tiny):
    """Ellerwick has four components at C or D: without one cost and two priorities 75% and 50%; one of seven
    has no quantity."""
    edit(tiny, "components", "ELL-01", remedial_cost_gbp="", cost_price_base="", priority="")
    edit(tiny, "components", "ELL-06", priority="")
    edit(tiny, "components", "ELL-05", quantity="0", priority="")
    found = school(tiny, "ELL")
    assert (found.costed, found.prioritised, found.quantified) == (75.0, 50.0, 85.7)
    assert found.score == pytest.approx((100 * 4 + 75 + 50 + 85.7) / 7, abs=0.05)


def test_a_measure_that_does_not_apply_is_blank_and_not_counted(tiny):
    """Nothing at C or D: costed and prioritised are blank and the score is the mean of the other five."""
    for row in rows(tiny / "components.csv"):
        if row["component_id"].startswith("ELL"):
            edit(tiny, "components", row["component_id"], grade="A")
    found = school(tiny, "ELL")
    assert found[["costed", "prioritised"]].isna().all()
    assert found.score == 100.0


def test_a_school_without_components_is_scored_on_the_rest(tiny):
    lines = (tiny / "components.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tiny / "components.csv").write_text("".join(line for line in lines if not line.startswith("ELL")), encoding="utf-8")
    found = school(tiny, "ELL")
    assert found[["surveyed", "recent", "quantified", "costed", "prioritised"]].isna().all()
    assert found.score == 100.0


def test_optional_tables_and_flags_are_not_scored(root):
    fields = data_quality(read_estate(root / "data" / "tiny"), AUTUMN).fields
    assert set(fields.table) == {"schools", "sites", "blocks", "components"}
    assert not set(fields.field) & {"pfi", "voluntary_aided", "statutory"}


def test_every_measure_says_what_it_is(root):
    quality = data_quality(read_estate(root / "data" / "tiny"), AUTUMN)
    assert list(quality.schools.columns) == ["school_id", *MEASURES, "score"]
    assert all(MEASURES.values())
