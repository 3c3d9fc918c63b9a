"""Features are served by PostgreSQL and over HTTP, to real clients."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from decimal import Decimal

import pytest

from seeknal import features
from seeknal.values.errors import DeliveryError, UsageError

pytestmark = [pytest.mark.inside, pytest.mark.once]

NODES = """
kind: source
name: rows
source: csv
table: data/rows.csv
columns: {k: BIGINT, at: TIMESTAMP, big: BIGINT, price: "DECIMAL(18, 4)", name: VARCHAR}
---
kind: feature_group
name: prices
entity: {name: item, join_keys: [k]}
event_time: at
inputs: [source.rows]
"""
ROWS = """k,at,big,price,name
1,2026-01-01 00:00:00,9007199254740993,1.5000,ä
2,2026-01-01 00:00:00,2,0.0001,
"""
ASKED = {"features": ["prices:big,price,name"], "entities": [{"k": 1}, {"k": 9}]}


@pytest.fixture
def items(seeknal_project, database):
    made = seeknal_project(
        {
            "seeknal_project.yml": "name: items\n",
            "profiles.yml": database.profile,
            "seeknal/nodes.yml": NODES,
            "data/rows.csv": ROWS,
        }
    )
    made.run("run").assert_ok()
    made.run("features", "materialize", "--to", "pg").assert_ok()
    return made


@contextmanager
def served(project, *words, **environment):
    """The address of the command that serves; it ends with the block."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "seeknal",
            "features",
            "serve",
            "--from",
            "pg",
            "--port",
            "0",
            *words,
        ],
        cwd=project.path,
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = ""
        while "features at" not in line:
            line = process.stderr.readline()
            assert line, process.wait()
        yield line.split("//")[1].split("/")[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        process.stderr.close()


def ask(address, body=None, method="POST", path="/features", **headers):
    connection = http.client.HTTPConnection(address, timeout=20)
    text = body if isinstance(body, str | None) else json.dumps(body)
    connection.request(method, path, text, headers)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_values_come_back_as_they_are(items):
    with features.online("pg", project=items.path) as store:
        found = store.get("prices", [{"k": 1}, {"K": 2}, {"k": 9}])

    assert found == [
        {"k": 1, "big": 9007199254740993, "price": Decimal("1.5000"), "name": "ä"},
        {"k": 2, "big": 2, "price": Decimal("0.0001"), "name": None},
        {"k": 9, "big": None, "price": None, "name": None},
    ]


def test_only_what_changed_is_written_and_what_is_gone_goes(items):
    data = items.path / "data/rows.csv"
    data.write_text(ROWS.replace(",0.0001,", ",0.0002,") + "3,2026-01-01 00:00:00,3,3,c\n")
    items.run("run").assert_ok()

    first = items.run("features", "materialize", "--to", "pg", "--format", "json").json()
    again = items.run("features", "materialize", "--to", "pg", "--format", "json").json()
    data.write_text(ROWS.replace("2,2026-01-01 00:00:00,2,0.0001,\n", ""))
    items.run("run").assert_ok()
    fewer = items.run("features", "materialize", "--to", "pg", "--format", "json").json()
    with features.online("pg", project=items.path) as store:
        left = [row["big"] for row in store.get("prices:big", [{"k": 1}, {"k": 2}, {"k": 3}])]

    assert [each["groups"][0]["changed"] for each in (first, again, fewer)] == [2, 0, 2]
    assert left == [9007199254740993, None, None]


def test_a_reader_sees_columns_that_are_new_meanwhile(items):
    nodes = items.path / "seeknal/nodes.yml"
    with features.online("pg", project=items.path) as store:
        before = store.get("prices:price", {"k": 1})
        nodes.write_text(NODES + "features: {price: str, name: str}\n")
        items.run("run").assert_ok()
        items.run("features", "materialize", "--to", "pg").assert_ok()

        after = store.get("prices:price", {"k": 1})

    assert before == [{"k": 1, "price": Decimal("1.5000")}]
    assert after == [{"k": 1, "price": "1.5000"}]


@pytest.mark.parametrize(
    ("asked", "entity", "said"),
    [
        ("prics", {"k": 1}, "did you mean prices?"),
        ("prices:prise", {"k": 1}, "did you mean price?"),
        ("prices", {"kk": 1}, "an entity has no key 'k'"),
        ("prices", {"k": "01"}, "k is BIGINT, and '01' is none"),
        ("prices", {"k": 1.0}, "k is BIGINT"),
        ("prices", {"k": True}, "k is BIGINT"),
        ([], {"k": 1}, "no features are asked for"),
    ],
)
def test_what_cannot_be_looked_up_is_refused(items, asked, entity, said):
    with features.online("pg", project=items.path) as store, pytest.raises(UsageError) as error:
        store.get(asked, entity)

    assert said in f"{error.value.message} {error.value.help}"


def test_what_was_never_kept_is_told_with_the_command(items):
    items.run("run", "--env", "dev").assert_ok()

    with (
        features.online("pg", project=items.path, env="dev") as store,
        pytest.raises(UsageError) as error,
    ):
        store.get("prices", {"k": 1})

    assert error.value.code == "SK1811"
    assert "seeknal features materialize prices" in error.value.help


def test_who_was_slower_changes_nothing(items):
    """Between reading what is kept and writing, another command keeps something else."""
    from seeknal.features.serving import materializing

    original = materializing._Keeping._difference

    def slower(self, *given):
        found = original(self, *given)
        if not hasattr(test_who_was_slower_changes_nothing, "done"):
            test_who_was_slower_changes_nothing.done = True
            items.run("features", "materialize", "--to", "pg").assert_ok()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(materializing._Keeping, "_difference", slower)
        outcome = items.run("features", "materialize", "--to", "pg")

    assert outcome.exit_code == 1
    assert "SK1382" in outcome.stderr


def test_a_group_that_cannot_be_kept_stops_no_other(items):
    nodes = NODES + "---\n" + NODES.split("---\n")[1].replace("prices", "again")
    (items.path / "seeknal/nodes.yml").write_text(nodes)
    data = items.path / "data/rows.csv"
    data.write_text(ROWS + "2,2026-01-01 00:00:00,3,0.0001,\n")
    more = "event_time: at\nfeatures: [price]\n"
    (items.path / "seeknal/nodes.yml").write_text(nodes.replace("event_time: at\n", more, 1))
    items.run("run").assert_ok()

    outcome = items.run("features", "materialize", "--to", "pg")

    assert outcome.exit_code == 1
    assert "SK1806" in outcome.stderr
    assert "feature_group.again" in outcome.stdout
    with features.online("pg", project=items.path) as store:
        assert store.get("prices:price", {"k": 2}) == [{"k": 2, "price": Decimal("0.0001")}]


def test_questions_are_answered_over_http(items):
    with served(items) as address:
        status, found = ask(address, ASKED)
        health = ask(address, method="GET", path="/health")

    assert status == 200
    assert found == {
        "rows": [
            {"k": 1, "big": "9007199254740993", "price": "1.5000", "name": "ä"},
            {"k": 9, "big": None, "price": None, "name": None},
        ]
    }
    assert health == (200, {"status": "ok"})


WRONG = [
    ("half", 400, "no JSON"),
    ("[" * 100_000, 400, "no JSON"),
    ([], 400, "features, entities"),
    ({**ASKED, "more": 1}, 400, "features, entities"),
    ({"features": "prices", "entities": []}, 400, "list of texts"),
    ({"features": ["prices"], "entities": [1]}, 400, "list of objects"),
    ({"features": ["prics"], "entities": [{"k": 1}]}, 400, "no feature group"),
    ({"features": ["prices"], "entities": [{"k": "x"}]}, 400, "k is BIGINT"),
    ({"features": ["prices"], "entities": [{"k": 1}] * 1001}, 413, "at most 1,000"),
    ("x" * (1 << 20) + "x", 413, "at most"),
]


def test_a_question_that_is_none_is_refused_and_the_next_is_answered(items):
    with served(items) as address:
        found = [(ask(address, body), ask(address, ASKED)[0]) for body, _, _ in WRONG]

    assert [answer[0] for answer, _ in found] == [status for _, status, _ in WRONG]
    assert all(
        said in answer[1]["error"] for (answer, _), (_, _, said) in zip(found, WRONG, strict=True)
    )
    assert {after for _, after in found} == {200}


def test_a_question_that_is_cut_off_or_framed_twice_is_none(items):
    text = json.dumps(ASKED)
    whole = f"Content-Length: {len(text)}\r\n"
    asked = {
        "cut": (f"Content-Length: {len(text) + 5}\r\n", text),
        "chunked": (f"{whole}Transfer-Encoding: chunked\r\n", text),
        "twice": (f"{whole}Content-Length: 3\r\n", text),
        "nonsense": ("", None),
    }
    found = {}
    with served(items) as address:
        for name, (headers, body) in asked.items():
            start = "POST /features HTTP/1.1" if body else "nonsense"
            host, port = address.split(":")
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(
                    f"{start}\r\nHost: localhost\r\n{headers}\r\n{body or ''}".encode()
                )
                connection.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
            found[name] = (
                answer.split()[1] if body else "400",
                "rows" in answer,
                "error" in answer,
            )

    assert found == {
        "cut": ("400", False, True),
        "chunked": ("411", False, True),
        "twice": ("411", False, True),
        "nonsense": ("400", False, True),
    }


def test_other_methods_are_answered_in_json(items):
    with served(items) as address:
        found = {method: ask(address, None, method) for method in ("PUT", "DELETE", "OPTIONS")}

    assert {status for status, _ in found.values()} == {405}


def test_who_has_not_the_token_learns_nothing(items):
    with served(items, "--token-env", "TOKEN", TOKEN="a-long-token") as address:
        without = ask(address, ASKED)
        wrong = ask(address, ASKED, Authorization="Bearer a-long-tokem")
        right = ask(address, ASKED, Authorization="Bearer a-long-token")
        health = ask(address, method="GET", path="/health")

    assert [without[0], wrong[0], right[0], health[0]] == [401, 401, 200, 401]
    assert "rows" not in without[1]


def test_another_site_whose_name_leads_here_is_refused(items):
    with served(items) as address:
        found = ask(address, ASKED, Host="evil.example")

    assert found[0] == 403


def test_other_machines_are_answered_with_a_token_alone(items):
    found = items.run("features", "serve", "--from", "pg", "--host", "0.0.0.0")
    empty = items.run("features", "serve", "--from", "pg", "--token-env", "NO_SUCH_TOKEN")

    assert (found.exit_code, empty.exit_code) == (2, 2)
    assert "SK1813" in found.stderr
    assert "SK1813" in empty.stderr


def test_many_ask_at_once(items):
    found = []
    with served(items) as address:

        def work():
            for _ in range(20):
                found.append(ask(address, ASKED)[1]["rows"][0]["price"])

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert found == ["1.5000"] * 160


def test_a_table_that_is_gone_is_no_answer_of_ours(items, database):
    with features.online("pg", project=items.path) as store:
        store.get("prices", {"k": 1})
        database.run("DROP TABLE seeknal_online.prices")

        with pytest.raises((DeliveryError, UsageError)) as error:
            store.get("prices", {"k": 1})

    assert "prices" in error.value.message
