"""What is wrong with a value of a file is told without it where nobody may see it."""

import sqlite3

import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

SECRET = "anna@secret.example"


def database(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (id INTEGER, mail TEXT)")
    connection.execute("INSERT INTO t VALUES (1, ?)", [SECRET])
    connection.commit()
    connection.close()


SOURCES = {
    "csv": ("csv, table: data/a.csv", f"id,mail\n1,{SECRET}\n"),
    "json": ("json, table: data/a.json", f'[{{"id": 1, "mail": "{SECRET}"}}]'),
    "sqlite": ("sqlite, table: t, params: {path: data/a.db}", None),
}


@pytest.mark.parametrize(("source", "text"), SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("pii", [True, False])
def test_a_value_that_is_not_of_its_declared_type(seeknal_project, source, text, pii):
    columns = f"{{mail: {{type: DATE, pii: {str(pii).lower()}}}}}"
    node = f"{{kind: source, name: a, source: {source}, columns: {columns}}}"
    made = seeknal_project({"seeknal/a.yml": node, "data/a.txt": "-"})
    if text is None:
        database(made.path / "data" / "a.db")
    else:
        made.write({f"data/a.{source[: source.index(',')]}": text})

    outcome = made.run("run")
    history = [file.read_text() for file in (made.path / "target/history").rglob("*.ndjson")]

    told = outcome.stdout + outcome.stderr + "".join(history)
    assert "column 'mail': " in told
    assert (SECRET in told) is not pii
    assert ("mail has pii: true" in told) is pii


@pytest.mark.parametrize(("pii", "shown"), [("true", "line 30002: ***"), ("false", "'n/a'")])
def test_why_a_column_is_read_as_text(seeknal_project, pii, shown):
    rows = "".join(f"{n},{n}\n" for n in range(30_000))
    made = seeknal_project(
        {
            "seeknal/a.yml": "kind: source\nname: a\nsource: csv\ntable: data/a.csv\n"
            f"columns: {{mail: {{pii: {pii}}}}}\n",
            "data/a.csv": f"id,mail\n{rows}1,n/a\n",
        }
    )

    outcome = made.run("run")

    assert shown in outcome.stdout + outcome.stderr
