"""Every value of the page of values makes its journey; the page says how each ends."""

import os
from functools import cache

import duckdb
import pytest
from tests.postgres.page import TYPES, comparable, rows, text_of

pytestmark = pytest.mark.inside

TRANSPORT = os.environ.get("SEEKNAL_TEST_TRANSPORT", "adbc")
READ, DECLARED, WRITE = rows("Read"), rows("Read as declared"), rows("Write")
MODES = {
    "full": "mode: full",
    "append": "mode: append",
    "incremental_by_time": "mode: incremental_by_time, time_column: d",
    "upsert_by_key": "mode: upsert_by_key, unique_keys: [n]",
}


def table_of(row, number=0):
    return f"t{row.number}_{number}"


def fill(database, lines, more=""):
    """A table for each line, or for each of its values when they are refused."""
    with database.connect() as server:
        server.execute(TYPES + more)
        for row in lines:
            groups = [row.values] if row.exact else [(value,) for value in row.values]
            for number, values in enumerate(groups):
                name, type = table_of(row, number), row.cells[0]
                server.execute(f"CREATE TABLE {name} (n integer, v {type})")
                server.execute(f"INSERT INTO {name} VALUES (-1, NULL)")
                for place, value in enumerate(values):
                    server.execute(
                        f"INSERT INTO {name} VALUES (%s, %s::text::{type})", [place, value]
                    )


def nodes(lines, way, declared=False):
    """A source over each of the tables."""
    found = {}
    for row in lines:
        for number in range(1 if row.exact else len(row.values)):
            name = table_of(row, number)
            what = f"table: public.{name}" if way == "table" else f"query: SELECT * FROM {name}"
            columns = f"columns: {{n: INTEGER, v: '{row.cells[1]}'}}\n" if declared else ""
            found[f"seeknal/{name}.yml"] = (
                f"kind: source\nname: {name}\nsource: postgresql\nconnection: pg\n{what}\n"
                f"params: {{transport: {TRANSPORT}}}\n{columns}"
            )
    return found


def results(outcome):
    return {node["node"].partition(".")[2]: node for node in outcome.json()["nodes"]}


def types_of(made, names):
    """The types of the column v of many nodes, asked at once."""
    asked = " UNION ALL BY NAME ".join(
        f"(SELECT '{name}' AS name, any_value(typeof(v)) AS type FROM source.{name})"
        for name in names
    )
    found = made.run("sql", asked, "--format", "json", "--limit", "0").assert_ok().json()
    return {row["name"]: row["type"] for row in found}


def texts_of(made, types):
    asked = " UNION ALL ".join(
        f"(SELECT '{name}' AS name, n, {text_of('v', type)} AS text FROM source.{name})"
        for name, type in types.items()
    )
    found = made.run("sql", asked, "--format", "json", "--limit", "0").assert_ok().json()
    texts = {}
    for row in found:
        texts.setdefault(row["name"], {})[int(row["n"])] = row["text"]
    return texts


def sent(database, row):
    """The values as the server itself prints them, by another driver."""
    with database.connect() as server:
        server.execute("SET TimeZone = 'UTC'")
        with server.cursor() as cursor:
            type = row.cells[0]
            out = "v::varchar" if type.startswith(("character(", "bpchar")) else "v"
            # concat() uses the type's own output, unlike a cast of inet.
            query = f"SELECT n, CASE WHEN v IS NULL THEN NULL ELSE concat({out}) END FROM "
            cursor.execute(query + table_of(row))
            return dict(cursor.fetchall())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["table", "query"])
def test_each_value_arrives_as_the_page_says(project, database, way):
    fill(database, READ)
    made = project(nodes(READ, way))

    outcome = made.run("run", "--format", "json")

    found = results(outcome)
    exact = [row for row in READ if row.exact]
    wrong = [
        f"{row}: {found[table_of(row)]['error']}"
        for row in exact
        if found[table_of(row)]["status"] != "success"
    ]
    right = [row for row in exact if found[table_of(row)]["status"] == "success"]
    types = types_of(made, [table_of(row) for row in right])
    texts = texts_of(made, types)
    for row in right:
        name, type = table_of(row), row.cells[0]
        if types[name] != row.cells[1]:
            wrong.append(f"{row}: is {types[name]}, not {row.cells[1]}")
        for n, value in sent(database, row).items():
            arrived = comparable(texts[name][n], type)
            if arrived != comparable(value, type):
                wrong.append(f"{row}: {value!r} arrives as {texts[name][n]!r}")
    wrong += misnamed(READ, found)
    assert not wrong, "\n".join(wrong)


def message_of(end):
    """The words with which a node or a delivery failed; none where it went well."""
    return (end["error"] or {"message": ""})["message"]


