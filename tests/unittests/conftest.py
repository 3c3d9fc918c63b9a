"""A project with a source and a node that reads it, whose tests are written by each test."""

import textwrap

import pytest

from tests.unittests.orders import FILES

SHOP = {
    "seeknal_project.yml": "name: shop\n",
    "data/users.csv": "user_id,name,age\n1,Ann,30\n",
    "seeknal/sources/users.yml": (
        "kind: source\nname: users\nsource: csv\ntable: data/users.csv\n"
    ),
    "seeknal/transforms/adults.sql": (
        "SELECT user_id, name, age FROM ref('source.users') WHERE age >= 18"
    ),
}


@pytest.fixture
def shop(seeknal_project):
    return seeknal_project(SHOP)


@pytest.fixture
def passing(shop):
    """The same project with one test that passes."""
    shop.write({"tests/adults.yml": ADULTS})
    return shop


ADULTS = """\
test: transform.adults
name: keeps_adults
inputs:
  source.users:
    rows:
      - {user_id: 1, name: Ann, age: 30}
      - {user_id: 2, name: Bob, age: 3}
expected_output:
  rows:
    - {user_id: 1, name: Ann, age: 30}
"""


@pytest.fixture
def outcome_of(seeknal_project):
    """The answer in JSON of a test of one query over an input with one column ``x``."""

    def ask(type_, given, sql, expected, more=""):
        rows = "\n".join(f"      - {{x: {value}}}" for value in given)
        project = seeknal_project(
            {
                "seeknal/sources/a.yml": "kind: source\nname: a\nsource: csv\ntable: a.csv\n",
                "seeknal/transforms/b.sql": f"SELECT {sql} AS y FROM ref('source.a')",
                "tests/b.yml": "test: transform.b\ninputs:\n  source.a:\n"
                f"    columns:\n      x: {type_}\n    rows:\n{rows}\n"
                f"expected_output:\n{more}  rows:\n"
                + "\n".join(f"    - {{y: {value}}}" for value in expected),
            }
        )
        (found,) = project.run("test", "--format", "json").json()
        return found

    return ask


@pytest.fixture
def problems_of(shop):
    """What is told to be wrong of files below tests/: (file, line, code, message, help)."""

    def ask(**files):
        shop.write(
            {
                f"tests/{name}.yml": text if isinstance(text, bytes) else textwrap.dedent(text)
                for name, text in files.items()
            }
        )
        found = shop.run("test", "--format", "json")
        answer = found.json()
        assert found.exit_code == (2 if isinstance(answer, dict) else 0), answer
        entries = answer["problems"] if isinstance(answer, dict) else []
        return [
            (each["file"], each["line"], each["code"], each["message"], each["help"])
            for each in entries
        ]

    return ask


@pytest.fixture
def ran(seeknal_project):
    """Makes a project of the given files beside two sources, which has run."""

    def make(files):
        project = seeknal_project({**FILES, **files})
        project.run("run").assert_ok()
        return project

    return make
