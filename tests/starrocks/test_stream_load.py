"""Stream Load and its transactions, by a client that knows HTTP and nothing else."""

import bz2
import gzip
import http.client
import itertools
import json
from decimal import Decimal

import pytest
from tests.starrocks.stream import Client

from seeknal_starrocks.testing import HTTP_POINTS, Refused

pytestmark = pytest.mark.inside

ROWS = b"1\t2026-01-02 03:04:05\ta\t1.5\t2.50\n2\t\\N\t\\N\t\\N\t\\N\n"
LOAD_POINTS = [point for point in HTTP_POINTS if point.split()[1] == "load"]
TRANSACTION_POINTS = [point for point in HTTP_POINTS if point.split()[1] != "load"]
GONE = (http.client.HTTPException, OSError, json.JSONDecodeError)


def ids(standin, table="orders"):
    return [row[0] for row in standin.execute(f"SELECT id FROM {table} ORDER BY id", "shop")]


def test_rows_are_loaded_by_way_of_the_frontend(standin, stream):
    answer = stream.load("orders", ROWS, label="one")

    assert (answer["Status"], answer["NumberLoadedRows"]) == ("Success", 2)
    assert standin.execute("SELECT id, name, price, amount FROM orders ORDER BY id", "shop") == [
        (1, "a", 1.5, Decimal("2.50")),
        (2, None, None, None),
    ]
    assert [(asked.node, asked.text) for asked in standin.log.requests] == [
        ("fe", "PUT /api/shop/orders/_stream_load"),
        ("be", "PUT /api/shop/orders/_stream_load"),
    ]


def test_a_label_is_loaded_once(standin, stream):
    stream.load("orders", ROWS, label="one")

    again = stream.load("orders", ROWS, label="one")

    assert (again["Status"], again["ExistingJobStatus"]) == ("Label Already Exists", "FINISHED")
    assert ids(standin) == [1, 2]
    assert stream.state("one") == "VISIBLE"


def test_a_label_whose_load_failed_can_be_used_again(standin, stream):
    failed = stream.load("orders", b"x\t\\N\t\\N\t\\N\t\\N\n", label="one")

    again = stream.load("orders", ROWS, label="one")

    assert (failed["Status"], failed["Message"]) == ("Fail", "too many filtered rows")
    assert again["Status"] == "Success"
    assert ids(standin) == [1, 2]


def test_labels_are_forgotten_in_the_end(standin, stream):
    stream.load("orders", ROWS, label="one")
    standin.forget_labels()

    again = stream.load("orders", ROWS, label="one")

    assert again["Status"] == "Success"
    assert stream.state("other") == "UNKNOWN"
    assert ids(standin) == [1, 1, 2, 2]


UNFIT = {
    "BIGINT": ("1.5", "x", "9223372036854775808"),
    "TINYINT": ("128",),
    "DECIMAL(4, 2)": ("1.234", "123.4", "1e2"),
    "DATE": ("2026-02-30", "2026-1-2", "2026-01-02 00:00:00"),
    "DATETIME": ("2026-01-02T03:04:05Z", "2026-01-02 03:04", "2026-01-02 03:04:05.1234567"),
    "BOOLEAN": ("yes",),
    "DOUBLE": ("nan", "x"),
    "VARCHAR(3)": ("éé",),
    "JSON": ("{", "[-9223372036854775809]", "[18446744073709551616]", '{"a": 1e400}'),
    "ARRAY<JSON>": ("[-9223372036854775809]",),
    "INT NOT NULL": ("\\N",),
}
FIT = {
    "BIGINT": "-9223372036854775808",
    "LARGEINT": str(2**127 - 1),
    "DECIMAL(4, 2)": "12.30",
    "DATE": "2026-02-28",
    "DATETIME": "2026-01-02 03:04:05.123456",
    "BOOLEAN": "true",
    "DOUBLE": "1.5e300",
    "VARCHAR(4)": "éé",
    "JSON": '{"a": [1, -9223372036854775808, 18446744073709551615, 1e308, "1e400"]}',
    "ARRAY<INT>": "[1,2]",
}


