"""Files that no node delivers to any more are listed, and dropped only when that is asked."""

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.inside

NODE = """
    kind: transform
    name: {name}
    sql: SELECT {number} AS id
    materializations: [{{type: file, path: {path}}}]
"""


def node(name, path, number=1):
    return {f"seeknal/{name}.yml": NODE.format(name=name, path=path, number=number)}


@pytest.fixture
def made(seeknal_project):
    """A project of two nodes that have each delivered a file."""
    project = seeknal_project({**node("a", "out/a.csv"), **node("b", "out/b.csv")})
    project.run("run").assert_ok()
    return project


def removed(project, name):
    """The project after its node is gone and all of it was run."""
    (project.path / f"seeknal/{name}.yml").unlink()
    project.run("run").assert_ok()
    return project


def left(project, *options):
    """What the janitor lists: name -> why it stays."""
    answer = project.run("janitor", "--format", "json", *options).assert_ok().json()
    return {entry["target"]: entry["why_kept"] for entry in answer["left_behind"]}


def dropped(project, *options):
    """What --targets does: name -> verdict and why."""
    outcome = project.run("janitor", "--targets", "--yes", "--format", "json", *options)
    answer = outcome.assert_ok().json()
    return {entry["target"]: (entry["verdict"], entry["why"]) for entry in answer["left_behind"]}


def test_nothing_is_left_behind_while_all_nodes_are_there(made):
    plan = made.run("plan").assert_ok()

    assert left(made) == {}
    assert "left behind" not in plan.stderr


def test_the_file_of_a_removed_node_is_listed_by_plan_and_janitor_and_stays(made):
    removed(made, "a")

    plan = made.run("plan").assert_ok()
    janitor = made.run("janitor").assert_ok()

    assert "1 target left behind: file out/a.csv" in plan.stderr
    assert "seeknal janitor --targets" in plan.stderr
    assert "out/a.csv" in janitor.stdout
    assert (made.path / "out/a.csv").exists()


def test_plan_names_the_first_and_counts_the_others(seeknal_project):
    files = {}
    for number in range(5):
        files |= node(f"n{number}", f"out/n{number}.csv", number)
    project = seeknal_project({**files, **node("stays", "out/stays.csv")})
    project.run("run").assert_ok()
    for number in range(5):
        (project.path / f"seeknal/n{number}.yml").unlink()
    project.run("run").assert_ok()

    plan = project.run("plan").assert_ok()

    expected = "5 targets left behind: file out/n0.csv, file out/n1.csv, file out/n2.csv and 2 more"
    assert expected in plan.stderr
    assert len(project.run("plan", "--format", "json").json()["left_behind"]) == 5


def test_it_is_dropped_when_that_is_asked_and_the_notice_goes(made):
    removed(made, "a")

    outcome = dropped(made)

    assert outcome == {"out/a.csv": ("dropped", None)}
    assert not (made.path / "out/a.csv").exists()
    assert (made.path / "out/b.csv").exists()
    assert left(made) == {}
    assert "left behind" not in made.run("plan").assert_ok().stderr


def test_nobody_who_could_be_asked_means_no(made):
    removed(made, "a")

    outcome = made.run("janitor", "--targets")

    assert outcome.exit_code == 2
    assert "SK0827" in outcome.stderr
    assert "out/a.csv" in outcome.stdout
    assert (made.path / "out/a.csv").exists()


def test_a_dry_run_drops_nothing(made):
    removed(made, "a")

    outcome = dropped(made, "--dry-run")

    assert outcome == {"out/a.csv": ("dropped", None)}
    assert (made.path / "out/a.csv").exists()
    assert left(made) == {"out/a.csv": None}


def test_a_file_that_somebody_has_changed_is_listed_and_stays(made):
    removed(made, "a")
    (made.path / "out/a.csv").write_text("id\n1\n2\n")

    outcome = dropped(made)

    assert outcome["out/a.csv"][0] == "kept"
    assert "somebody has changed it" in outcome["out/a.csv"][1]
    assert (made.path / "out/a.csv").read_text() == "id\n1\n2\n"
    assert list(left(made)) == ["out/a.csv"]


def test_the_reason_why_something_stays_is_told_in_full(made):
    removed(made, "a")
    (made.path / "out/a.csv").write_text("id\n1\n2\n")

    outcome = made.run("janitor", "--targets", "--yes").assert_ok()

    expected = "out/a.csv stays: it is not what was delivered: somebody has changed it"
    assert expected in outcome.stdout
    assert "0 targets dropped, 1 kept" in outcome.stderr


def test_a_node_under_another_name_that_delivers_to_the_same_file_leaves_nothing(made):
    (made.path / "seeknal/a.yml").unlink()
    made.write(node("c", "./out/../out/a.csv"))

    before = left(made)
    made.run("run").assert_ok()

    assert before == left(made) == dropped(made) == {}
    assert (made.path / "out/a.csv").exists()


