"""Who is told that nodes fail: commands and webhooks, also those that are down, slow or lie."""

import hashlib
import hmac
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from seeknal.scheduling import commands, sending
from seeknal.scheduling.outbox import new_message
from seeknal.scheduling.sending import send, send_all
from seeknal.values.errors import RunError
from seeknal.values.notifications import Channel
from seeknal.values.secret import Secret

pytestmark = pytest.mark.inside

KEY = b"a key of thirty-two bytes, no less"
SECRET = f"whsec_{b64encode(KEY).decode()}"
BODY = {"type": "run.failed", "text": "shop (prod): transform.daily failed", "data": {}}
FILES = {"seeknal/one.yml": "kind: transform\nname: one\nsql: SELECT 1 AS id\n"}


@contextmanager
def listening(answer):
    """A server that takes requests, keeps them and answers as ``answer`` says; gives its port."""
    taken = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                taken.append(received(connection))
                with suppress(OSError):
                    answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook?token=abcdefgh", taken
        listener.shutdown(socket.SHUT_RDWR)


def received(connection):
    head, data = b"", b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    while len(data) < int(headers["Content-Length"]):
        data += connection.recv(65536)
    return lines[0], headers, data


def says(text):
    return lambda connection: connection.sendall(text.encode())


def posted(url, secret=SECRET):
    return Channel(name="ops", webhook=Secret(url), secret=Secret(secret), events=("run.failed",))


def test_what_is_posted_is_signed_as_standard_webhooks_says(tmp_path):
    message = new_message(BODY)
    with listening(says("HTTP/1.1 204 No Content\r\n\r\n")) as (url, taken):
        send(posted(url), message, tmp_path)

    ((line, headers, data),) = taken
    signed = f"{message.id}.{headers['webhook-timestamp']}.{data.decode()}".encode()
    digest = hmac.new(b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert line == "POST /hook?token=abcdefgh HTTP/1.1"
    assert headers["webhook-id"] == message.id
    assert headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert json.loads(data) == BODY


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b".")
        time.sleep(0.05)


def test_an_answer_that_never_ends_is_not_waited_for(tmp_path):
    with listening(drip) as (url, taken):
        begun = time.monotonic()
        send(posted(url), new_message(BODY), tmp_path)

    assert time.monotonic() - begun < 5
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (says("HTTP/1.1 500 Oh no\r\n\r\n"), "answered with 500"),
        (says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"), "answered with 302"),
        (says("hello\r\n\r\n"), "cannot be reached"),
        (says(""), "cannot be reached"),
        (lambda connection: time.sleep(1), "cannot be reached"),
    ],
    ids=["error", "redirect", "nonsense", "nothing", "silence"],
)
def test_an_endpoint_that_does_not_take_a_message_has_not_got_it(
    answer, told, tmp_path, monkeypatch
):
    monkeypatch.setattr(sending, "TIMEOUT", 0.3)

    with listening(answer) as (url, _), pytest.raises(RunError) as raised:
        send(posted(url), new_message(BODY), tmp_path)

    assert told in raised.value.message
    assert "abcdefgh" not in raised.value.message


def test_what_an_endpoint_says_byte_by_byte_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sending, "LONGEST", 0.5)
    begun = time.monotonic()

    with listening(slowly) as (url, _), pytest.raises(RunError, match="cannot be reached"):
        send(posted(url), new_message(BODY), tmp_path)

    assert time.monotonic() - begun < 5


def slowly(connection):
    for byte in b"HTTP/1.1 200 OK" * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def test_a_user_and_password_in_the_address_are_sent_as_such(tmp_path):
    with listening(says("HTTP/1.1 200 OK\r\n\r\n")) as (url, taken):
        send(posted(url.replace("//", "//ops:a%20b@")), new_message(BODY), tmp_path)

    ((_, headers, _),) = taken
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"ops:a b"


def test_an_endpoint_that_is_down_has_not_got_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(RunError, match="ops cannot be reached"):
        send(posted(f"http://127.0.0.1:{port}/"), new_message(BODY), tmp_path)


def test_a_channel_that_hangs_keeps_a_message_from_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "COMMAND_TIMEOUT", 2.0)
    hangs = Channel(name="hangs", command=("sleep", "60"), events=())
    page = told_by("sh", "-c", "cat > told.json")
    kept, message = [], new_message(BODY)

    errors = send_all([hangs, page], message, tmp_path, kept.append)

    assert errors == {"hangs": "hangs took longer than 2 s"}
    assert [each.sent for each in kept] == [("page",)]
    assert send_all([page], kept[-1], tmp_path, kept.append) == {}
    assert json.loads((tmp_path / "told.json").read_text()) == BODY