@pytest.mark.parametrize(
    ("type", "value"), [(type, value) for type, values in UNFIT.items() for value in values]
)
def test_a_value_that_would_be_lost_or_changed_is_no_row(standin, stream, type, value):
    standin.execute(f"CREATE TABLE t (k INT, v {type})", "shop")

    answer = stream.load("t", f"1\t{value}\n".encode())

    assert (answer["Status"], answer["NumberFilteredRows"]) == ("Fail", 1)
    assert standin.execute("SELECT k FROM t", "shop") == []


@pytest.mark.parametrize("type", FIT)
def test_a_value_that_fits_is_kept_as_it_is(standin, stream, type):
    standin.execute(f"CREATE TABLE t (k INT, v {type})", "shop")

    answer = stream.load("t", f"1\t{FIT[type]}\n".encode())

    assert answer["Status"] == "Success", answer
    assert standin.execute("SELECT k FROM t WHERE v IS NOT NULL", "shop") == [(1,)]


def test_a_share_of_rows_may_be_unfit_where_that_is_said(standin, stream):
    answer = stream.load("people", b"1\ta\nx\tb\n", max_filter_ratio="0.5")

    assert (answer["Status"], answer["NumberFilteredRows"]) == ("Success", 1)
    assert ids(standin, "people") == [1]


JSON = b'{"id": 1, "name": "a\\tb\\n"}\n{"id": 2, "name": null}\n'
ARRAY = b'[{"id": 1, "name": "a\\tb\\n"}, {"name": null, "id": 2}]'


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (JSON, {}),
        (ARRAY, {"strip_outer_array": "true"}),
        (gzip.compress(JSON), {"compression": "gzip"}),
        (bz2.compress(JSON), {"compression": "bzip2"}),
    ],
)
def test_rows_are_json(standin, stream, body, headers):
    answer = stream.load("people", body, format="json", **headers)

    assert answer["Status"] == "Success", answer
    found = standin.execute("SELECT id, name FROM people ORDER BY id", "shop")
    assert found == [(1, "a\tb\n"), (2, None)]


@pytest.mark.parametrize(
    ("body", "headers", "says"),
    [
        (ARRAY, {"format": "json"}, "strip_outer_array=true"),
        (JSON, {"format": "json", "strip_outer_array": "true"}, "should be array type"),
        (JSON, {"format": "parquet"}, "unknown data format"),
        (JSON, {"format": "json", "compression": "gzip"}, "not gzip"),
        (b"1\n", {}, "cannot read the rows"),
        (b"1\ta\n", {"columns": "id,nothing"}, "Unknown column 'nothing'"),
        (b"a\n", {"columns": "name"}, "no default value, column: id"),
        (b"1\ta\n", {"colums": "id,name"}, "unknown header colums"),
    ],
)
def test_a_load_that_means_nothing_fails_and_leaves_no_row(standin, stream, body, headers, says):
    answer = stream.load("people", body, label="one", **headers)

    assert answer["Status"] == "Fail"
    assert says in answer["Message"]
    assert ids(standin, "people") == []
    assert stream.state("one") in ("ABORTED", "UNKNOWN")


def test_values_with_separators_are_enclosed(standin, stream):
    body = b'1,"a,""b""\nc"\n2,\\N\n'

    answer = stream.load("people", body, column_separator=",", enclose='"')

    assert answer["Status"] == "Success", answer
    found = standin.execute("SELECT id, name FROM people ORDER BY id", "shop")
    assert found == [(1, 'a,"b"\nc'), (2, None)]


def test_of_rows_with_one_key_the_last_stays(standin, stream):
    stream.load("people", b"1\told\n2\tb\n")

    stream.load("people", b"1\tfirst\n3\tc\n1\tlast\n")

    found = standin.execute("SELECT id, name FROM people ORDER BY id", "shop")
    assert found == [(1, "last"), (2, "b"), (3, "c")]


def test_rows_are_deleted_by_their_operation(standin, stream):
    stream.load("people", b"1\ta\n2\tb\n3\tc\n")

    body = b'{"id": 1, "__op": 1}\n{"id": 2, "name": "new", "__op": 0}\n'
    stream.load("people", body, format="json", columns="id,name,__op")

    found = standin.execute("SELECT id, name FROM people ORDER BY id", "shop")
    assert found == [(2, "new"), (3, "c")]


