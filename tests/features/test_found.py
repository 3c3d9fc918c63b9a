"""What was wrong once with features, one sentence each."""

import os
import stat
import subprocess
import sys
import threading

import pytest

import seeknal
from seeknal.values.errors import UsageError

pytestmark = pytest.mark.inside


def made(seeknal_project, nodes, **files):
    project = seeknal_project({"seeknal_project.yml": "name: p\n", "seeknal/n.yml": nodes, **files})
    project.run("run").assert_ok()
    return project


def group(sql, keys="k", more=""):
    return (
        f"kind: transform\nname: t\nsql: {sql}\n---\nkind: feature_group\nname: g\n"
        f"entity: {{name: e, join_keys: [{keys}]}}\ninputs: [transform.t]\n{more}"
    )


def rows(project, entities, **how):
    with seeknal.get_historical_features("g", entities, project=project.path, **how) as found:
        return found.fetchall()


def test_a_group_with_a_created_time_alone_has_one_row_at_each_moment(seeknal_project):
    values = "(1, TIMESTAMP '2024-01-01', 'basic'), (1, TIMESTAMP '2024-06-01', 'gold')"
    sql = f"SELECT * FROM (VALUES {values}) v(k, known_at, plan)"
    project = made(seeknal_project, group(sql, more="created_time: known_at\n"))

    found = rows(project, "SELECT 1 AS k, TIMESTAMP '2024-02-01' AS ts")

    assert [row[-1] for row in found] == ["basic"]


@pytest.mark.parametrize("name", ["seeknal moment 0", "seeknal row", "Seeknal Time"])
def test_names_of_our_own_are_refused(seeknal_project, name):
    sql = "SELECT 1 AS k, TIMESTAMP '2024-01-01' AS t, 5 AS v"
    project = made(seeknal_project, group(sql, more="event_time: t\n"))
    asked = f"SELECT 1 AS k, TIMESTAMP '2023-01-01' AS ts, TIMESTAMP '2030-01-01' AS \"{name}\""

    with pytest.raises(UsageError) as error:
        rows(project, asked, timestamp="ts")

    assert error.value.code == "SK1803"


def test_a_group_has_no_names_of_our_own_either(seeknal_project):
    sql = "SELECT 1 AS k, TIMESTAMP '2024-01-01' AS t, 5 AS \"seeknal time\""
    project = made(seeknal_project, group(sql, more="event_time: t\n"))

    with pytest.raises(UsageError) as error:
        rows(project, "SELECT 1 AS k, TIMESTAMP '2024-02-01' AS ts")

    assert error.value.code == "SK1803"


@pytest.mark.parametrize("type", ["DATE", "TIMESTAMP"])
def test_a_group_over_an_application_date_sees_nothing_of_later_that_day(seeknal_project, type):
    nodes = (
        "kind: transform\nname: t\nsql: SELECT 1 AS k, TIMESTAMP '2024-03-25 20:00:00' AS happened,"
        f" CAST('2024-03-25 12:00:00' AS {type}) AS app, 1000 AS amount\n---\n"
        "kind: aggregation\nname: a\ngroup_by: [k]\ntime_column: happened\n"
        "application_date_col: app\nfeatures: {amount: {agg: [sum]}}\ninputs: [transform.t]\n---\n"
        "kind: feature_group\nname: g\nentity: {name: e, join_keys: [k]}\nevent_time: app\n"
        "inputs: [aggregation.a]\n"
    )
    project = made(seeknal_project, nodes)
    moments = ["2024-03-25 09:00:00", "2024-03-25 15:00:00", "2024-03-26 00:00:00"]
    asked = " UNION ALL ".join(f"SELECT 1 AS k, TIMESTAMP '{moment}' AS ts" for moment in moments)

    found = rows(project, f"{asked} ORDER BY ts")

    whole = 1000 if type == "DATE" else None
    assert [row[-1] for row in found] == [None, None, whole]


def test_a_whole_number_that_no_decimal_holds_is_no_key_beside_one(seeknal_project):
    project = made(seeknal_project, group("SELECT CAST(1 AS HUGEINT) AS k, 5 AS v"))

    with pytest.raises(UsageError) as error:
        rows(project, "SELECT CAST(1 AS DECIMAL(9, 2)) AS k")

    assert error.value.code == "SK1804"


def test_dates_of_which_the_month_is_a_guess_are_refused(seeknal_project, tmp_path):
    sql = "SELECT 1 AS k, TIMESTAMP '2024-01-01' AS t, 5 AS v"
    project = made(seeknal_project, group(sql, more="event_time: t\n"))
    path = tmp_path / "e.csv"
    path.write_text("k,ts\n1,02/03/2024\n")

    with pytest.raises(UsageError) as error:
        rows(project, path)

    assert "02/03/2024" in error.value.message