def misnamed(lines, found):
    """Values that should have been refused in the page's words, and were not."""
    wrong = []
    for row in lines:
        for number, value in enumerate(() if row.exact else row.values):
            node = found[table_of(row, number)]
            if node["status"] != "failed" or row.words not in message_of(node):
                wrong.append(f"{row}: {value} is {node['status']}: {node['error']}")
    return wrong


@pytest.mark.timeout(300)
def test_each_declared_type_holds_what_the_page_says(project, database):
    fill(database, DECLARED)
    made = project(nodes(DECLARED, "table", declared=True))

    outcome = made.run("run", "--format", "json")

    found = results(outcome)
    exact = [row for row in DECLARED if row.exact]
    wrong = [
        f"{row}: {found[table_of(row)]['error']}"
        for row in exact
        if found[table_of(row)]["status"] != "success"
    ]
    right = [row for row in exact if found[table_of(row)]["status"] == "success"]
    types = types_of(made, [table_of(row) for row in right])
    texts = texts_of(made, types)
    for row in right:
        name, (type, declared) = table_of(row), row.cells[:2]
        if types[name] != declared:
            wrong.append(f"{row}: is {types[name]}, not {declared}")
        for n, value in sent(database, row).items():
            there = texts[name][n]
            if declared == "VARCHAR":
                same = there == value
            elif declared == "TIMESTAMP" and type == "date":
                same = there is value is None or there == f"{value} 00:00:00"
            elif declared == "DATE":
                same = there is value is None or there == value[:10]
            else:
                number = type.replace("text", "numeric") if declared == "INTEGER" else type
                deep = declared.count("[]") - number.count("[]")
                number += "[]" * deep if number.endswith("[]") else ""
                same = comparable(there, number) == comparable(value, number)
            if not same:
                wrong.append(f"{row}: {value!r} arrives as {there!r}")
    wrong += misnamed(DECLARED, found)
    assert not wrong, "\n".join(wrong)


def delivers(name, select):
    """A node that delivers to a table for each mode."""
    targets = "".join(
        f"  - {{type: postgresql, connection: pg, table: m_{mode}.{name}, {said}}}\n"
        for mode, said in MODES.items()
    )
    return f"kind: transform\nname: {name}\ntransform: |\n  {select}\nmaterializations:\n{targets}"


def every_value(lines):
    """SQL of rows that have a column for each line of the page; those that run out are NULL."""
    depth = max(len(row.values) for row in lines)
    parts = []
    for place in range(depth + 1):
        values = ", ".join(
            f"{row.values[place] if place < len(row.values) else 'NULL'} AS c{row.number}"
            for row in lines
        )
        parts.append(f"SELECT {place} AS n, DATE '2024-01-01' + {place} AS d, {values}")
    return " UNION ALL ".join(parts)


@cache
def oracle(row):
    """What DuckDB alone says of the values."""
    listed = " UNION ALL ".join(
        f"SELECT {place} AS n, {value} AS v" for place, value in enumerate(row.values)
    )
    with duckdb.connect() as duck:
        duck.execute("SET TimeZone = 'UTC'")
        type = duck.sql(f"SELECT any_value(typeof(v)) FROM ({listed})").fetchall()[0][0]
        text = "CAST(to_json(v) AS VARCHAR)" if row.cells[0] == "jsonb" else text_of("v", type)
        return dict(duck.sql(f"SELECT n, {text} FROM ({listed})").fetchall())


def test_each_value_is_written_as_the_page_says_in_every_mode(project, database):
    lines = [row for row in WRITE if row.exact]
    node = delivers("t", f"SELECT * FROM ({every_value(lines)}) WHERE {{{{ var('which') }}}}")
    made = project(
        {"seeknal_project.yml": "name: t\nvars: {which: n = 0}\n", "seeknal/t.yml": node}
    )
    made.run("run").assert_ok()
    made.write({"seeknal_project.yml": "name: t\nvars: {which: 'true'}\n"})

    made.run("run").assert_ok()

    with database.connect() as server:
        server.execute("SET TimeZone = 'UTC'")
        wrong = [
            f"{row}, {mode}: {fault}"
            for row in lines
            for mode in MODES
            for fault in held(server, row, f"m_{mode}.t")
        ]
    assert not wrong, "\n".join(wrong)


def held(server, row, table):
    column = f"c{row.number}"
    query = (
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = %s"
    )
    (type,) = server.execute(query, [table, column]).fetchone()
    if type != row.cells[0]:
        yield f"the column is {type}, not {row.cells[0]}"
    wanted = oracle(row)
    there = dict(server.execute(f"SELECT n, {column}::text FROM {table}").fetchall())
    for n in there:
        if comparable(there[n], row.cells[0]) != comparable(wanted.get(n), row.cells[0]):
            yield f"{wanted.get(n)!r} became {there[n]!r}"


