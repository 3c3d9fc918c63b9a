"""Mode ``full`` when the node's columns are no longer those of the table."""

import pytest

pytestmark = pytest.mark.inside


@pytest.fixture
def node(project):
    """Makes a project whose node delivers what it selects, and changes it."""

    class Made:
        def __init__(self, select, more=""):
            self.more = more
            self.project = project({"seeknal/t.yml": self.text(select)})

        def text(self, select):
            return (
                f"kind: transform\nname: t\ntransform: |\n  {select}\nmaterializations:\n"
                f"  - {{type: postgresql, connection: pg, table: t, mode: full{self.more}}}\n"
            )

        def delivers(self, select):
            self.project.write({"seeknal/t.yml": self.text(select)})
            return self.project.run("run")

    return Made


def type_of(database, table="t"):
    return database.value(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = 'v' AND NOT attisdropped",
        table,
    )


def delivering(selects, mode="full"):
    """A node for each of the texts, with a table of its own: ``t0``, ``t1``, ..."""
    return {
        f"seeknal/t{number}.yml": f"kind: transform\nname: t{number}\ntransform: |\n  {select}\n"
        f"materializations:\n  - {{type: postgresql, connection: pg, table: t{number},"
        f" mode: {mode}}}\n"
        for number, select in enumerate(selects)
    }


def told_of(outcome):
    """What was said of each node."""
    found = {}
    for node in outcome.json()["nodes"]:
        (target,) = node["targets"]
        said = target["error"] and target["error"]["message"]
        found[node["node"].partition(".")[2]] = (said, target["detail"])
    return found


def state(database, count):
    """The type and the values of v in each table."""
    return [
        (type_of(database, f"t{n}"), [row[0] for row in database.rows(f"SELECT v::text FROM t{n}")])
        for n in range(count)
    ]


def prepare(database, types, more=""):
    tables = "".join(f"CREATE TABLE t{n} ({more}v {type});" for n, type in enumerate(types))
    database.run(f"CREATE TYPE mood AS ENUM ('happy');{tables}")


CHANGES = {
    "smallint, integer": ("1::SMALLINT", "100000::INTEGER", "integer", "100000"),
    "integer, bigint": ("1::INTEGER", "5000000000", "bigint", "5000000000"),
    "integer, bigint that fits": ("1::INTEGER", "2::BIGINT", "bigint", "2"),
    "integer, numeric": ("1::INTEGER", "1.5::DECIMAL(3,1)", "numeric(3,1)", "1.5"),
    "bigint, numeric": ("1::BIGINT", "99999999999999999999::HUGEINT", "numeric(38,0)", "9" * 20),
    "numeric grows before the point": (
        *("1.5::DECIMAL(5,2)", "123456.78::DECIMAL(10,2)"),
        *("numeric(10,2)", "123456.78"),
    ),
    "numeric grows behind the point": (
        *("1.5::DECIMAL(5,2)", "1.555::DECIMAL(6,3)", "numeric(6,3)", "1.555"),
    ),
    "numeric grows on one side and shrinks on the other": (
        *("1.5::DECIMAL(10,4)", "12345678.9::DECIMAL(9,1)", "numeric(9,1)", "12345678.9"),
    ),
    "numeric, integer": ("1.5::DECIMAL(3,1)", "100000::INTEGER", "integer", "100000"),
    "real, double": ("1.5::FLOAT", "0.1::DOUBLE", "double precision", "0.1"),
    "double, numeric": ("1.5::DOUBLE", "0.1::DECIMAL(3,1)", "numeric(3,1)", "0.1"),
    "date, timestamp": (
        *("DATE '2024-01-01'", "TIMESTAMP '2024-01-01 12:00:00'"),
        *("timestamp without time zone", "2024-01-01 12:00:00"),
    ),
    "timestamp, timestamptz": (
        *("TIMESTAMP '2024-01-01 12:00:00'", "TIMESTAMPTZ '2024-01-01 12:00:00+00'"),
        *("timestamp with time zone", "2024-01-01 12:00:00+00"),
    ),
    "integer, text": ("1::INTEGER", "'x'", "text", "x"),
    "text, integer": ("'x'", "1::INTEGER", "integer", "1"),
    "uuid, text": ("'11111111-2222-3333-4444-555555555555'::UUID", "'x'", "text", "x"),
    "jsonb, text": ("'{}'::JSON", "'not json'", "text", "not json"),
    "interval, text": ("INTERVAL '1 day'", "'x'", "text", "x"),
    "boolean, integer": ("true", "2::INTEGER", "integer", "2"),
    "scalar, list": ("1::INTEGER", "[1, 2]", "integer[]", "{1,2}"),
    "list, wider list": ("[1::INTEGER]", "[5000000000]", "bigint[]", "{5000000000}"),
    "list, struct": ("[1]", "{'a': 1}", "jsonb", '{"a": 1}'),
    "list, text": ("[1]", "'x'", "text", "x"),
}