def test_a_partial_update_leaves_other_columns(standin, stream):
    standin.execute("CREATE TABLE t (id INT, a INT, b INT) PRIMARY KEY (id)", "shop")
    stream.load("t", b"1\t1\t1\n2\t2\t2\n")

    stream.load("t", b"1\t9\n3\t3\n", columns="id,b", partial_update="true")

    found = standin.execute("SELECT id, a, b FROM t ORDER BY id", "shop")
    assert found == [(1, 1, 9), (2, 2, 2), (3, None, 3)]


def test_rows_of_a_timed_out_load_are_committed_and_not_seen(standin, stream):
    standin.faults.time_out_publishing()

    answer = stream.load("people", b"1\ta\n", label="one")
    again = stream.load("people", b"1\ta\n", label="one")

    assert answer["Status"] == "Publish Timeout"
    assert (again["Status"], again["ExistingJobStatus"]) == ("Label Already Exists", "FINISHED")
    assert (ids(standin, "people"), stream.state("one")) == ([], "COMMITTED")
    standin.publish()
    assert (ids(standin, "people"), stream.state("one")) == ([1], "VISIBLE")


@pytest.mark.parametrize("change", ["DROP TABLE people FORCE", "DROP DATABASE shop"])
def test_rows_of_a_table_that_is_gone_are_published_nowhere(standin, stream, change):
    standin.faults.time_out_publishing()
    stream.load("people", b"1\ta\n", label="one")
    standin.execute(change, "shop")

    standin.publish()

    assert stream.state("one") == "VISIBLE"


def test_loads_are_published_in_their_order(standin, stream):
    standin.faults.time_out_publishing()
    stream.load("people", b"1\tfirst\n")

    stream.load("people", b"1\tsecond\n")

    assert standin.execute("SELECT name FROM people", "shop") == [("second",)]


def test_a_load_that_lingers_holds_its_label(standin, stream):
    standin.faults.drop("be load received", then="lingers")
    with pytest.raises(GONE):
        stream.load("people", b"1\ta\n", label="one")

    again = stream.load("people", b"1\ta\n", label="one")

    assert (again["Status"], again["ExistingJobStatus"]) == ("Label Already Exists", "RUNNING")
    standin.settle("shop", "one", commit=False)
    assert stream.load("people", b"1\ta\n", label="one")["Status"] == "Success"
    assert ids(standin, "people") == [1]


def test_a_load_goes_on_although_nobody_is_told(standin, stream):
    standin.faults.drop("be load received", then="goes on")

    with pytest.raises(GONE):
        stream.load("people", b"1\ta\n", label="one")

    assert ids(standin, "people") == [1]
    assert stream.state("one") == "VISIBLE"


@pytest.mark.parametrize("point", LOAD_POINTS)
def test_a_rerun_finishes_a_load_that_was_dropped_anywhere(standin, stream, point):
    standin.faults.drop(point)
    with pytest.raises(GONE):
        stream.load("orders", ROWS, label="one")

    again = stream.load("orders", ROWS, label="one")

    done = again["Status"] == "Success" or again["ExistingJobStatus"] == "FINISHED"
    assert done
    assert ids(standin) == [1, 2]


@pytest.mark.parametrize("point", ["fe load asked", "be load asked", "be load half"])
def test_an_error_leaves_no_row_and_no_label(standin, stream, point):
    standin.faults.fail(point, "Memory of process exceed limit")

    answer = stream.load("orders", ROWS, label="one")

    assert answer["Status"] in ("Fail", "FAILED")
    assert "Memory of process" in answer["Message"]
    assert ids(standin) == []
    assert stream.load("orders", ROWS, label="one")["Status"] == "Success"


def transaction(stream, label, bodies=(ROWS,)):
    """Carries out a transaction as far as it goes; gives the statuses."""
    found = [stream.transact("begin", label=label)["Status"]]
    if found == ["LABEL_ALREADY_EXISTS"]:
        return found
    found += [stream.transact("load", body=body, label=label)["Status"] for body in bodies]
    found += [stream.transact(name, label=label)["Status"] for name in ("prepare", "commit")]
    return found


