"""``seeknal ingest`` of files and APIs, whose types each batch shows anew."""

import json
import sqlite3
from contextlib import closing

import pytest
from tests.core.files.restserver import Api, page

from seeknal.testing.project import TestProject

pytestmark = pytest.mark.inside


class Batch:
    """A source whose rows are replaced from load to load."""

    def __init__(self, place, words):
        self.place = place
        self.words = words

    def load(self, rows, *words):
        self.give(rows)
        return self.place.run("ingest", *self.words, "--into", "pg:dw", "--name", "b", *words)


class OfApi(Batch):
    def __init__(self, place, api):
        super().__init__(place, ("--connection", "api", "--table", "rows"))
        self.api = api

    def give(self, rows):
        self.api.on("/rows", page(rows))


class OfJson(Batch):
    def __init__(self, place):
        super().__init__(place, ("--path", "b.json"))

    def give(self, rows):
        self.place.write({"b.json": json.dumps(rows)})


class OfCsv(Batch):
    def __init__(self, place):
        super().__init__(place, ("--path", "b.csv"))

    def give(self, rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        lines = [
            ",".join("" if row.get(name) is None else str(row[name]) for name in names)
            for row in rows
        ]
        self.place.write({"b.csv": "\n".join([",".join(names), *lines, ""])})


class OfSheet(Batch):
    def __init__(self, place):
        super().__init__(place, ("--path", "b.xlsx"))

    def give(self, rows):
        import openpyxl

        book = openpyxl.Workbook()
        book.active.append([*rows[0]])
        for row in rows:
            book.active.append([*row.values()])
        book.save(self.place.path / "b.xlsx")


class OfSqlite(Batch):
    def __init__(self, place):
        super().__init__(place, ("--path", "b.db", "--table", "b"))

    def give(self, rows):
        with closing(sqlite3.connect(self.place.path / "b.db")) as made:
            made.execute("DROP TABLE IF EXISTS b")
            made.execute("CREATE TABLE b (id, v)")
            made.executemany("INSERT INTO b VALUES (:id, :v)", rows)
            made.commit()


@pytest.fixture
def place(tmp_path, database, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile})
    return made


@pytest.fixture
def api(place, database):
    made = Api()
    connection = f"  api: {{type: rest_api, base_url: '{made.url}', retries: 0}}\n"
    place.write({"profiles.yml": database.profile.rstrip() + "\n" + connection})
    yield made
    made.close()


@pytest.fixture(params=["api", "json", "csv"])
def batch(request, place):
    return made(request.param, request, place)


@pytest.fixture(params=["api", "json"])
def documents(request, place):
    return made(request.param, request, place)


def made(kind, request, place):
    if kind == "api":
        return OfApi(place, request.getfixturevalue("api"))
    return OfJson(place) if kind == "json" else OfCsv(place)


@pytest.fixture(params=[OfSheet, OfSqlite])
def typed(request, place):
    return request.param(place)


def ids(database):
    return [id for (id,) in database.rows("SELECT id FROM dw ORDER BY id")]


def values(database):
    return database.rows("SELECT v::text FROM dw ORDER BY id")