def test_a_column_follows_the_type_that_is_delivered(project, database):
    made = project(delivering(f"SELECT {first} AS v" for first, *_ in CHANGES.values()))
    made.run("run").assert_ok()
    made.write(delivering(f"SELECT {second} AS v" for _, second, *_ in CHANGES.values()))

    outcome = made.run("run", "--format", "json").assert_ok()

    wanted = [(type, [value]) for _, _, type, value in CHANGES.values()]
    assert dict(zip(CHANGES, state(database, len(CHANGES)), strict=True)) == dict(
        zip(CHANGES, wanted, strict=True)
    )
    assert all("columns changed: v is" in detail for _, detail in told_of(outcome).values())


KEPT = {
    "bigint, integer": ("bigint", "1::INTEGER", "1"),
    "unbounded numeric, bigint": ("numeric", "5000000000", "5000000000"),
    "wide numeric, narrow": ("numeric(30,10)", "1.5::DECIMAL(3,1)", "1.5000000000"),
    "numeric, integer": ("numeric(12,2)", "1::INTEGER", "1.00"),
    "double, real": ("double precision", "1.5::FLOAT", "1.5"),
    "timestamp, date": ("timestamp", "DATE '2024-01-01'", "2024-01-01 00:00:00"),
    "varchar that is long enough": ("character varying(5)", "'abc'", "abc"),
    "an enum": ("mood", "'happy'", "happy"),
    "uuid of text": (
        *("uuid", "'11111111-2222-3333-4444-555555555555'"),
        "11111111-2222-3333-4444-555555555555",
    ),
    "json of JSON": ("json", '\'{"b":1, "a":2}\'::JSON', '{"b":1, "a":2}'),
    "timestamp of milliseconds": (
        *("timestamp(3) without time zone", "TIMESTAMP '2024-01-01 00:00:00.123'"),
        "2024-01-01 00:00:00.123",
    ),
    "bits": ("bit varying(4)", "'101'::BIT", "101"),
    "money": ("money", "1.5::DECIMAL(10,2)", "$1.50"),
    "oid": ("oid", "4294967295", "4294967295"),
}


def test_a_type_that_holds_the_rows_is_left_as_it_is(project, database):
    prepare(database, [type for type, *_ in KEPT.values()])
    before = [type for type, _ in state(database, len(KEPT))]
    made = project(delivering(f"SELECT {value} AS v" for _, value, _ in KEPT.values()))

    made.run("run").assert_ok()

    wanted = [(type, [text]) for type, (*_, text) in zip(before, KEPT.values(), strict=True)]
    assert dict(zip(KEPT, state(database, len(KEPT)), strict=True)) == dict(
        zip(KEPT, wanted, strict=True)
    )


WIDENED = {
    "varchar": ("character varying(3)", "'abcd'", "text", "abcd"),
    "varchar of blanks": ("character varying(3)", "'ab  '", "text", "ab  "),
    "char that would forget blanks": ("character(3)", "'ab '", "text", "ab "),
    "name": ("name", f"'{'n' * 64}'", "text", "n" * 64),
    "timestamp of milliseconds": (
        *("timestamp(3) without time zone", "TIMESTAMP '2024-01-01 00:00:00.123456'"),
        *("timestamp without time zone", "2024-01-01 00:00:00.123456"),
    ),
    "time of seconds": (
        *("time(0) without time zone", "TIME '01:02:03.5'"),
        *("time without time zone", "01:02:03.5"),
    ),
    "bits": ("bit(2)", "'101'::BIT", "bit varying", "101"),
    "list of varchar": ("character varying(3)[]", "['abcd']", "text[]", "{abcd}"),
    "oid": ("oid", "-1::INTEGER", "integer", "-1"),
    "negative scale": ("numeric(5,-2)", "123::INTEGER", "integer", "123"),
}


def test_a_column_that_the_rows_outgrow_gets_the_delivered_type(project, database):
    prepare(database, [type for type, *_ in WIDENED.values()])
    made = project(delivering(f"SELECT {value} AS v" for _, value, *_ in WIDENED.values()))

    made.run("run").assert_ok()

    wanted = [(ours, [text]) for *_, ours, text in WIDENED.values()]
    assert dict(zip(WIDENED, state(database, len(WIDENED)), strict=True)) == dict(
        zip(WIDENED, wanted, strict=True)
    )


