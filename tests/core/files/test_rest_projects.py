"""An API is a source like any other: in a project, in its connection, and in what is kept of it."""

import os
import re
import subprocess
import sys
import time
from decimal import Decimal
from urllib.parse import quote

import pytest
from tests.core.files.restserver import page

pytestmark = pytest.mark.inside

SECRET = "canary-4711-geheim/+&x"
SOURCE = """
    kind: source
    name: items
    source: rest_api
    connection: shop
    table: /items
    params:
      records: data
      pagination: {type: cursor, path: next, param: cursor}
    columns: {price: "DECIMAL(10,2)"}
"""
PROFILE = """
    connections:
      shop:
        type: rest_api
        base_url: "${SHOP_URL}"
        token: "${SHOP_TOKEN}"
        retries: 1
"""
TOTAL = "SELECT sum(price) AS total FROM ref('source.items')"


@pytest.fixture
def shop(api, monkeypatch):
    """An API with two pages of items for who has the token."""

    def answer(request):
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            return page({"error": f"bad token {request.headers.get('Authorization')}"}, status=401)
        if "cursor" in request.params:
            return page({"data": [{"id": 3, "price": 0.35, "to": {"zip": 1}}], "next": None})
        return page({"data": [{"id": 1, "price": 1.10}, {"id": 2, "price": 2}], "next": "n"})

    api.on("/items", answer)
    monkeypatch.setenv("SHOP_URL", api.url)
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    return api


@pytest.fixture
def project(shop, seeknal_project):
    return seeknal_project(
        {
            "profiles.yml": PROFILE,
            "seeknal/items.yml": SOURCE,
            "seeknal/total.sql": TOTAL,
        }
    )


def test_a_node_reads_an_api_and_others_read_the_node(project):
    project.run("run").assert_ok()

    assert project.rows("transform.total") == [(Decimal("3.45"),)]
    assert [row[0] for row in project.rows("source.items")] == [1, 2, 3]


def test_it_is_read_at_each_run_and_below_it_nothing_runs_without_a_change(project, shop):
    project.run("run").assert_ok()
    first = len(shop.requests)

    done = project.run("run", "--format", "json").assert_ok().json()

    assert len(shop.requests) == 2 * first
    states = {node["node"]: node for node in done["nodes"]}
    assert states["transform.total"]["status"] in ("reused", "cached", "skipped")


def test_with_refresh_manual_it_is_left_alone(project, shop):
    project.write({"seeknal/items.yml": SOURCE + "    refresh: manual\n"})
    project.run("run").assert_ok()
    first = len(shop.requests)

    project.run("run").assert_ok()

    assert len(shop.requests) == first


def test_another_address_is_another_source(project, shop, monkeypatch):
    project.write({"seeknal/items.yml": SOURCE + "    refresh: manual\n"})
    project.run("run").assert_ok()
    first = len(shop.requests)
    monkeypatch.setenv("SHOP_URL", f"{shop.url}/")

    project.run("run").assert_ok()

    assert len(shop.requests) > first


def test_a_run_that_fails_leaves_the_rows_as_they_were(project, shop, monkeypatch):
    project.run("run").assert_ok()
    before = project.rows("source.items")
    shop.on("/items", [page({"data": [{"id": 9}], "next": "n"}), page({}, status=500)])
    monkeypatch.setenv("SHOP_URL", shop.url)
    shop.requests.clear()

    failed = project.run("run")

    assert failed.exit_code == 1
    assert "the server answers 500 Internal Server Error (2 tries)" in failed.stderr + failed.stdout
    assert project.rows("source.items") == before


def assert_nowhere(project, *outcomes):
    for spelled in (SECRET, quote(SECRET, safe=""), quote(SECRET)):
        for outcome in outcomes:
            assert spelled not in outcome.stdout + outcome.stderr
        for file in project.path.rglob("*"):
            if file.is_file():
                assert spelled.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    "options",
    [
        'token: "${SHOP_TOKEN}"',
        'username: me\n        password: "${SHOP_TOKEN}"',
        'api_key: "${SHOP_TOKEN}"',
        'api_key: "${SHOP_TOKEN}"\n        api_key_in: query\n        api_key_name: k',
        'secret_headers: {Cookie: "${SHOP_TOKEN}"}',
        'token_url: "${SHOP_URL}/token"\n        client_id: me\n'
        '        client_secret: "${SHOP_TOKEN}"',
    ],
)
@pytest.mark.parametrize("status", [200, 401, 500])
def test_what_lets_one_in_is_nowhere(project, shop, options, status):
    def answer(request):
        told = f"{request.headers} {request.params} {request.body}"
        if status != 200:
            return page({"message": told}, status=status)
        return page({"data": [{"id": 1, "price": 1}], "next": None, "you": told})

    shop.on("/items", answer)
    shop.on("/token", page({"access_token": SECRET[::-1], "scope": SECRET}))
    project.write({"profiles.yml": PROFILE.replace('token: "${SHOP_TOKEN}"', options)})

    outcomes = [
        project.run(*command)
        for command in (
            ["--debug", "run"],
            ["plan"],
            ["history", "--format", "json"],
            ["connection", "list"],
            ["--debug", "connection", "test", "shop"],
            ["lineage", "--format", "json"],
        )
    ]

    assert outcomes[0].exit_code == (0 if status == 200 else 1)
    assert_nowhere(project, *outcomes)
    assert SECRET[::-1] not in "".join(outcome.stdout + outcome.stderr for outcome in outcomes)


