"""Where a word of a node stands: in the value of the key that it is about."""

import pytest

from seeknal.values.location import Location
from seeknal.values.spots import find_word

pytestmark = pytest.mark.inside

NODE = """\
kind: transform
audits:
  - {type: unique, columns: [depot, dep2]}
  - type: relationships
    column: depot
    to: source.s
    field: dep2
  - {type: expression, expression: "revenu > 0"}
contract: true
columns: {revenue: money, dep2: x, depot: INTEGERR}
keys:
- dep2
- id
time_column: late
"""
PYTHON = (
    '@transform(name="a", keys=["id"], columns={"mail": {"pii": True}, "id": "x"})\ndef a(): ...\n'
)


@pytest.mark.parametrize(
    ("start", "word", "keys", "found"),
    [
        ((1, 1), "depot", ("columns",), (10, 36)),
        ((1, 1), "dep2", ("columns", "schema"), (10, 27)),
        ((1, 1), "dep2", ("keys",), (12, 3)),
        ((1, 1), "late", ("time_column",), (14, 14)),
        ((3, 5), "dep2", ("columns", "column"), (3, 37)),
        ((4, 5), "dep2", ("sql", "where"), (7, 12)),
        ((4, 5), "revenu", ("sql", "where"), (4, 5)),
        ((8, 5), "revenu", ("expression",), (8, 37)),
        ((8, 5), "depot", ("expression",), (8, 5)),
        ((1, 1), "nowhere", ("columns",), (1, 1)),
    ],
)
def test_a_word_is_found_in_the_value_of_its_key(tmp_path, start, word, keys, found):
    (tmp_path / "a.yml").write_text(NODE)

    place = find_word(tmp_path, Location("a.yml", *start), word, *keys)

    assert (place.line, place.column) == found


@pytest.mark.parametrize(
    ("word", "key", "column"), [("id", "keys", 29), ("id", "columns", 68), ("mail", "columns", 45)]
)
def test_a_word_is_found_among_the_arguments_of_a_decorator(tmp_path, word, key, column):
    (tmp_path / "a.py").write_text(PYTHON)

    place = find_word(tmp_path, Location("a.py", 1, 1), word, key)

    assert (place.line, place.column) == (1, column)
