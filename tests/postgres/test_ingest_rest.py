"""``seeknal ingest`` from a REST API: new records once, failures on record, secrets nowhere."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.core.files.restserver import Api, make_certificate, page

from seeknal.builtin import restclient, restrows
from seeknal.testing.project import TestProject

SECRET = "canary-4711-geheim/+&x"
START = datetime(2026, 1, 1, tzinfo=UTC)
LOAD = {
    "connection": "api",
    "table": "orders",
    "name": "orders",
    "lake": "lake",
    "incremental": "updated_at",
    "params": {
        "records": "data",
        "pagination": {"type": "cursor", "path": "next", "param": "cursor"},
        "incremental": {"column": "updated_at", "param": "since"},
    },
}


class Orders:
    """Orders that change, three a page; ``since`` gives those of that moment and later."""

    def __init__(self):
        self.rows = []

    def add(self, id, minutes, **more):
        moment = (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
        self.rows.append({"id": id, "updated_at": moment, "to": {"zip": id}, **more})

    def __call__(self, request):
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return page({"message": f"no {request.headers.get('Authorization')}"}, status=401)
        since = request.params.get("since", "")
        found = [row for row in self.rows if row["updated_at"] >= since]
        start = int(request.params.get("cursor", 0))
        more = str(start + 3) if start + 3 < len(found) else None
        return page({"data": found[start : start + 3], "next": more})


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    monkeypatch.setattr(restclient, "backoff", lambda attempt: 0.0)
    made = Api()
    yield made
    made.close()


@pytest.fixture
def orders(api):
    made = Orders()
    api.on("/orders", made)
    return made


@pytest.fixture
def place(tmp_path, database, api, monkeypatch):
    monkeypatch.setenv("SHOP_URL", api.url)
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    made = TestProject(tmp_path)
    shop = "  api: {type: rest_api, base_url: '${SHOP_URL}', token: '${SHOP_TOKEN}', retries: 1}\n"
    made.write({"profiles.yml": database.profile.rstrip() + "\n" + shop})
    return made


def ingest(place, *words, **more):
    load = {key: value for key, value in {**LOAD, **more}.items() if value is not None}
    place.write({"load.json": json.dumps(load)})
    return place.run("ingest", "--config", "load.json", "--into", "pg:dw_orders", *words)


def log(database):
    return database.rows("SELECT status, rows_loaded FROM etl_audit_log ORDER BY id")


def loaded(database):
    return [id for (id,) in database.rows("SELECT id FROM dw_orders ORDER BY id")]


def test_new_records_come_once_those_of_the_mark_too(place, database, orders, api):
    for id in range(1, 8):
        orders.add(id, id)
    ingest(place).assert_ok()
    orders.add(8, 7)
    orders.add(9, 20)

    ingest(place).assert_ok()
    ingest(place).assert_ok()

    assert loaded(database) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert log(database) == [("success", 7), ("success", 2), ("success", 0)]
    asked = [request.params.get("since") for request in api.requests]
    assert asked == [None] * 3 + ["2026-01-01T00:07:00Z"] + ["2026-01-01T00:20:00Z"]


def test_where_nothing_is_new_the_mark_and_the_table_stay(place, database, orders):
    orders.add(1, 1)
    ingest(place).assert_ok()
    orders.rows.clear()

    done = ingest(place, "--format", "json").assert_ok().json()
    orders.add(2, 2)
    ingest(place).assert_ok()

    assert (done["rows_loaded"], done["parquet_files"]) == (0, 0)
    assert loaded(database) == [1, 2]
    assert database.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'dw_orders'::regclass AND attnum > 0"
    ) == [("id",), ("updated_at",), ("to",), ("_source_file",), ("_loaded_at",)]


@pytest.mark.parametrize("incremental", ["updated_at", None])
def test_of_no_records_no_table_is_made(place, database, orders, incremental):
    done = ingest(place, incremental=incremental).assert_ok()

    assert done.exit_code == 0
    assert database.rows("SELECT to_regclass('dw_orders')") == [(None,)]
    assert log(database) == [("success", 0)]


def test_declared_columns_do_not_hide_that_nothing_came(place, database, orders):
    typed = {"columns": {"id": "BIGINT"}}
    ingest(place, **typed).assert_ok()
    orders.add(1, 1)
    ingest(place, **typed).assert_ok()
    orders.rows.clear()

    ingest(place, **typed).assert_ok()

    assert loaded(database) == [1]
    assert log(database) == [("success", 0), ("success", 1), ("success", 0)]


def test_a_full_load_of_no_records_leaves_none(place, database, orders):
    orders.add(1, 1)
    ingest(place, "--mode", "full", incremental=None).assert_ok()
    orders.rows.clear()

    ingest(place, "--mode", "full", incremental=None).assert_ok()
    ingest(place, "--mode", "upsert", "--keys", "id", incremental=None).assert_ok()

    assert loaded(database) == []
    assert log(database) == [("success", 1), ("success", 0), ("success", 0)]


def test_a_new_key_is_a_new_column(place, database, orders):
    orders.add(1, 1)
    ingest(place).assert_ok()
    orders.add(2, 2, note="x")

    ingest(place).assert_ok()

    assert database.rows("SELECT id, note FROM dw_orders ORDER BY 1") == [(1, None), (2, "x")]


BAD = {
    "401": (page({}, status=401), {}, "401"),
    "403": (page({"message": SECRET}, status=403), {}, "403"),
    "429": (page({}, status=429), {}, "429"),
    "500": (page({"message": f"at {SECRET}"}, status=500), {}, "500"),
    "no JSON": (page(b"<html>" + SECRET.encode()), {}, "page 1 is no JSON"),
    "wrong path": (page({"items": []}), {}, "page 1 has no 'data'"),
    "missing key": (page({"data": []}), {}, "page 1 has no 'next'"),
    "endless": (page({"data": [], "next": "a"}), {}, "gives a cursor a second time"),
    "kinds": (page({"data": [{"a": 1}, {"a": "x"}], "next": None}), {}, "has a text as 'a'"),
    "redirect": (page({}, status=302, Location="http://127.0.0.2:9/"), {}, "another server"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_goes_wrong_is_on_record_and_nothing_is_loaded(place, database, orders, api, name):
    orders.add(1, 1)
    ingest(place).assert_ok()
    reply, more, message = BAD[name]
    api.on("/orders", reply)

    done = ingest(place, "--debug", **more)
    api.on("/orders", orders)
    orders.add(2, 2)
    ingest(place).assert_ok()

    assert done.exit_code == 1
    assert message in done.stderr
    ((status, said),) = database.rows(
        "SELECT status, error_message FROM etl_audit_log WHERE id = 2"
    )
    assert status == "failure"
    assert message in said
    assert SECRET not in said + done.stderr + done.stdout
    assert loaded(database) == [1, 2]


def test_a_certificate_that_fails_is_on_record(place, database, tmp_path, monkeypatch):
    (tmp_path / "tls").mkdir()
    server = Api(make_certificate(tmp_path / "tls", "127.0.0.1"))
    monkeypatch.setenv("SHOP_URL", server.url)

    done = ingest(place)
    server.close()

    assert done.exit_code == 1
    ((status, said),) = database.rows("SELECT status, error_message FROM etl_audit_log")
    assert status == "failure"
    assert "certificate cannot be trusted" in said


def test_the_secret_is_nowhere(place, database, orders):
    for id in range(1, 8):
        orders.add(id, id)

    done = ingest(place, "--debug").assert_ok()

    assert SECRET not in done.stdout + done.stderr
    for file in place.path.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes()
    assert SECRET not in str(database.rows("SELECT * FROM etl_audit_log"))


def test_a_connector_file_takes_what_lets_one_in_from_the_environment(place, database, orders, api):
    orders.add(1, 1)
    place.write({"shop.yml": f"protocol: rest_api\nbase_url: {api.url}\nenv_prefix: SHOP\n"})

    ingest(place, connection="shop.yml").assert_ok()

    assert loaded(database) == [1]


def test_how_far_pages_are_read_is_said_from_time_to_time(place, orders, monkeypatch):
    monkeypatch.setattr(restrows, "_QUIET", 0.0)
    for id in range(1, 8):
        orders.add(id, id)

    done = ingest(place).assert_ok()

    assert "/orders: 2 pages read, 6 records so far" in done.stderr


def test_who_refuses_to_give_a_token_is_named_and_no_secret_is(place, database, api):
    api.on("/token", page({"error_description": f"bad {SECRET}"}, status=401))
    shop = "  auth:\n    type: rest_api\n    base_url: '${SHOP_URL}'\n"
    shop += (
        f"    token_url: {api.url}/token\n    client_id: me\n    client_secret: '${{SHOP_TOKEN}}'\n"
    )
    place.write({"profiles.yml": database.profile.rstrip() + "\n" + shop})

    done = ingest(place, connection="auth")

    assert done.exit_code == 1
    assert f"{api.url}/token: the server answers 401" in done.stderr
    ((said,),) = database.rows("SELECT error_message FROM etl_audit_log")
    assert f"{api.url}/token" in said
    assert SECRET not in said + done.stderr