def test_what_lets_one_in_is_in_no_list_of_processes(project, shop):
    seen = []

    def answer(request):
        for folder in os.listdir("/proc"):
            if folder.isdigit():
                try:
                    with open(f"/proc/{folder}/cmdline", "rb") as file:
                        seen.append(file.read())
                except OSError:
                    continue
        return page({"data": [{"id": 1, "price": 1}], "next": None})

    shop.on("/items", answer)
    script = "from seeknal.cli import main; import sys; sys.exit(main(['run']))"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project.path, capture_output=True, text=True, check=True
    )

    assert any(b"seeknal.cli" in line for line in seen)
    assert not any(SECRET.encode() in line for line in seen)
    assert SECRET not in done.stdout + done.stderr


def test_a_connection_can_be_tested(project, shop, monkeypatch):
    project.write({"profiles.yml": PROFILE + "        test_path: items\n"})

    good = project.run("connection", "test", "shop")
    monkeypatch.setenv("SHOP_TOKEN", "another-one")
    bad = project.run("connection", "test", "shop")

    assert good.exit_code == 0
    assert f"{shop.url}/items answers 200 OK" in good.stdout
    assert bad.exit_code == 1
    assert "the server answers 401 Unauthorized: bad token" in bad.stdout


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (SOURCE.replace("connection: shop", "connection: shp"), "unknown connection 'shp'"),
        (SOURCE.replace("    connection: shop\n", ""), "an address that cannot be"),
        (SOURCE.replace("table: /items", "table: /items?token=abc"), "it says token openly"),
        (SOURCE.replace("type: cursor", "type: curser"), "did you mean cursor?"),
        (SOURCE.replace("param: cursor", "parm: cursor"), "unknown option 'parm'"),
        (SOURCE.replace(", param: cursor", ""), "a cursor has param"),
        (SOURCE.replace("table: /items", "query: SELECT 1"), "an API runs no query"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked_for(project, shop, source, message):
    project.write({"seeknal/items.yml": source})

    done = project.run("validate")

    assert done.exit_code == 2
    assert message in done.stderr + done.stdout
    assert re.search(r"seeknal/items\.yml:\d+", done.stderr + done.stdout)
    assert shop.requests == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("client_id: x", "it says token and client_secret, and one lets in"),
        ("api_key: abcd", "it says token and api_key, and one lets in"),
        ("retries: -1", "retries is 0 or more, not -1"),
        ("requests_per_second: 0", "requests_per_second is more than 0"),
        ("timeout: 1 month", "a month has no fixed length"),
    ],
)
def test_mistakes_of_a_connection_are_told_with_their_place(project, shop, line, message):
    profile = f"{PROFILE.replace('retries: 1', '')}        {line}\n"
    project.write({"profiles.yml": profile})

    done = project.run("validate")

    assert done.exit_code == 2
    assert message in done.stderr + done.stdout
    assert "profiles.yml:" in done.stderr + done.stdout


def test_a_wait_for_a_server_ends_with_the_time_that_a_node_has(project, shop, monkeypatch):
    from seeknal.builtin import restclient

    monkeypatch.setattr(restclient, "backoff", lambda attempt: 60.0)
    shop.on("/items", page({}, status=503))
    project.write({"seeknal_project.yml": "name: t\nexecution: {timeout: 1s}\n"})

    start = time.monotonic()
    done = project.run("run")

    assert done.exit_code == 1
    assert "longer than" in done.stderr + done.stdout
    assert time.monotonic() - start < 20


MEASURED = """
import resource, sys
from seeknal.builtin import restrows
rows = restrows._rows
def measured(*arguments):
    with open("memory", "w") as file:
        file.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    return rows(*arguments)
restrows._rows = measured
from seeknal.cli import main
sys.exit(main(["run"]))
"""


def test_many_pages_take_no_more_memory_than_few(api, seeknal_project):
    records = [{"id": n, "t": "x" * 50} for n in range(500)]
    full = page(records)

    def answer(request):
        number, most = int(request.params["page"]), int(request.params["most"])
        return full if number <= most else page([])

    api.on("/items", answer)
    kilobytes = []
    for most in (15, 150):
        project = seeknal_project(
            {
                "seeknal/s.yml": f"""
                    kind: source
                    name: s
                    source: rest_api
                    table: {api.url}/items?most={most}
                    params: {{pagination: {{type: page, repeats: allow}}}}
                """
            }
        )
        subprocess.run([sys.executable, "-c", MEASURED], cwd=project.path, check=True)
        assert len(project.rows("source.s")) == most * 500
        kilobytes.append(int((project.path / "memory").read_text()))

    assert kilobytes[1] < kilobytes[0] + 4_000