def test_several_parts_become_rows_at_once(standin, stream):
    parts = [f"{at}\t\\N\t\\N\t\\N\t\\N\n".encode() for at in range(3)]

    found = transaction(stream, "one", parts)

    assert found == ["OK"] * 6
    assert ids(standin) == [0, 1, 2]


def test_rows_are_not_seen_before_the_commit(standin, stream):
    stream.transact("begin", label="one")
    stream.transact("load", body=ROWS, label="one")

    prepared = stream.transact("prepare", label="one")

    assert (prepared["Status"], prepared["NumberLoadedRows"]) == ("OK", 2)
    assert (ids(standin), stream.state("one")) == ([], "PREPARED")


def test_what_is_rolled_back_leaves_no_row_and_no_label(standin, stream):
    stream.transact("begin", label="one")
    stream.transact("load", body=ROWS, label="one")

    rolled_back = stream.transact("rollback", label="one")

    assert (rolled_back["Status"], ids(standin)) == ("OK", [])
    assert transaction(stream, "one") == ["OK"] * 4


def test_operations_are_refused_out_of_their_order(standin, stream):
    unknown = stream.transact("load", body=ROWS, label="one")
    stream.transact("begin", label="one")
    unprepared = stream.transact("commit", label="one")
    stream.transact("prepare", label="one")
    late = stream.transact("load", body=ROWS, label="one")
    stream.transact("commit", label="one")

    again = stream.transact("commit", label="one")
    undone = stream.transact("rollback", label="one")

    refused = [answer["Status"] for answer in (unknown, unprepared, late, undone)]
    assert refused == ["FAILED"] * 4
    assert (again["Status"], ids(standin)) == ("OK", [])


def test_a_transaction_whose_write_failed_is_over(standin, stream):
    stream.transact("begin", label="one")
    stream.transact("load", body=ROWS, label="one")

    failed = stream.transact("load", body=b"x\n", label="one")

    assert failed["Status"] == "FAILED"
    assert stream.transact("prepare", label="one")["Status"] == "FAILED"
    assert transaction(stream, "one") == ["OK"] * 4
    assert ids(standin) == [1, 2]


def test_a_transaction_is_of_one_table_and_one_form(standin, stream):
    stream.transact("begin", label="one")
    other = stream.transact("load", "people", b"1\ta\n", label="one")
    stream.transact("begin", label="two")
    stream.transact("load", body=ROWS, label="two")

    form = stream.transact("load", body=ROWS, label="two", column_separator=",")

    assert (other["Status"], form["Status"]) == ("FAILED", "FAILED")
    assert ids(standin) == []


def test_a_transaction_that_runs_holds_its_label(stream):
    stream.transact("begin", label="one")

    again = stream.transact("begin", label="one")

    assert (again["Status"], again["ExistingJobStatus"]) == ("LABEL_ALREADY_EXISTS", "RUNNING")


def finish(standin, stream, label):
    """What a client does with a transaction that it knows nothing of: end it, or begin anew."""
    if stream.state(label) in ("COMMITTED", "VISIBLE"):
        return
    stream.transact("rollback", label=label)
    transaction(stream, label)


@pytest.mark.parametrize("point", TRANSACTION_POINTS)
def test_a_rerun_finishes_a_transaction_that_was_dropped_anywhere(standin, stream, point):
    begins_only = " rollback " in point
    if begins_only:
        stream.transact("begin", label="one")
    standin.faults.drop(point)
    with pytest.raises(GONE):
        stream.transact("rollback", label="one") if begins_only else transaction(stream, "one")

    finish(standin, stream, "one")

    assert ids(standin) == [1, 2]


def test_a_wrong_password_is_refused_at_both_nodes(servers):
    server = servers(users={"root": "secret"})
    server.execute("CREATE TABLE people (id BIGINT)", "shop")
    stream = Client(server, password="guess")
    ports = (server.http_port, server.backend_port)

    found = [
        stream.once(f"{server.host}:{port}", "PUT", "/api/shop/people/_stream_load")[0]
        for port in ports
    ]

    assert found == [401, 401]


