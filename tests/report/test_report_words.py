import doctest

import pytest

from capplan.report import words


def test_examples_in_docstrings_of_words_run():
    outcome = doctest.testmod(words)
    assert outcome.attempted >= 6
    assert outcome.failed == 0


@pytest.mark.parametrize(("amount_gbp", "text"), [
    (0, "£0"), (-0.2, "£0"), (999.4, "£999"), (999.6, "£1.0k"), (9_949, "£9.9k"), (9_960, "£10k"), (999_499, "£999k"),
    (999_500, "£1.0m"), (12_345_678, "£12.3m"), (123_456_789, "£123m"), (999_600_000, "£1.0bn"),
    (-1_900_000, "-£1.9m")])
def test_money_by_hand_at_every_change_of_scale(amount_gbp, text):
    assert words.money(amount_gbp) == text


def test_lists_and_counts_in_words():
    assert [words.listed(letters) for letters in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert words.counted(1, "scheme") == "1 scheme"
    assert words.counted(1234, "scheme") == "1,234 schemes"


def test_plain_text_cannot_move_the_cursor():
    assert words.plain("Oak\x1b[2Jfield\r\nSchool\u202e") == "Oak [2Jfield School"
    assert words.shortened("St Wilfrith's Primary School", 13) == "St Wilfrit..."
