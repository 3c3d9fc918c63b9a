from collections.abc import Mapping
from typing import Literal

import pytest
from attrs import frozen

from seeknal.kernel.json_schema import json_schema
from seeknal.kernel.options import convert, option, structure, unstructure
from seeknal.values.durations import Duration
from seeknal.values.marks import Marks
from seeknal.values.problems import Problems
from seeknal.values.secret import Secret

MARKS = Marks("a.yml", {(): (1, 1), ("limit",): (3, 9)}, {("limit",): (3, 2), ("limt",): (4, 2)})


@frozen(kw_only=True)
class Nested:
    path: str


@frozen(kw_only=True)
class Options:
    path: str = option(summary="where it is")
    limit: int | None = option(None, aliases=("max",))
    ratio: float = 1.0
    mode: Literal["full", "append"] = "full"
    keys: tuple[str, ...] = option((), aliases=("key",))
    every: Duration | None = None
    password: Secret | None = None
    nested: Nested | None = None
    casts: Mapping[str, str] = option(factory=dict)


def read(**data):
    problems = Problems()
    return convert(Options, data, MARKS, problems), problems


def test_values_become_the_declared_types():
    options, problems = read(
        path="x", max=3, ratio=2, key="id", every="3 days", nested={"path": "y"}, casts={"a": "INT"}
    )

    assert problems == []
    assert options == Options(
        path="x",
        limit=3,
        ratio=2.0,
        keys=("id",),
        every=Duration(3, "day"),
        nested=Nested(path="y"),
        casts={"a": "INT"},
    )


def test_every_problem_is_reported_with_its_place_and_the_nearest_name():
    options, problems = read(limt=3, limit="many", mode="ful")

    messages = [problem.message for problem in problems]
    assert options is None
    assert messages == [
        "unknown key 'limt'",
        "key 'limit' expects a whole number, not 'many'",
        "key 'mode' expects full or append (did you mean full?), not 'ful'",
        "missing key 'path'",
    ]
    assert str(problems[0].location) == "a.yml:4:2"
    assert problems[0].help == "did you mean limit?"
    assert str(problems[1].location) == "a.yml:3:9"


def test_a_key_and_its_alias_together_are_refused():
    _, problems = read(path="x", limit=1, max=2)

    assert [problem.message for problem in problems] == ["key 'max' says again what 'limit' says"]


@pytest.mark.parametrize(
    ("key", "value"), [("path", 5), ("limit", True), ("keys", {"a": 1}), ("every", "soon")]
)
def test_a_value_of_another_type_is_refused(key, value):
    options, problems = read(**{"path": "x", key: value})

    assert options is None
    assert "expects" in problems[0].message


def test_options_survive_the_cache():
    options = Options(path="x", every=Duration(2, "hour"), nested=Nested(path="y"), keys=("a", "b"))

    again = structure(Options, unstructure(options))

    assert again == options


def test_a_secret_is_never_cached():
    with pytest.raises(TypeError, match="never serialised"):
        unstructure(Options(path="x", password=Secret("hunter22")))


def test_the_schema_for_editors_knows_aliases_and_choices():
    schema = json_schema(Options)

    assert schema["properties"]["max"] == schema["properties"]["limit"]
    assert schema["properties"]["mode"] == {"enum": ["full", "append"]}
    assert schema["required"] == ["path"]
    assert schema["additionalProperties"] is False