def test_a_user_loads_what_was_granted(servers):
    server = servers(users={"root": "", "loader": "secret"})
    server.execute("CREATE TABLE people (id BIGINT)", "shop")
    stream = Client(server, user="loader", password="secret")

    denied = stream.load("people", b"1\n")
    server.execute("GRANT INSERT ON TABLE people TO USER loader", "shop")
    granted = stream.load("people", b"1\n")

    assert "INSERT privilege" in denied["Message"]
    assert granted["Status"] == "Success"


def test_a_load_says_that_it_waits_for_the_word_to_go_on(standin, stream):
    where = f"{standin.host}:{standin.http_port}"

    status, found = stream.once(where, "PUT", "/api/shop/orders/_stream_load", Expect="")

    assert status == 200
    assert b"There is no 100-continue header" in found


def test_the_frontend_names_another_host_where_that_is_switched_on(standin, stream):
    standin.faults.redirect_to = "elsewhere.invalid:8040"
    where = f"{standin.host}:{standin.http_port}"

    status, place = stream.once(where, "PUT", "/api/shop/orders/_stream_load")

    assert (status, place) == (307, "http://elsewhere.invalid:8040/api/shop/orders/_stream_load")


def test_a_body_comes_in_chunks(standin, stream):
    where = f"{standin.host}:{standin.backend_port}"
    connection = http.client.HTTPConnection(where, timeout=10)
    headers = {"Authorization": f"Basic {stream.coded}", "label": "one"}
    lines = (f"{at}\tx\n".encode() for at in itertools.count())

    connection.request(
        "PUT",
        "/api/shop/people/_stream_load",
        body=itertools.islice(lines, 1000),
        headers=headers,
        encode_chunked=True,
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()

    assert (answer["Status"], answer["NumberLoadedRows"]) == ("Success", 1000)
    assert len(ids(standin, "people")) == 1000


def test_loads_are_listed_in_information_schema(standin, stream):
    stream.load("people", b"1\ta\n", label="one")
    stream.load("people", b"x\n", label="two")

    found = standin.execute(
        "SELECT LABEL, STATE, SINK_ROWS FROM information_schema.loads ORDER BY 1", "shop"
    )

    assert found == [("one", "FINISHED", 1), ("two", "CANCELLED", 0)]


def test_columns_are_named_in_utf8(standin, stream):
    standin.execute("CREATE TABLE named (id BIGINT, `größe` INT)", "shop")
    columns = "id, `größe`".encode().decode("latin-1")

    done = stream.load("named", b"1\t2\n", columns=columns)

    assert done["Status"] == "Success"
    assert standin.execute("SELECT `größe` FROM named", "shop") == [(2,)]


def test_a_string_is_shorter_than_the_longest_varchar(standin, stream):
    standin.execute("CREATE TABLE texts (id BIGINT, s STRING, v VARCHAR(1048576))", "shop")
    long = b"x" * 65_534

    short = stream.load("texts", b"1\t" + long[1:] + b"\t" + long + b"\n")
    longer = stream.load("texts", b"1\t" + long + b"\t" + long + b"\n")

    assert short["Status"] == "Success"
    assert longer["NumberFilteredRows"] == 1


@pytest.mark.parametrize("ratio", ["0", "1"])
def test_a_key_of_more_bytes_than_any_fails_the_load(standin, stream, ratio):
    standin.execute(
        "CREATE TABLE keyed (a BIGINT NOT NULL, b VARCHAR(99) NOT NULL, c VARCHAR(99) NOT NULL)"
        " PRIMARY KEY (a, b, c)",
        "shop",
    )
    bodies = [json.dumps({"a": 1, "b": "x" * 60, "c": "y" * size}).encode() for size in (58, 59)]

    told = [stream.load("keyed", body, format="json", max_filter_ratio=ratio) for body in bodies]

    assert [each["Status"] for each in told] == ["Success", "Fail"]
    assert "primary key size exceed the limit" in told[1]["Message"]
    with pytest.raises(Refused, match="primary key size exceed the limit"):
        standin.execute(f"INSERT INTO keyed VALUES (1, '{'x' * 60}', '{'y' * 59}')", "shop")
