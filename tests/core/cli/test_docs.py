"""``docs``: the catalog as a page."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.inside

FILES = {
    "seeknal_project.yml": "name: shop\ndescription: What the shop sells.\n",
    "data/people.csv": "id,name,email\n1,ada,ada@hidden.example\n2,bob,bob@hidden.example\n",
    "seeknal/people.yml": """
        kind: source
        name: people
        source: csv
        layer: bronze
        table: data/people.csv
        business_purpose: To write to them.
        meta: {ticket: 12}
        columns:
          - {name: id, description: the number}
          - {name: email, pii: true}
        audits:
          - {type: row_count, min: 1}
    """,
    "seeknal/pipelines/upper.py": '''
        from seeknal import transform

        @transform(name="upper", inputs=["source.people"])
        def upper(ctx):
            """In capitals."""
            columns = "id, upper(name) AS name, lower(email) AS contact"
            return ctx.ref("source.people").project(columns)
    ''',
    "seeknal/out.yml": """
        kind: exposure
        name: report
        type: file
        params: {path: out/report.csv}
        inputs: [{ref: transform.upper}]
    """,
}


@pytest.fixture
def made(seeknal_project):
    project = seeknal_project(FILES)
    project.run("run").assert_ok()
    return project


def page(project, *arguments):
    project.run("docs", *arguments).assert_ok()
    return (project.path / "target/docs/index.html").read_text()


def document(text):
    found = re.search(r'<script type="application/json" id="document">(.*?)</script>', text, re.S)
    return json.loads(found[1])


def nodes(project, *arguments):
    return {entry["id"]: entry for entry in document(page(project, *arguments))["nodes"]}


def test_the_page_has_every_node_with_what_files_and_runs_say(made):
    found = nodes(made)

    people = found["source.people"]
    assert set(found) == {"source.people", "transform.upper", "exposure.report"}
    assert (people["layer"], people["rows"], people["does"]) == ("bronze", 2, "loads")
    assert people["business_purpose"] == "To write to them."
    assert people["meta"] == {"ticket": "12"}
    assert people["bytes"] > 0
    assert people["columns"][0] == {
        "name": "id",
        "type": "BIGINT",
        "description": "the number",
        "nullable": True,
        "null_count": 0,
        "approx_distinct": people["columns"][0]["approx_distinct"],
        "min": "1",
        "max": "2",
        "pii": False,
    }
    assert "@transform" in found["transform.upper"]["python"]
    assert "return ctx.ref(" in found["transform.upper"]["python"]


def test_the_page_says_what_the_project_is_and_how_its_runs_ended(made):
    made.run("run").assert_ok()

    found = document(page(made))

    assert found["project"] == "shop"
    assert found["catalog"]["description"] == "What the shop sells."
    assert [run["counts"] for run in found["catalog"]["runs"]] == [{"reused": 3}, {"success": 3}]


def test_a_node_has_its_past_runs_newest_first(made):
    made.write({"data/people.csv": "id,name,email\n1,ada,a@hidden.example\n"})
    made.run("run").assert_ok()

    runs = nodes(made)["source.people"]["runs"]

    assert [(run["status"], run["rows"]) for run in runs] == [("success", 1), ("success", 2)]


def test_audits_that_were_never_asked_stand_beside_those_that_were(made):
    text = made.path / "seeknal/people.yml"
    text.write_text(text.read_text() + "  - {type: row_count, min: 2, name: enough}\n")

    audits = nodes(made)["source.people"]["audits"]

    assert [(audit["name"], audit["passed"]) for audit in audits] == [
        (None, True),
        ("enough", None),
    ]


def test_a_target_says_whether_it_was_delivered(made):
    target = nodes(made)["exposure.report"]["targets"][0]

    assert target["status"] == "delivered"
    assert target["delivered_at"]


def test_a_target_that_never_got_rows_has_no_time_of_it(seeknal_project):
    made = seeknal_project({**FILES, "out": "no folder"})
    made.run("run")

    target = nodes(made)["exposure.report"]["targets"][0]

    assert (target["status"], target["delivered_at"]) == ("owed", None)


@pytest.mark.parametrize("rows", [0, 5])
def test_values_of_private_columns_are_nowhere_in_the_page(made, rows):
    text = page(made, "--preview", rows)

    columns = {entry["name"]: entry for entry in document(text)["nodes"][0]["columns"]}
    assert columns["email"]["pii"]
    assert columns["email"]["min"] is None
    assert "hidden.example" not in text


def test_the_page_has_no_values_of_what_is_made_of_columns_that_were_marked_since(seeknal_project):
    people = FILES["seeknal/people.yml"]
    made = seeknal_project(
        {
            **FILES,
            "seeknal/people.yml": people.replace(", pii: true", ", description: where"),
            "seeknal/said.sql": "SELECT id, email AS name FROM ref('source.people')",
        }
    )
    made.run("run").assert_ok()
    made.write({"seeknal/people.yml": people})

    found = nodes(made)["transform.said"]["columns"]

    assert {column["name"]: column["min"] for column in found} == {"id": "1", "name": None}


def test_rows_are_in_the_page_only_where_they_are_asked_for(made):
    without, one = nodes(made), nodes(made, "--preview", 1)

    assert without["source.people"]["preview"] is None
    assert one["source.people"]["preview"]["rows"] == [["1", "ada", "***"]]


def test_a_project_that_never_ran_has_a_page(seeknal_project):
    project = seeknal_project(FILES)

    found = nodes(project)

    assert found["source.people"]["status"] == "never run"
    assert found["source.people"]["runs"] == []
    assert found["source.people"]["audits"][0]["passed"] is None


def test_output_names_a_folder_or_standard_output(made):
    made.run("docs", "--output", "site").assert_ok()
    printed = made.run("docs", "--output", "-").assert_ok().stdout
    wrong = made.run("docs", "--output", "seeknal_project.yml")

    assert document((made.path / "site/index.html").read_text())["project"] == "shop"
    assert document(printed)["project"] == "shop"
    assert wrong.exit_code == 2
    assert "is a file" in wrong.stderr


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("/dev/null", "--output /dev/null is no folder"),
        ("broken", "--output broken is a link to what is not there"),
        ("taken", "taken/index.html is a folder"),
    ],
)
def test_an_output_that_can_have_no_page_is_told(made, folder, told):
    (made.path / "broken").symlink_to("nowhere")
    (made.path / "taken/index.html").mkdir(parents=True)

    outcome = made.run("docs", "--output", folder)

    assert outcome.exit_code == 2
    assert f"error[SK0002]: {told}" in outcome.stderr


def test_json_is_what_the_page_holds(made):
    printed = made.run("docs", "--format", "json").assert_ok().json()

    held = document(page(made))
    assert printed["status"] == "success"
    assert printed["nodes"] == held["nodes"]


def test_standard_output_is_neither_opened_nor_served(made):
    outcome = made.run("docs", "--output", "-", "--serve", 0)

    assert outcome.exit_code == 2
    assert "SK0255" in outcome.stderr


def test_the_page_is_served_to_this_machine_alone(made):
    command = [sys.executable, "-m", "seeknal", "-C", str(made.path), "docs", "--serve", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = [server.stderr.readline(), server.stderr.readline()]
    url = re.search(r"http://127\.0\.0\.1:\d+/", said[1])[0]

    served = urllib.request.urlopen(url).read().decode()
    file = status(url + "seeknal_project.yml")
    elsewhere = status(url, Host="evil.example")
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=20)

    assert document(served)["project"] == "shop"
    assert (file, elsewhere) == (404, 404)
    assert server.returncode == 130


def test_a_port_that_is_taken_is_an_error_that_says_so(made):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = made.run("docs", "--serve", taken.getsockname()[1])

    assert outcome.exit_code == 2
    assert "another port" in outcome.stderr


def status(url, **headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers)).status
    except urllib.error.HTTPError as error:
        return error.code


def test_an_environment_shows_its_own_tables(made):
    made.run("env", "create", "dev").assert_ok()
    made.write({"data/people.csv": "id,name,email\n1,ada,a@hidden.example\n"})
    made.run("run", "--env", "dev").assert_ok()

    production, dev = nodes(made), nodes(made, "--env", "dev")

    assert production["source.people"]["rows"] == 2
    assert dev["source.people"]["rows"] == 1
