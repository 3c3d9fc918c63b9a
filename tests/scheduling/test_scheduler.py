"""What a scheduler does: it runs what is due, waits, tries again, and says what happens."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta

import pytest

from seeknal.scheduling import daemon
from seeknal.scheduling.heartbeat import last_beat
from seeknal.state.lock import project_lock

pytestmark = pytest.mark.inside

FILES = {
    "seeknal/orders.yml": "kind: source\nname: orders\nsource: csv\ntable: data/orders.csv\n",
    "seeknal/hourly.yml": (
        "kind: transform\nname: hourly\nschedule: '@hourly'\n"
        "sql: SELECT CAST(id AS INTEGER) AS id FROM ref('source.orders')\n"
    ),
    "data/orders.csv": "id,at\n1,a\n",
}
BROKEN = "id,at\n1x,a\n"


def bodies(watched):
    files = sorted(watched.place.outbox.glob("*.json"))
    return [json.loads(file.read_text())["body"] for file in files]


@pytest.fixture
def unsent(monkeypatch):
    """Messages stay in the outbox."""
    monkeypatch.setattr("seeknal.scheduling.postman.Postman.step", lambda self: None)


def test_a_node_that_never_ran_runs_at_once_and_then_at_each_tick(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    watched = scheduler(project)

    first = watched.until("ended")
    quiet = watched.during(1800)
    second = watched.until("ended")

    assert any("running transform.hourly" in line for line in first)
    assert quiet == []
    assert any("running transform.hourly" in line for line in second)
    assert f"{watched.now:%H:%M}" == "13:00"
    assert project.rows("transform.hourly") == [(1,)]


def test_an_environment_that_is_not_made_yet_is_made_at_once_of_what_production_has(
    seeknal_project, scheduler
):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()
    watched = scheduler(project, environment="dev")

    said = watched.until("ended")
    quiet = watched.during(60)
    again = scheduler(project, environment="dev").during(60)

    assert any("running transform.hourly" in line for line in said)
    assert any("ended: 2 ok" in line for line in said)
    assert [line for line in (*quiet, *again) if "running" in line] == []
    assert "2 reused" in project.run("history").stdout
    assert "dev" in project.run("env", "list").stdout
    assert project.run("freshness", "--env", "dev").exit_code == 0


def test_a_scheduler_goes_on_where_the_last_one_ended(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    scheduler(project).until("ended")

    again = scheduler(project)
    quiet = again.during(60)
    later = scheduler(project, timedelta(days=2, hours=4)).until("ended")

    assert [line for line in quiet if "running" in line] == []
    assert sum("running" in line for line in later) == 1


def test_a_node_that_fails_is_tried_again_and_told_of_once(seeknal_project, scheduler, unsent):
    project = seeknal_project({**FILES, "data/orders.csv": BROKEN})
    watched = scheduler(project)

    watched.until("failed: transform.hourly")
    again = watched.until("failed: transform.hourly")
    project.write({"data/orders.csv": FILES["data/orders.csv"]})
    well = watched.until("recovered")

    assert "again in 120 s" in again[-1]
    assert any("recovered: transform.hourly" in line for line in well)
    failed, recovered = bodies(watched)
    assert [failed["type"], recovered["type"]] == ["run.failed", "run.recovered"]
    assert [each["node"] for each in failed["data"]["nodes"]] == ["transform.hourly"]


def test_a_node_that_is_removed_while_it_fails_is_told_of_once(seeknal_project, scheduler, unsent):
    broken = FILES["seeknal/hourly.yml"].replace("name: hourly", "name: broken")
    project = seeknal_project(
        {**FILES, "seeknal/broken.yml": broken.replace("CAST(id AS INTEGER)", "CAST('x' AS INT)")}
    )
    watched = scheduler(project)
    watched.until("failed: transform.broken")

    (project.path / "seeknal/broken.yml").unlink()
    watched.until("recovered: transform.broken: no schedule runs it any more")
    watched.during(60)

    failed, recovered = bodies(watched)
    assert (failed["type"], recovered["type"]) == ("run.failed", "run.recovered")
    assert recovered["data"]["nodes"][0]["node"] == "transform.broken"
    assert recovered["text"].endswith("recovered: no schedule runs it any more")


def test_a_project_that_cannot_be_read_stops_no_scheduler(seeknal_project, scheduler, unsent):
    project = seeknal_project(FILES)
    watched = scheduler(project)
    watched.until("ended")

    project.write({"seeknal/orders.yml": "kind: source\nname: orders\n  source: csv\n"})
    broken = watched.until("cannot be read")
    quiet = watched.during(130)
    project.write({"seeknal/orders.yml": FILES["seeknal/orders.yml"]})
    well = watched.until("ended")

    assert "seeknal/orders.yml:3" in broken[-1]
    assert quiet == []
    assert any("running transform.hourly" in line for line in well)
    assert [each["type"] for each in bodies(watched)] == ["run.failed", "run.recovered"]


def test_a_run_of_files_that_were_broken_meanwhile_is_no_failure_of_nodes(
    seeknal_project, scheduler, unsent, monkeypatch
):
    # No look at the files comes between their change and the tick.
    monkeypatch.setattr("seeknal.scheduling.reader.LOOK", 120.0)
    project = seeknal_project(FILES)
    watched = scheduler(project)
    watched.until("ended")
    watched.during(3600 - watched.now.timestamp() % 3600 - 4)

    project.write({"seeknal/orders.yml": "kind: source\nname: orders\n  source: csv\n"})
    said = watched.until("cannot be read")

    assert any("running transform.hourly" in line for line in said)
    assert [each["node"] for body in bodies(watched) for each in body["data"]["nodes"]] == [None]


@pytest.mark.parametrize("text", ["[]", '{"nodes": 5}', "{", '{"schema_version": 99}'])
def test_status_says_that_what_is_remembered_is_damaged(seeknal_project, text):
    project = seeknal_project({**FILES, "target/scheduler/prod/state.json": text})

    result = project.run("scheduler", "status")

    assert result.exit_code == 1
    assert "SK0860" in result.stderr
    assert "sets it aside" in result.stderr


def test_status_says_where_the_project_is_wrong(seeknal_project):
    project = seeknal_project({**FILES, "seeknal/new.yml": "kind: transfrom\n"})

    said = project.run("scheduler", "status").stdout
    answer = project.run("scheduler", "status", "--format", "json").json()

    assert "the project cannot be read: seeknal/new.yml:1: " in said
    assert [each["file"] for each in answer["problems"]] == ["seeknal/new.yml"] * 2
    assert all(each["line"] == 1 for each in answer["problems"])


def test_a_new_node_runs_without_a_new_scheduler(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    watched = scheduler(project)
    watched.until("ended")

    project.write(
        {"seeknal/new.yml": "kind: transform\nname: new\nschedule: 1 day\nsql: SELECT 1 AS id\n"}
    )
    said = watched.until("ended")

    assert any("running transform.new" in line for line in said)


def test_another_command_that_writes_is_waited_for(seeknal_project, scheduler, unsent, monkeypatch):
    monkeypatch.setattr(daemon, "LONG_LOCKED", 90)
    project = seeknal_project(FILES)
    watched = scheduler(project)

    with project_lock(project.path / "target", command="run"):
        waits = watched.until("waiting")
        quiet = watched.during(30)
        told = watched.until("failed: transform.hourly")
    well = watched.until("recovered")

    assert not any("failed" in line for line in (*waits, *quiet))
    assert "another command is writing" in told[-1]
    assert any("1 ok" in line or "2 ok" in line for line in well)


def test_what_another_command_has_run_meanwhile_is_not_run_again(seeknal_project, scheduler):
    yearly = FILES["seeknal/hourly.yml"].replace("@hourly", "@yearly")
    project = seeknal_project({**FILES, "seeknal/hourly.yml": yearly})
    watched = scheduler(project)

    with project_lock(project.path / "target", command="run"):
        watched.until("waiting")
    project.run("run").assert_ok()
    said = watched.during(120)

    assert said == ["1 node has a schedule"]


def test_the_sign_of_life_is_never_older_than_its_bound(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    watched = scheduler(project)
    ages = []

    for _ in range(40):
        watched.during(5)
        beat = last_beat(watched.place.heartbeat)
        ages.append(watched.now.timestamp() - beat.at)

    assert max(ages) <= beat.bound


def test_what_is_remembered_and_damaged_is_set_aside(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    watched = scheduler(project)
    watched.until("ended")
    watched.place.memory.write_text("{")

    again = scheduler(project)
    said = again.until("ended")

    assert any("cannot be read" in line for line in again.lines)
    assert any("running" in line for line in said)
    assert list(watched.place.folder.glob("state.json.corrupt-*"))


@pytest.mark.parametrize("named", ["@seeknal-test-{pid}", "{folder}/notify"])
def test_a_service_manager_is_told_that_it_lives_and_ends(
    named, seeknal_project, scheduler, monkeypatch, tmp_path
):
    address = named.format(pid=os.getpid(), folder=tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        watched = scheduler(seeknal_project(FILES))
        watched.daemon.stop()
        watched.daemon.carry_out()
        watched.daemon._beat()
        said = [manager.recv(100).decode() for _ in range(3)]

    assert said == ["READY=1", "STOPPING=1", "WATCHDOG=1"]


def test_files_are_read_once_they_are_changed_no_more(seeknal_project, scheduler):
    project = seeknal_project(FILES)
    watched = scheduler(project)
    watched.until("ended")
    watched.during(9)

    for number in range(4):
        project.write({"seeknal/new.yml": f"kind: transform\nname: new\nsql: SELECT {number}\n"})
        while_changing = watched.during(2)
    later = watched.during(20)

    assert while_changing == []
    assert later == ["the project's files have changed: reading them"]


def test_a_message_that_could_not_be_written_is_written_later(
    seeknal_project, scheduler, unsent, monkeypatch
):
    project = seeknal_project({**FILES, "data/orders.csv": BROKEN})
    watched = scheduler(project)
    full = OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("seeknal.scheduling.daemon.put", lambda *_: raised(full))
        said = watched.until("failed: transform.hourly")
    later = bodies(watched)
    watched.until("failed: transform.hourly")

    assert any("No space left" in line for line in (*said, *watched.lines))
    assert later == []
    assert [each["type"] for each in bodies(watched)] == ["run.failed"]


def test_a_project_that_is_only_read_again_shortens_no_delay(seeknal_project, scheduler, unsent):
    project = seeknal_project({**FILES, "data/orders.csv": BROKEN})
    watched = scheduler(project)
    watched.until("failed: transform.hourly")
    watched.until("failed: transform.hourly")

    watched.daemon.reader.doubt(1)
    said = watched.during(60)

    assert not any("running" in line for line in said)


def test_what_is_stored_and_removed_is_made_again(seeknal_project, scheduler):
    yearly = FILES["seeknal/hourly.yml"].replace("@hourly", "@yearly")
    project = seeknal_project({**FILES, "seeknal/hourly.yml": yearly})
    watched = scheduler(project)
    watched.until("ended")
    watched.during(30)

    project.run("clean", "--yes").assert_ok()
    said = watched.until("ended")

    assert any("running transform.hourly" in line for line in said)
    assert project.rows("transform.hourly") == [(1,)]


def test_rows_that_are_too_old_are_told_of_though_no_run_fails(seeknal_project, scheduler, unsent):
    fresh = "freshness: {error_after: 3 hours, column: at}\n"
    orders = f"{FILES['seeknal/orders.yml']}{fresh}"
    project = seeknal_project(
        {**FILES, "seeknal/orders.yml": orders, "data/orders.csv": "id,at\n1,2024-06-01 10:00:00\n"}
    )
    watched = scheduler(project)

    old = watched.until("too old: source.orders")
    quiet = watched.during(600)
    project.write({"data/orders.csv": f"id,at\n1,{datetime.now(UTC):%Y-%m-%d %H:%M:%S}\n"})
    project.run("run").assert_ok()
    watched.until("fresh again: source.orders")

    assert "newest 2024-06-01T10:00:00+00:00" in old[-1]
    assert quiet == []
    assert [each["type"] for each in bodies(watched)] == [
        "freshness.failed",
        "freshness.recovered",
    ]


def raised(error):
    raise error