def told_by(*words):
    return Channel(name="page", command=words, events=("run.failed",))


def test_a_command_is_given_the_message(tmp_path):
    send(told_by("sh", "-c", "cat > told.json"), new_message(BODY), tmp_path)

    assert json.loads((tmp_path / "told.json").read_text()) == BODY


def test_a_command_that_leaves_something_running_has_told_somebody(tmp_path):
    begun = time.monotonic()

    send(told_by("sh", "-c", "cat > told.json; sleep 30 & exit 0"), new_message(BODY), tmp_path)

    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sh", "-c", "echo no mail >&2; exit 3"), "page ended with 3: no mail"),
        (("./nosuch",), "page cannot be started: No such file"),
        (("sleep", "20"), "page took longer than 0.2 s"),
    ],
)
def test_a_command_that_goes_wrong_has_not_told_anybody(words, told, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "COMMAND_TIMEOUT", 0.2)

    with pytest.raises(RunError) as raised:
        send(told_by(*words), new_message(BODY), tmp_path)

    assert told in raised.value.message


LEAVES = ("sh", "-c", "sleep 300 & echo $! > pid.new; mv pid.new pid; wait; true")
"""A command that waits for another."""


def appeared(path, wait=lambda: time.sleep(0.05)):
    """The number that a file holds once it is there."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        wait()
    return int(path.read_text())


def has_ended(pid):
    """Whether a process has ended, or does so in a moment."""
    for _ in range(100):
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                time.sleep(0.05)
                continue
        return True
    return False


def test_a_command_that_takes_too_long_is_ended_with_what_it_has_started(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "COMMAND_TIMEOUT", 1.0)

    with pytest.raises(RunError, match="took longer than 1 s"):
        send(told_by(*LEAVES), new_message(BODY), tmp_path)

    assert has_ended(appeared(tmp_path / "pid"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_ends_when_the_test_message_is_told_to(seeknal_project, number):
    profile = f"notifications:\n  - command: {json.dumps(LEAVES)}\n"
    project = seeknal_project({**FILES, "profiles.yml": profile})
    words = [sys.executable, "-m", "seeknal", "-C", str(project.path), "scheduler", "notify"]

    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        pid = appeared(project.path / "pid")
        process.send_signal(number)
        code = process.wait(10)

    assert code == 130
    assert has_ended(pid)


def test_a_command_ends_with_the_scheduler_and_its_message_is_sent_by_the_next(
    seeknal_project, scheduler
):
    profile = f"notifications:\n  - command: {json.dumps(LEAVES)}\n"
    node = "kind: transform\nname: one\nschedule: 1 day\nsql: SELECT CAST('x' AS INTEGER) AS id\n"
    project = seeknal_project({"seeknal/one.yml": node, "profiles.yml": profile})
    watched = scheduler(project)

    watched.until("failed")
    pid = appeared(project.path / "pid", watched._go_on)
    watched.end()

    assert has_ended(pid)
    assert len(list(watched.place.outbox.iterdir())) == 1


def test_a_test_message_reaches_all_that_the_profile_names(seeknal_project):
    with listening(says("HTTP/1.1 200 OK\r\n\r\n")) as (url, taken):
        profile = (
            f"notifications:\n  - {{name: ops, webhook: '{url}', secret: {SECRET}}}\n"
            "  - command: [sh, -c, 'cat > told.json']\n  - command: ['false']\n"
        )
        project = seeknal_project({**FILES, "profiles.yml": profile})
        result = project.run("scheduler", "notify")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "ops: sent",
        "command 2: sent",
        "command 3 ended with 1",
    ]
    assert len(taken) == 1
    told = json.loads((project.path / "told.json").read_text())
    assert (told["type"], told["data"]["project"]) == ("test", "test")


def test_a_message_is_sent_once_to_each_and_again_to_those_who_have_not_got_it(
    seeknal_project, scheduler
):
    profile = (
        "notifications:\n  - {name: a, command: [sh, -c, 'cat >> a.json']}\n"
        "  - {name: b, command: [sh, -c, 'test -e up && cat >> b.json'], events: [failure]}\n"
        "  - {name: c, command: [sh, -c, 'cat >> c.json'], events: [recovery]}\n"
    )
    node = "kind: transform\nname: one\nschedule: 1 day\nsql: SELECT CAST('x' AS INTEGER) AS id\n"
    project = seeknal_project({"seeknal/one.yml": node, "profiles.yml": profile})
    watched = scheduler(project)

    said = watched.until("was not delivered")
    (project.path / "up").touch()
    watched.during(60)

    told = [json.loads((project.path / name).read_text())["type"] for name in ("a.json", "b.json")]
    assert said[-1].endswith("run.failed of transform.one (attempt 1): b ended with 1")
    assert told == ["run.failed", "run.failed"]
    assert not (project.path / "c.json").exists()
    assert not list(watched.place.outbox.iterdir())


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{webhook: 'https://x.test/a', command: [a]}", "either webhook: or command:"),
        ("{name: nobody}", "either webhook: or command:"),
        ("{webhook: 'ftp://x.test/a'}", "no http or https address"),
        ("{command: [a], secret: abcdefgh}", "a command is posted nothing"),
        ("{webhook: 'https://x.test/a', secret: 'whsec_not base64'}", "no base64"),
        ("{webhook: 'https://x.test/a', events: [faliure]}", "failure"),
        ("{webhok: 'https://x.test/a'}", "webhook"),
        ("{webhook: 'https://x.test/a b'}", "no http or https address"),
        ("{webhook: 'https://x.test/ü'}", "no http or https address"),
        ("{webhook: 'https://x.test/a ', secret: ' '}", "no http or https address"),
        ("{webhook: 'https://x.test/a', secret: ' '}", "secret: is empty"),
        ("{command: [a], events: []}", "told of nothing"),
        ("{webhook: '${NOT_SET_HERE}'}\n  - {webhok: 'https://x.test/a'}", "webhok"),
        ("{name: a, command: [a]}\n  - {name: a, command: [b]}", "two notifications are named 'a'"),
    ],
)
def test_an_entry_that_is_wrong_is_told_with_its_line(seeknal_project, entry, told):
    project = seeknal_project({**FILES, "profiles.yml": f"notifications:\n  - {entry}\n"})

    result = project.run("validate")

    assert result.exit_code == 2
    assert told in result.stderr
    assert re.search(r"profiles.yml:[23]", result.stderr)


def test_a_variable_that_is_not_set_is_the_only_thing_that_is_said_of_an_entry(seeknal_project):
    profile = "notifications:\n  - {webhook: '${NOT_SET_HERE}'}\n"
    project = seeknal_project({**FILES, "profiles.yml": profile})

    result = project.run("scheduler", "notify")

    assert "NOT_SET_HERE" in result.stderr
    assert "no http or https address" not in result.stderr


def test_a_scheduler_says_at_its_beginning_who_cannot_be_told(seeknal_project, scheduler):
    profile = "notifications:\n  - {webhook: '${NOT_SET_HERE}'}\n"
    node = "kind: transform\nname: one\nschedule: 1 day\nsql: SELECT 1 AS id\n"
    project = seeknal_project({"seeknal/one.yml": node, "profiles.yml": profile})

    listed = project.run("schedule", "list")
    said = scheduler(project).until("a notification cannot be sent")

    assert any("NOT_SET_HERE" in line for line in said)
    assert "a notification cannot be sent" in listed.stderr
    assert listed.exit_code == 0


@pytest.mark.parametrize(
    ("name", "told"), [("seeknal_project.yml", "no message of a scheduler"), ("a", "is not there")]
)
def test_a_file_that_is_no_message_is_refused(seeknal_project, name, told):
    project = seeknal_project({**FILES, "profiles.yml": "notifications: [{command: ['true']}]\n"})

    result = project.run("scheduler", "notify", name)

    assert result.exit_code == 2
    assert told in result.stderr
    assert "help:" in result.stderr


def test_an_address_is_never_shown(seeknal_project):
    entry = "{webhook: 'ftp://hooks.test/services/T0AB/XYZ12345', secret: whsec_notthisone}"
    project = seeknal_project({**FILES, "profiles.yml": f"notifications:\n  - {entry}\n"})

    results = [project.run("validate"), project.run("scheduler", "notify")]

    for result in results:
        assert "XYZ12345" not in result.stdout + result.stderr
        assert "notthisone" not in result.stdout + result.stderr


def test_what_a_command_prints_of_secrets_is_masked(seeknal_project):
    told = "echo $FROM_DOTENV services/T0/XYZ12345secret >&2; exit 1"
    profile = (
        "notifications:\n  - webhook: 'http://127.0.0.1:1/services/T0/XYZ12345secret'\n"
        f"  - command: [sh, -c, '{told.replace('$FROM_DOTENV', '${FROM_DOTENV}')}']\n"
    )
    files = {"profiles.yml": profile, ".env": "FROM_DOTENV=dotenvSECRET1\n"}
    project = seeknal_project({**FILES, **files})

    result = project.run("scheduler", "notify")

    assert "command 2 ended with 1" in result.stdout
    assert "dotenvSECRET1" not in result.stdout + result.stderr
    assert "XYZ12345secret" not in result.stdout + result.stderr