UNFIT = {
    "varchar": ("character varying(3)", "'abcd'", "v is character varying(3): abcd is too long"),
    "varchar of blanks": ("character varying(3)", "'ab  '", "v is character varying(3): ab  "),
    "char of blanks": ("character(3)", "'ab '", "ends in blanks"),
    "name": ("name", f"'{'n' * 64}'", "n is too long"),
    "timestamp": (
        *("timestamp(3)", "TIMESTAMP '2024-01-01 00:00:00.123456'"),
        "2024-01-01 00:00:00.123456 would be rounded",
    ),
    "time": ("time(0)", "TIME '01:02:03.5'", "01:02:03.5 would be rounded"),
    "bits": ("bit(2)", "'101'::BIT", "101 is of another length"),
    "list": ("character varying(3)[]", "['abcd']", "[abcd] is too long"),
    "oid": ("oid", "-1::INTEGER", "-1 is out of its range"),
    "negative scale": ("numeric(5,-2)", "123::INTEGER", "v is numeric(5,-2), delivered integer"),
    "interval": ("interval(0)", "INTERVAL '1.5 seconds'", "delivered interval"),
    "smallint": ("smallint", "40000::INTEGER", "v is smallint: 40000 is out of its range"),
    "numeric": (
        *("numeric(5,2)", "1234.5::DECIMAL(8,2)"),
        "v is numeric(5,2): 1234.50 is out of its range",
    ),
    "uuid": ("uuid", "'x'", "v is uuid: invalid input syntax"),
    "enum": ("mood", "'sad'", "v is mood: invalid input value for enum"),
    "array": ("integer[]", "'{x}'", "v is integer[]: invalid input syntax"),
}


@pytest.mark.parametrize("mode", ["append", "upsert_by_key, unique_keys: [n]"])
def test_other_modes_refuse_what_would_be_cut_or_rounded_by_name(project, database, mode):
    prepare(database, [type for type, *_ in UNFIT.values()], "n integer PRIMARY KEY, ")
    selects = (f"SELECT 1 AS n, {value} AS v" for _, value, _ in UNFIT.values())
    made = project(delivering(selects, mode))

    outcome = made.run("run", "--format", "json")

    told = told_of(outcome)
    found = {case: told[f"t{number}"][0] for number, case in enumerate(UNFIT)}
    assert {case: error for case, error in found.items() if UNFIT[case][2] not in error} == {}
    assert [values for _, values in state(database, len(UNFIT))] == [[]] * len(UNFIT)


def test_an_enum_of_the_table_is_not_given_up_for_a_value_that_it_lacks(node, database):
    database.run("CREATE TYPE mood AS ENUM ('happy'); CREATE TABLE t (v mood)")
    made = node("SELECT 1")

    outcome = made.delivers("SELECT 'sad' AS v")

    assert outcome.exit_code == 1
    assert "v is mood: invalid input value for enum" in outcome.stderr


VIEW = "CREATE VIEW report AS SELECT * FROM t"


def test_under_a_view_a_type_stays_while_the_rows_fit(node, database):
    made = node("SELECT 1::INTEGER AS v")
    made.delivers("SELECT 1::INTEGER AS v").assert_ok()
    database.run(VIEW)

    made.delivers("SELECT 2::BIGINT AS v").assert_ok()

    assert type_of(database) == "integer"
    assert database.rows("SELECT * FROM report") == [(2,)]


@pytest.mark.parametrize(
    ("first", "second"),
    [("1::INTEGER", "5000000000"), ("1::DECIMAL(5,2)", "123456.78"), ("1::INTEGER", "'x'")],
)
def test_under_a_view_a_type_that_has_to_change_is_an_error_that_names_both(
    node, database, first, second
):
    made = node(f"SELECT {first} AS v")
    made.delivers(f"SELECT {first} AS v").assert_ok()
    database.run(VIEW)

    outcome = made.delivers(f"SELECT {second} AS v")

    assert outcome.exit_code == 1
    assert "public.report depend on it" in outcome.stderr
    assert "v is " in outcome.stderr
    assert [float(row[0]) for row in database.rows("SELECT * FROM report")] == [1.0]


def test_cascade_drops_the_view_for_a_wider_type(node, database):
    made = node("SELECT 1::INTEGER AS v", ", cascade: true")
    made.delivers("SELECT 1::INTEGER AS v").assert_ok()
    database.run(VIEW)

    outcome = made.delivers("SELECT 5000000000 AS v").assert_ok()

    assert "dropped public.report" in outcome.stdout
    assert database.rows("SELECT v FROM t") == [(5000000000,)]