MOMENTS = {
    "fractions": ("2024-01-01T00:00:01.5Z", "2024-01-01T00:00:02Z", "2024-01-01T00:00:02.5Z"),
    "many digits": (
        *("2024-01-01T00:00:01.123456Z", "2024-01-01T00:00:02.1Z"),
        "2024-01-01T00:00:02.1000010Z",
    ),
    "offsets": (
        *("2024-10-27T01:30:00+02:00", "2024-10-27T02:30:00+02:00"),
        "2024-10-27T02:10:00+01:00",
    ),
    "short offsets": ("2024-10-27T01:30+02", "2024-10-27T02:30:00.0+0200", "2024-10-27T02:10Z"),
    "no zone": ("2024-01-01T00:00:01.5", "2024-01-01T00:00:02", "2024-01-01T00:00:02.5"),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_times_go_by_their_moment_however_each_is_written(batch, database, name):
    first, last, later = MOMENTS[name]
    rows = [{"id": 1, "u": first}, {"id": 2, "u": last}]
    batch.load(rows, "--incremental", "u").assert_ok()

    batch.load([*rows, {"id": 3, "u": later}], "--incremental", "u").assert_ok()
    batch.load([*rows, {"id": 3, "u": later}], "--incremental", "u").assert_ok()

    assert ids(database) == [1, 2, 3]
    zone = "without" if name == "no zone" else "with"
    assert database.rows("SELECT DISTINCT pg_typeof(u)::text FROM dw") == [
        (f"timestamp {zone} time zone",)
    ]


def test_the_column_of_a_mark_without_any_value_is_not_taken_for_days(place, database):
    batch = OfCsv(place)
    batch.load([{"id": 1, "u": None}], "--incremental", "u").assert_ok()

    batch.load([{"id": 2, "u": "2024-01-01T00:00:01Z"}], "--incremental", "u").assert_ok()

    assert database.rows("SELECT id, u FROM dw ORDER BY id") == [
        (1, None),
        (2, "2024-01-01T00:00:01Z"),
    ]


def test_a_declared_column_may_be_missing_where_the_table_has_it(batch, database):
    words = ("--column-type", "v=VARCHAR")
    batch.load([{"id": 1, "v": "x"}], *words).assert_ok()

    batch.load([{"id": 2}], *words).assert_ok()

    assert values(database) == [("x",), (None,)]


def test_a_declared_column_that_is_nowhere_is_refused(batch):
    refused = batch.load([{"id": 1, "v": "x"}], "--column-type", "w=VARCHAR")

    assert refused.exit_code == 1
    assert "'w'" in refused.stderr


UNORDERED = {
    "numbers": ("9", "8", "10"),
    "days first": ("27.10.2024", "26.10.2024", "01.11.2024"),
    "nanoseconds": (
        *("2024-01-01T00:00:01.1234567Z", "2024-01-01T00:00:01.5Z"),
        "2024-01-01T00:00:02Z",
    ),
}


@pytest.mark.parametrize("name", UNORDERED)
def test_text_that_may_not_grow_as_text_is_refused_and_nothing_is_lost(documents, database, name):
    first, second, third = UNORDERED[name]
    rows = [{"id": 1, "u": first}, {"id": 2, "u": second}]
    documents.load(rows, "--incremental", "u")

    refused = documents.load([*rows, {"id": 3, "u": third}], "--incremental", "u")

    assert refused.exit_code == 1
    assert "SK1614" in refused.stderr
    assert "'u'" in refused.stderr
    assert "--column-type u=TIMESTAMPTZ" in refused.stderr


def test_who_declares_text_says_that_it_grows(documents, database):
    words = ("--incremental", "u", "--column-type", "u=VARCHAR")
    documents.load([{"id": 1, "u": "a"}], *words).assert_ok()

    documents.load([{"id": 1, "u": "a"}, {"id": 2, "u": "ab"}], *words).assert_ok()

    assert ids(database) == [1, 2]


IDS = {
    "ulid": ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"),
    "numbered": ("ORD-0009", "ORD-0010"),
    "object": ("507f1f77bcf86cd799439011", "507f1f77bcf86cd799439012"),
}


@pytest.mark.parametrize("name", IDS)
def test_ids_of_one_form_and_length_are_a_mark(documents, database, name):
    rows = [{"id": number, "u": text} for number, text in enumerate(IDS[name], 1)]
    documents.load(rows[:1], "--incremental", "u").assert_ok()

    documents.load(rows, "--incremental", "u").assert_ok()

    assert ids(database) == [1, 2]


NARROWER = {
    "whole numbers": ([10.5, 10], [10], "double precision", ["10"]),
    "dates in text": (["soon"], ["2024-01-31"], "text", ["2024-01-31"]),
    "times in text": (["soon"], ["2024-01-31T10:00:00Z"], "text", ["2024-01-31T10:00:00Z"]),
    "numerals in text": (["0123"], ["9123"], "text", ["9123"]),
    "nothing": ([1.5], [None], "double precision", [None]),
}


@pytest.mark.parametrize("name", NARROWER)
def test_a_batch_of_narrower_values_is_read_as_the_table_is(batch, database, name):
    before, after, type, expected = NARROWER[name]
    batch.load([{"id": n, "v": v} for n, v in enumerate(before, 10)]).assert_ok()

    batch.load([{"id": n, "v": v} for n, v in enumerate(after)], "--mode", "full").assert_ok()

    assert values(database) == [(text,) for text in expected]
    assert database.rows("SELECT DISTINCT pg_typeof(v)::text FROM dw") == [(type,)]


NARROWER_DOCUMENTS = {
    "a number in text": (["soon"], [9123], "text", ["9123"]),
    "a truth in text": (["soon"], [True], "text", ["true"]),
    "whole numbers in a list": ([[1.5]], [[2], []], "double precision[]", ["{2}", "{}"]),
    "dates in a list": ([["x"]], [["2024-01-31"], None], "text[]", ["{2024-01-31}", None]),
    "what was null": ([None], ["x", None], "jsonb", ['"x"', None]),
    "a list that was null": ([None], [[1, 2]], "jsonb", ["[1, 2]"]),
    "null of text": (["x"], [None], "text", [None]),
    "null of a list": ([["x"]], [None], "text[]", [None]),
    "objects with fewer keys": (
        *([{"a": 1, "b": 2}], [{"a": 1.5}]),
        *("jsonb", ['{"a": 1.5}']),
    ),
}


@pytest.mark.parametrize("name", NARROWER_DOCUMENTS)
def test_a_batch_of_other_json_is_read_as_the_table_is(documents, database, name):
    before, after, type, expected = NARROWER_DOCUMENTS[name]
    documents.load([{"id": n, "v": v} for n, v in enumerate(before, 10)]).assert_ok()
    rows = [{"id": n, "v": v} for n, v in enumerate(after)]
    documents.load(rows, "--mode", "full").assert_ok()

    assert values(database) == [(text,) for text in expected]
    assert database.rows("SELECT DISTINCT pg_typeof(v)::text FROM dw") == [(type,)]


WIDER = {
    "fractions": ([1], [1.5]),
    "text": ([1], ["x"]),
    "digits behind zeros": ([1], ["0123"]),
    "more than a double has": ([1.5], [9007199254740993]),
}


@pytest.mark.parametrize("name", WIDER)
def test_a_batch_that_would_lose_something_is_refused_by_name(documents, database, name):
    before, after = WIDER[name]
    documents.load([{"id": 1, "v": v} for v in before]).assert_ok()

    refused = documents.load([{"id": 2, "v": v} for v in after])

    assert refused.exit_code == 1
    assert "v " in refused.stderr
    assert "--column-type" in refused.stderr
    assert ids(database) == [1]


def test_a_large_csv_that_turns_out_otherwise_is_read_as_the_table_is(place, database):
    batch = OfCsv(place)
    batch.load([{"id": 0, "v": 1.5, "t": "x"}]).assert_ok()
    rows = [{"id": n, "v": n, "t": n} for n in range(1, 30_000)]

    batch.load([*rows, {"id": 30_000, "v": 2.5, "t": "007"}]).assert_ok()

    assert database.rows("SELECT count(*), max(v), max(t) FILTER (WHERE id = 30000) FROM dw") == [
        (30_001, 29_999.0, "007")
    ]


def test_a_nul_of_an_api_can_be_left_out(place, api, database):
    batch = OfApi(place, api)
    rows = [{"id": 1, "v": "a\x00b\x00\x00", "n": {"k": "\\\x00\\u0000"}}]
    refused = batch.load(rows)

    batch.load(rows, "--param", "nul=remove").assert_ok()

    assert "--param nul=remove" in refused.stderr
    assert values(database) == [("ab",)]
    assert database.rows("SELECT n->>'k' FROM dw") == [("\\\\u0000",)]


def test_what_stays_away_is_told_in_the_options_of_a_load(place, api):
    batch = OfApi(place, api)
    api.on("/rows", page({}, status=503))

    refused = place.run("ingest", *batch.words, "--into", "pg:dw", "--name", "b")

    assert refused.exit_code == 1
    assert "run again" in refused.stderr
    assert "--retries" not in refused.stderr


def test_a_key_that_is_missing_is_told_in_the_options_of_a_load(documents):
    refused = documents.load([{"id": 1}], "--mode", "upsert", "--keys", "no")

    assert refused.exit_code == 1
    assert "--keys" in refused.stderr
    assert "unique_keys" not in refused.stderr


def test_rows_of_one_key_are_told_in_the_options_of_a_load(documents):
    rows = [{"id": 1, "v": 1}, {"id": 1, "v": 2}]

    refused = documents.load(rows, "--mode", "upsert", "--keys", "id")

    assert refused.exit_code == 1
    assert "more columns in --keys" in refused.stderr
    assert "node" not in refused.stderr


TYPED = {
    "whole numbers": ([10.5], [10, None], "double precision", ["10", None]),
    "a number in text": (["0123"], [9123], "text", ["9123"]),
    "nothing": ([1.5], [None], "double precision", [None]),
    "whole fractions": ([10], [11.0], "bigint", ["11"]),
}


@pytest.mark.parametrize("name", TYPED)
def test_values_with_types_of_their_own_are_read_as_the_table_is(typed, database, name):
    before, after, type, expected = TYPED[name]
    typed.load([{"id": n, "v": v} for n, v in enumerate(before, 10)]).assert_ok()

    typed.load([{"id": n, "v": v} for n, v in enumerate(after)], "--mode", "full").assert_ok()

    assert values(database) == [(text,) for text in expected]
    assert database.rows("SELECT DISTINCT pg_typeof(v)::text FROM dw") == [(type,)]


@pytest.mark.parametrize(("before", "after"), [(1, 1.5), (1, "x"), (1.5, 2**53 + 2)])
def test_values_with_types_of_their_own_are_refused_where_they_would_change(
    typed, database, before, after
):
    typed.load([{"id": 1, "v": before}]).assert_ok()

    refused = typed.load([{"id": 2, "v": after}])

    assert refused.exit_code == 1
    assert ids(database) == [1]


@pytest.mark.parametrize(
    "again", [{"a": 1}, {"a": 1.0}, {"a": 1, "b": None}, {"b": None, "a": 1}, {"a": 1, "l": None}]
)
def test_a_record_at_the_mark_is_known_whatever_its_batch_looks_like(documents, database, again):
    last = "2024-01-02T00:00:00Z"
    more = {"a": 1.5, "b": 2, "at": "2024-01-01T00:00:00Z"}
    first = [{"id": 2, "u": last, "n": more}, {"id": 3, "u": last, "n": {"a": 1}}]
    documents.load(first, "--incremental", "u").assert_ok()

    documents.load([{"id": 3, "u": last, "n": again}], "--incremental", "u").assert_ok()

    assert ids(database) == [2, 3]


def test_a_record_at_the_mark_that_has_changed_arrives(documents, database):
    last = "2024-01-02T00:00:00Z"
    first = [{"id": 2, "u": last, "n": {"a": 1, "b": 2}}, {"id": 3, "u": last, "n": {"a": 1}}]
    documents.load(first, "--incremental", "u").assert_ok()

    documents.load([{"id": 3, "u": last, "n": {"a": 2}}], "--incremental", "u").assert_ok()

    assert ids(database) == [2, 3, 3]
