import pytest

from seeknal.values.durations import Duration

pytestmark = pytest.mark.inside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3d", Duration(3, "day")),
        ("3 days", Duration(3, "day")),
        ("1 month", Duration(1, "month")),
        ("5 minutes", Duration(5, "minute")),
        ("90s", Duration(90, "second")),
        (" 2W ", Duration(2, "week")),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, expected):
    assert Duration.parse(text) == expected


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "3 parsecs", "1.5d"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="3d"):
        Duration.parse(text)


def test_only_fixed_units_have_seconds():
    assert Duration.parse("2h").seconds == 7200
    with pytest.raises(ValueError, match="no fixed length"):
        _ = Duration.parse("1 month").seconds