def test_grants_comments_and_indexes_stay_when_a_column_grows(node, database):
    made = node("SELECT 1::INTEGER AS v")
    made.delivers("SELECT 1::INTEGER AS v").assert_ok()
    database.run(
        "COMMENT ON TABLE t IS 'all'; COMMENT ON COLUMN t.v IS 'one'; CREATE INDEX by_v ON t (v);"
        "ALTER TABLE t ADD CONSTRAINT positive CHECK (v > 0), ALTER v SET DEFAULT 7,"
        " ALTER v SET NOT NULL; GRANT SELECT ON t TO public"
    )

    made.delivers("SELECT 5000000000 AS v").assert_ok()

    about = (
        "SELECT obj_description('t'::regclass), col_description('t'::regclass, 1),"
        " (SELECT count(*) FROM pg_indexes WHERE indexname = 'by_v'),"
        " (SELECT count(*) FROM pg_constraint WHERE conname = 'positive'),"
        " (SELECT attnotnull FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'v'),"
        " has_table_privilege('public', 't', 'SELECT')"
    )
    assert database.rows(about) == [("all", "one", 1, 1, True, True)]
    assert type_of(database) == "bigint"
    database.run("INSERT INTO t DEFAULT VALUES")
    assert database.rows("SELECT v FROM t ORDER BY 1") == [(7,), (5000000000,)]


def test_a_default_that_is_no_value_of_the_new_type_does_not_stop_it(node, database):
    database.run("CREATE TABLE t (v integer DEFAULT 7)")
    made = node("SELECT 1")

    made.delivers("SELECT {'a': 1} AS v").assert_ok()

    assert type_of(database) == "jsonb"


def test_a_column_that_another_is_computed_from_keeps_its_type_while_rows_fit(node, database):
    database.run(
        "CREATE TABLE t (v integer, twice bigint GENERATED ALWAYS AS (v::bigint * 2) STORED)"
    )
    made = node("SELECT 1")

    made.delivers("SELECT 2::BIGINT AS v").assert_ok()

    assert database.rows("SELECT v, twice FROM t") == [(2, 4)]


def test_columns_may_come_go_and_change_places_and_types_at_once(node, database):
    made = node("SELECT 1")
    made.delivers("SELECT 1 AS a, 2 AS b, 'x' AS c").assert_ok()

    made.delivers("SELECT 'y' AS c, DATE '2024-01-01' AS d, 5000000000 AS a").assert_ok()

    assert database.rows("SELECT a, c, d::text FROM t") == [(5000000000, "y", "2024-01-01")]


def test_null_in_a_column_that_the_table_requires_is_refused_by_name(node, database):
    made = node("SELECT 1 AS v")
    made.delivers("SELECT 1 AS v").assert_ok()
    database.run("ALTER TABLE t ALTER v SET NOT NULL")

    outcome = made.delivers("SELECT NULL::INTEGER AS v")

    assert outcome.exit_code == 1
    assert "public.t.v" in outcome.stderr
    assert database.rows("SELECT v FROM t") == [(1,)]


SAME = {
    "a month for 30 days": ("INTERVAL '30 days'", "INTERVAL '1 month'", "1 mon"),
    "24 hours for a day": ("INTERVAL '1 day'", "INTERVAL '24 hours'", "24:00:00"),
    "minus zero": ("0.0::DOUBLE", "'-0.0'::DOUBLE", "-0"),
    "the scale of a number": ("'{\"a\":1.0}'::JSON", "'{\"a\":1.00}'::JSON", '{"a": 1.00}'),
}


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("keys", ["n", "n, v"])
def test_an_upsert_writes_what_is_equal_but_not_the_same(project, database, keys, index):
    mode = f"upsert_by_key, unique_keys: [{keys}]"
    made = project(
        delivering((f"SELECT 1 AS n, {first} AS v" for first, *_ in SAME.values()), mode)
    )
    made.run("run").assert_ok()
    for number in range(0 if index else len(SAME)):
        database.run(f"ALTER TABLE t{number} DROP CONSTRAINT t{number}_pkey")
    made.write(
        delivering((f"SELECT 1 AS n, {second} AS v" for _, second, _ in SAME.values()), mode)
    )

    made.run("run").assert_ok()

    found = [values for _, values in state(database, len(SAME))]
    assert dict(zip(SAME, found, strict=True)) == {case: [SAME[case][2]] for case in SAME}