def test_before_the_environment_has_run_without_the_node_its_file_stays(made):
    (made.path / "seeknal/a.yml").unlink()

    listed, outcome = left(made), dropped(made)

    assert "prod still has transform.a as it was: seeknal run" in listed["out/a.csv"]
    assert outcome["out/a.csv"][0] == "kept"
    assert (made.path / "out/a.csv").exists()


def test_a_target_that_is_taken_from_its_node_is_left_behind(made):
    nodes = made.path / "seeknal/a.yml"
    text = nodes.read_text()
    nodes.write_text(text.partition("materializations")[0])
    before = dropped(made)
    made.run("run").assert_ok()

    outcome = dropped(made)
    nodes.write_text(text)
    made.run("run").assert_ok()

    assert before["out/a.csv"][0] == "kept"
    assert outcome == {"out/a.csv": ("dropped", None)}
    assert (made.path / "out/a.csv").read_text() == "id\n1\n"


def test_a_node_that_comes_back_delivers_anew(made):
    text = (made.path / "seeknal/a.yml").read_text()
    removed(made, "a")
    dropped(made)

    made.write({"seeknal/a.yml": text})
    made.run("run").assert_ok()

    assert (made.path / "out/a.csv").read_text() == "id\n1\n"
    assert left(made) == {}


def test_another_node_that_takes_the_place_over_is_not_robbed_by_the_record(made):
    removed(made, "a")
    made.write(node("other", "out/a.csv", 7))
    made.run("run").assert_ok()

    assert dropped(made) == {}
    assert (made.path / "out/a.csv").read_text() == "id\n7\n"


def test_what_is_on_record_outlives_clean_and_stays_until_production_has_run(made):
    removed(made, "a")
    made.run("clean").assert_ok()
    before = dropped(made)
    made.run("run").assert_ok()

    after = dropped(made)

    assert before["out/a.csv"][0] == "kept"
    assert "seeknal run" in before["out/a.csv"][1]
    assert after == {"out/a.csv": ("dropped", None)}


def test_a_lost_target_folder_makes_no_environment_a_deleted_one(made):
    made.write(node("a", "out/a.csv", 2))
    made.run("run", "--env", "dev").assert_ok()
    shutil.rmtree(made.path / "target")
    made.run("run").assert_ok()
    place = made.path / "target/environments/dev/out/a.csv"
    place.parent.mkdir(parents=True)
    place.write_text("id\n2\n")

    outcome = dropped(made)
    made.run("env", "delete", "dev", "--yes").assert_ok()
    after = dropped(made)

    name = "target/environments/dev/out/a.csv"
    assert "nothing says that environment dev was deleted" in outcome[name][1]
    assert after == {}
    assert not place.exists()


def test_a_deleted_environment_leaves_no_file_behind(made):
    made.write(node("a", "out/a.csv", 2))
    made.run("run", "--env", "dev").assert_ok()

    made.run("env", "delete", "dev", "--yes").assert_ok()

    assert left(made) == {}


def test_a_kill_between_the_drop_and_its_record_is_made_good_by_the_next_one(made):
    removed(made, "a")
    killed = "import os; from seeknal.state.destinations import Destinations\n"
    killed += "from seeknal.cli import main\n"
    killed += "Destinations.forget = lambda *given: os._exit(9)\n"
    words = ["janitor", "--targets", "--yes"]
    died = subprocess.run([sys.executable, "-c", f"{killed}main({words})"], cwd=made.path)
    after_kill = (died.returncode, (made.path / "out/a.csv").exists())

    again = made.run(*words).assert_ok()

    assert after_kill == (9, False)
    assert "nothing is left behind" in again.stderr
    assert left(made) == {}


def test_a_file_outside_the_project_is_kept_in_mind_as_well(seeknal_project, tmp_path):
    path = tmp_path / "far.csv"
    project = seeknal_project(node("b", "out/b.csv"))
    text = NODE.format(name="a", path=f"{path}, allow_outside: true", number=1)
    project.write({"seeknal/a.yml": text})
    project.run("run").assert_ok()
    removed(project, "a")

    outcome = dropped(project)

    assert outcome == {str(path): ("dropped", None)}
    assert not path.exists()


def test_a_file_that_is_gone_is_no_longer_listed(made):
    removed(made, "a")
    (made.path / "out/a.csv").unlink()

    assert left(made) == {}
    assert dropped(made) == {}


def test_the_file_of_an_exposure_is_left_behind_like_any_other(made):
    exposure = "kind: exposure\nname: e\ntype: file\ninputs: [transform.b]\n"
    made.write({"seeknal/e.yml": exposure + "params: {path: out/e.csv}\n"})
    made.run("run").assert_ok()
    removed(made, "e")

    outcome = dropped(made)

    assert outcome == {"out/e.csv": ("dropped", None)}


def test_a_symbolic_link_in_the_files_place_stays(made):
    removed(made, "a")
    copy = made.path / "copy.csv"
    (made.path / "out/a.csv").rename(copy)
    (made.path / "out/a.csv").symlink_to(copy)

    outcome = dropped(made)

    assert outcome["out/a.csv"][0] == "kept"
    assert copy.exists()


