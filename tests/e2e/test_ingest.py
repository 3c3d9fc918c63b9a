"""``seeknal ingest`` from sources of several packages into PostgreSQL."""

import pytest
from tests.core.files.restserver import Api, page

from seeknal.testing import TestProject

INTO = ("--name", "orders", "--into", "pg:dw_orders", "--lake", "lake")


@pytest.fixture
def api():
    """An API on this machine."""
    made = Api()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path, database):
    made = TestProject(tmp_path)
    made.write({"profiles.yml": database.profile})
    return made


def test_records_of_an_api_arrive_with_what_is_nested_in_them(place, database, api):
    first = [{"id": 1, "who": {"name": "Ada", "tags": ["a", "b"]}, "at": "2026-01-01T10:00:00Z"}]
    second = [{"id": 2, "who": {"name": "Bob", "tags": []}, "at": "2026-01-01T11:00:00Z"}]
    pages = {None: {"data": first, "next": 2}, "2": {"data": second, "next": None}}
    api.on("/orders", lambda request: page(pages[request.params.get("page")]))
    place.write(
        {
            "api.yml": (
                f"protocol: rest_api\nbase_url: {api.url}\nrecords: data\n"
                "pagination: {type: cursor, path: next, param: page}\n"
            )
        }
    )

    place.run("ingest", "--connection", "api.yml", "--table", "orders", *INTO).assert_ok()

    rows = database.rows("SELECT id, who->>'name', at::text FROM dw_orders ORDER BY id")
    assert [row[:2] for row in rows] == [(1, "Ada"), (2, "Bob")]
    assert database.value("SELECT protocol FROM etl_audit_log") == "rest_api"


def test_an_api_is_asked_only_for_what_is_new(place, database, api):
    records = [{"id": 1, "at": "2026-01-01T10:00:00Z"}, {"id": 2, "at": "2026-01-01T11:00:00Z"}]
    asked = []

    def answer(request):
        asked.append(request.params.get("since"))
        return page([record for record in records if record["at"] >= (asked[-1] or "")])

    api.on("/orders", answer)
    place.write(
        {
            "api.yml": (
                f"protocol: rest_api\nbase_url: {api.url}\n"
                "incremental: {column: at, param: since}\n"
            )
        }
    )
    words = ("--connection", "api.yml", "--table", "orders", "--incremental", "at", *INTO)
    place.run("ingest", *words).assert_ok()
    records.append({"id": 3, "at": "2026-01-01T11:00:00Z"})

    place.run("ingest", *words).assert_ok()

    assert asked == [None, "2026-01-01T11:00:00Z"]
    assert database.rows("SELECT id FROM dw_orders ORDER BY 1") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_api_that_refuses_is_on_record_without_its_token(
    place, database, api, monkeypatch, status
):
    monkeypatch.setenv("API_TOKEN", "canary-Zf9wq")
    api.on("/orders", lambda request: page({"error": "no"}, status))
    place.write(
        {"api.yml": (f"protocol: rest_api\nbase_url: {api.url}\nenv_prefix: API\nretries: 0\n")}
    )

    outcome = place.run("ingest", "--connection", "api.yml", "--table", "orders", *INTO)

    assert outcome.exit_code == 1
    ((message,),) = database.rows("SELECT error_message FROM etl_audit_log")
    assert str(status) in message
    assert "canary" not in message + outcome.stderr + outcome.stdout


@pytest.fixture
def iceberg(place, lake):
    """A table of Iceberg that holds one order."""
    place.write(
        {
            "seeknal_project.yml": "name: shop\n",
            "orders.csv": "id,amount\n1,1.5\n",
            "seeknal/orders.yml": (
                "kind: source\nname: orders\nsource: csv\ntable: orders.csv\n"
                "materializations:\n  - {type: iceberg, table: atlas.shop.orders}\n"
            ),
        }
    )
    place.run("run").assert_ok()
    return ("--source", "iceberg", "--table", "atlas.shop.orders")


def test_a_table_of_iceberg_arrives(place, database, iceberg):
    place.run("ingest", *iceberg, *INTO).assert_ok()

    assert database.rows("SELECT id, amount FROM dw_orders") == [(1, 1.5)]


def test_all_columns_of_iceberg_arrive_beside_one_whose_type_is_declared(place, database, iceberg):
    place.run("ingest", *iceberg, *INTO, "--column-type", "id=VARCHAR").assert_ok()

    assert database.rows("SELECT id, amount FROM dw_orders") == [("1", 1.5)]