def test_an_index_with_a_name_is_not_lost(seeknal_project):
    pandas = pytest.importorskip("pandas")
    project = made(seeknal_project, group("SELECT 1 AS k, 5 AS v"))
    frame = pandas.DataFrame({"k": [1], "day": ["2024-01-01"]}).set_index("day")

    with pytest.raises(UsageError) as error:
        rows(project, frame)

    assert "reset_index" in error.value.help


def test_no_entities_are_not_all_of_them(seeknal_project):
    project = made(seeknal_project, group("SELECT 1 AS k, 5 AS v"))

    with pytest.raises(UsageError) as error:
        rows(project, None)

    assert "get_latest_features" in error.value.help


def test_a_ttl_without_a_time_is_warned_of(seeknal_project):
    project = made(seeknal_project, group("SELECT 1 AS k, 5 AS v", more="ttl: 3d\n"))

    found = project.run("validate")

    assert "SK0799" in found.stdout + found.stderr


def test_a_pipe_is_written_to_and_stays_one(seeknal_project, tmp_path):
    project = made(seeknal_project, group("SELECT 1 AS k, 5 AS v"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()

    project.run("features", "get", "g", "--format", "csv", "-o", str(pipe)).assert_ok()

    reader.join(timeout=20)
    assert read == ["k,v\n1,5\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_of_a_training_set_that_nobody_closes_no_file_is_left(seeknal_project, tmp_path):
    project = made(seeknal_project, group("SELECT 1 AS k, 5 AS v"))
    code = (
        "import seeknal\n"
        f"project = {str(project.path)!r}\n"
        "found = seeknal.get_historical_features('g', [{'k': 1}], project=project)\n"
        "print(found.fetchall())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[(1, 5)]\n"
    assert list(tmp_path.iterdir()) == []


LABELS = (
    "kind: source\nname: l\nsource: csv\ntable: data/l.csv\n---\n"
    "kind: feature_group\nname: g\nentity: {{name: e, join_keys: [k]}}\nevent_time: at\n"
    "inputs: [source.l]\ntransform: {sql}\n"
)
DATA = "k,at,churned\n" + "".join(
    f"{k},2024-0{1 + k % 3}-01 00:00:00,{str(k % 2 == 0).lower()}\n" for k in range(60)
)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT k, at, if(churned, 'p', 'q') AS f FROM ref('source.l')",
        "SELECT k, at, CASE WHEN churned THEN 'left' ELSE 'here' END AS f FROM ref('source.l')",
        "SELECT k, at, count(*) FILTER (WHERE churned) AS f FROM ref('source.l') GROUP BY k, at",
        "SELECT k, at, 'x' AS f FROM ref('source.l') WHERE churned",
    ],
)
def test_a_label_in_other_words_is_found(seeknal_project, sql):
    nodes = LABELS.format(sql=sql.replace(", at", ', "at"'))
    project = made(seeknal_project, nodes, **{"data/l.csv": DATA})

    found = project.run(
        *("features", "validate", "g", "--entities", "source.l"),
        *("--timestamp", "at", "--label", "churned", "--format", "json"),
    )

    assert {each["name"] for each in found.json()["findings"]} == {"target-among-features"}


def test_what_became_of_others_before_is_no_label(seeknal_project):
    sql = (
        'SELECT k % 5 AS k, "at" + INTERVAL 1 DAY AS "at", avg(CAST(churned AS INT)) AS rate'
        " FROM ref('source.l') GROUP BY ALL"
    )
    nodes = LABELS.format(sql=sql)
    data = "k,at,churned\n" + "".join(
        f"{k % 5},2024-0{1 + k % 3}-0{1 + k % 7} 00:00:00,{str(k % 3 == 0).lower()}\n"
        for k in range(200)
    )
    project = made(seeknal_project, nodes, **{"data/l.csv": data})

    found = project.run(
        *("features", "validate", "g", "--entities", "source.l"),
        *("--timestamp", "at", "--label", "churned", "--format", "json"),
    )

    assert found.json()["findings"] == []


def test_a_label_time_that_is_no_time_is_told_as_that(seeknal_project):
    nodes = LABELS.format(sql="SELECT k, \"at\", 1 AS f FROM ref('source.l')")
    project = made(seeknal_project, nodes, **{"data/l.csv": DATA})

    found = project.run(
        *("features", "validate", "g", "--entities", "source.l", "--timestamp", "at"),
        *("--label-time", "k"),
    )

    assert found.exit_code == 2
    assert "SK1802" in found.stderr