def test_yes_is_refused_where_nothing_is_asked(made):
    outcome = made.run("janitor", "--yes")

    assert outcome.exit_code == 2
    assert "--targets" in outcome.stderr


PYTHON = """
    import os
    from seeknal import transform

    PATH = f"out/{os.environ['PART']}.csv"

    @transform(name="p", materializations=[{"type": "file", "path": PATH}])
    def p(ctx):
        return [{"id": 1}]
"""


def test_a_place_that_a_decorator_has_computed_stays(seeknal_project, monkeypatch):
    project = seeknal_project({"seeknal/pipelines/p.py": PYTHON, **node("b", "out/b.csv")})
    for part in ("eu", "us"):
        monkeypatch.setenv("PART", part)
        project.run("run").assert_ok()

    outcome = dropped(project)
    (project.path / "seeknal/pipelines/p.py").unlink()
    project.run("run").assert_ok()
    after = dropped(project)

    assert outcome["out/eu.csv"][0] == "kept"
    assert "may say so again" in outcome["out/eu.csv"][1]
    assert {name: verdict for name, (verdict, _) in after.items()} == {
        "out/eu.csv": "dropped",
        "out/us.csv": "dropped",
    }


def source(path):
    return f"kind: source\nname: s\nsource: csv\ntable: '{path}'\n"


def exposing(key):
    return f"kind: exposure\nname: e\ninputs: [transform.b]\n{key}\n"


def reading(code):
    return f"""
from pathlib import Path

import duckdb
from seeknal import source


{code}
"""


IN_PYTHON = "seeknal/pipelines/s.py"
READ = "@source(name='s', columns={{'id': 'integer'}}{more})\ndef s(ctx=None):\n    {code}\n"
READERS = {
    "source": {"seeknal/s.yml": source("out/a.csv")},
    "source in another case": {"seeknal/s.yml": source("OUT/A.csv")},
    "source of a glob": {"seeknal/s.yml": source("out/[ac]*.csv")},
    "source of all below": {"seeknal/s.yml": source("./**/[a]*.csv")},
    "query": {"seeknal/s.yml": "kind: transform\nname: s\nvolatile: true\nsql: FROM 'out/a.csv'\n"},
    "volatile query": {
        "seeknal/s.yml": "kind: transform\nname: s\nvolatile: true\n"
        "sql: SELECT *, now() AS n FROM read_csv('out/?.csv')\n"
    },
    "disabled node": {"seeknal/s.yml": source("out/a.csv") + "enabled: false\n"},
    "exposure without type": {"seeknal/s.yml": exposing("params: {path: out/a.csv}")},
    "declared file": {
        IN_PYTHON: reading(READ.format(more=", files=['out/a.csv']", code="return []"))
    },
    "Python path": {
        IN_PYTHON: reading(READ.format(more="", code="return Path('out', 'a.csv').stem"))
    },
    "Python folder": {
        IN_PYTHON: reading(READ.format(more="", code="return list(Path('out').iterdir())"))
    },
    "Python f-string": {
        IN_PYTHON: reading(READ.format(more="", code="return open(f'out/{ctx}.csv')"))
    },
    "Python format": {
        IN_PYTHON: reading(READ.format(more="", code="return open('out/%s.csv' % ctx)"))
    },
    "module beside the nodes": {"helping.py": "WHERE = 'out/a.csv'\n"},
}


@pytest.mark.parametrize("files", READERS.values(), ids=READERS.keys())
def test_a_file_that_something_of_the_project_may_read_stays(made, files):
    removed(made, "a")
    before = dropped(made, "--dry-run")
    made.write(files)

    outcome = dropped(made)

    assert before == {"out/a.csv": ("dropped", None)}
    assert outcome["out/a.csv"][0] == "kept"
    assert "may read it" in outcome["out/a.csv"][1]
    assert (made.path / "out/a.csv").exists()


def test_the_reader_is_named_and_once_it_is_gone_the_file_is_dropped(made):
    made.write({"seeknal/s.yml": source("out/*.csv").replace("out/*", "out/a*")})
    removed(made, "a")
    with_reader = dropped(made)
    removed(made, "s")

    outcome = dropped(made)

    assert with_reader == {"out/a.csv": ("kept", "source.s may read it")}
    assert outcome == {"out/a.csv": ("dropped", None)}


def test_files_that_others_read_beside_it_keep_it_not(made):
    made.write(
        {
            "in/b.csv": "id\n1\n",
            "seeknal/s.yml": source("in/*.csv"),
            "seeknal/t.yml": "kind: transform\nname: t\nsql: |\n"
            "  SELECT s.*, count(*) AS n /* all of it */ FROM ref('source.s') s GROUP BY ALL\n",
        }
    )
    removed(made, "a")

    outcome = dropped(made)

    assert outcome == {"out/a.csv": ("dropped", None)}