def test_each_value_that_has_no_place_is_refused_by_name_in_every_mode(project, database):
    lines = [(row, value) for row in WRITE if not row.exact for value in row.values]
    made = project(
        {
            f"seeknal/t{place}.yml": delivers(
                f"t{place}", f"SELECT 0 AS n, DATE '2024-01-01' AS d, {value} AS v"
            )
            for place, (_, value) in enumerate(lines)
        }
    )

    outcome = made.run("run", "--format", "json")

    found, wrong = results(outcome), []
    for place, (row, value) in enumerate(lines):
        node = found[f"t{place}"]
        ends = [message_of(end) for end in node["targets"]] or [message_of(node)] * len(MODES)
        wrong += [f"{row}: {value}: {end}" for end in ends if row.words not in (end or "")]
        wrong += [f"{row}: ended {len(ends)} times"] * (len(ends) != len(MODES))
    assert not wrong, "\n".join(wrong)
    assert database.rows("SELECT tablename FROM pg_tables WHERE schemaname LIKE 'm\\_%'") == []


NAN = {
    "a": ("numeric(10,2)[]", "{1.5,NaN,NULL}", "", "[1.50, NULL, NULL]"),
    "b": ("numeric[]", "{{1.5},{-Infinity}}", "NUMERIC(10,2)[][]", "[[1.50], [NULL]]"),
    "c": ("numeric", "Infinity", "", None),
    "d": ("numeric", "NaN", "DECIMAL(10,2)", None),
    "e": ("numeric", "NaN", "DOUBLE", None),
    "f": ("numeric", "NaN", "VARCHAR", "NaN"),
    "g": ("double precision", "NaN", "", "nan"),
    "h": ("numeric[]", "{1e40,NaN}", "", "[1e+40, NULL]"),
}


def test_on_nan_null_makes_numerics_null_wherever_they_stand(project, database):
    columns = ", ".join(f"{name} {type}" for name, (type, *_) in NAN.items())
    values = ", ".join(f"'{value}'" for _, value, *_ in NAN.values())
    database.run(f"CREATE TABLE t ({columns}); INSERT INTO t VALUES ({values})")
    made = project(
        {
            "seeknal/s.yml": "kind: source\nname: s\nsource: postgresql\nconnection: pg\n"
            f"query: SELECT * FROM t\nparams: {{on_nan: 'null', transport: {TRANSPORT}}}\n"
            "columns:\n"
            + "".join(f"  {name}: '{given[2]}'\n" for name, given in NAN.items() if given[2])
        }
    )

    made.run("run").assert_ok()

    asked = "SELECT " + ", ".join(f"{name}::VARCHAR AS {name}" for name in NAN) + " FROM source.s"
    (row,) = made.run("sql", asked, "--format", "json").assert_ok().json()
    assert row == {name: given[3] for name, given in NAN.items()}


TIMES = [
    *("'0044-03-15 (BC)'::DATE", "'infinity'::DATE", "'-infinity'::DATE", "'99999-01-01'::DATE"),
    *("'0044-03-15 (BC) 01:02:03'::TIMESTAMP", "'-infinity'::TIMESTAMP"),
    *("'infinity'::TIMESTAMPTZ", "'0044-03-15 (BC) 01:02:03+00'::TIMESTAMPTZ"),
    *("'infinity'::TIMESTAMP_NS", "TIMESTAMP_NS '2024-01-01 00:00:00.123456'"),
    *("TIMESTAMP_S '2024-01-01 00:00:00'", "'9999-12-31'::DATE"),
]


def test_rows_of_any_time_are_replaced_not_doubled_and_no_others(project, database):
    def nodes(n):
        return {
            f"seeknal/t{place}.yml": f"kind: transform\nname: t{place}\ntransform: |\n"
            f"  SELECT {n} AS n, {time} AS d\nmaterializations:\n  - {{type: postgresql,"
            f" connection: pg, table: t{place}, mode: incremental_by_time, time_column: d}}\n"
            for place, time in enumerate(TIMES)
        }

    made = project(nodes(1))
    made.run("run").assert_ok()
    database.run(f"INSERT INTO t{len(TIMES) - 1} VALUES (9, 'infinity')")
    made.write(nodes(2))

    made.run("run").assert_ok()

    found = {
        time: database.rows(f"SELECT n FROM t{place} ORDER BY n")
        for place, time in enumerate(TIMES)
    }
    assert found == {**{time: [(2,)] for time in TIMES}, TIMES[-1]: [(2,), (9,)]}
