"""Messages that sent people the wrong way say what to do."""

import os
import subprocess
import sys

import pytest

SOURCE = "kind: source\nname: {0}\nsource: csv\ntable: data/{0}.csv\n"
WITHOUT_FRAMES = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "pandas"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
"""


def told(outcome):
    """The one problem of a project."""
    [problem] = outcome.json()["problems"]
    return problem


@pytest.mark.parametrize(
    ("words", "help"),
    [
        (
            ["run", "--select", "a", "b"],
            "to name several, quote them: --select 'a b', or repeat it: --select a --select b",
        ),
        (
            ["run", "--exclude", "a", "b", "c"],
            "to name several, quote them: --exclude 'a b c', or repeat it:"
            " --exclude a --exclude b --exclude c",
        ),
        (["run", "--var", "a=1", "b=2"], "to give several, repeat it: --var a=1 --var b=2"),
    ],
)
def test_words_after_an_option_that_takes_several_are_explained(seeknal_project, words, help):
    outcome = seeknal_project({}).run(*words)

    assert outcome.exit_code == 2
    assert help in outcome.stderr


def test_other_words_too_many_get_no_advice_about_options(seeknal_project):
    outcome = seeknal_project({}).run("validate", "a", "b")

    assert "--help shows what it takes" in outcome.stderr


@pytest.mark.parametrize("inputs", ["[source.a]", "[source.a, source.b]"])
def test_a_type_that_only_documents_an_exposure_is_explained(seeknal_project, inputs):
    board = f"kind: exposure\nname: board\ntype: dashboard\ninputs: {inputs}\n"
    project = seeknal_project(
        {
            "seeknal/a.yml": SOURCE.format("a"),
            "seeknal/b.yml": SOURCE.format("b"),
            "seeknal/board.yml": board,
        }
    )

    problem = told(project.run("validate", "--format", "json"))

    assert problem["message"] == "unknown target type 'dashboard'"
    assert problem["help"].endswith(
        "an exposure that only documents has none: meta: {type: dashboard}"
    )
    assert (problem["file"], problem["line"]) == ("seeknal/board.yml", 3)


@pytest.mark.parametrize(
    ("keys", "message", "column"),
    [
        ("tags: [a, {b: 1}]", "entry 2 of key 'tags' expects text, not a mapping", 11),
        ("audits: [[unique]]", "entry 1 of key 'audits' expects a mapping or text, not a list", 10),
    ],
)
def test_an_entry_of_a_list_that_does_not_fit_is_named(seeknal_project, keys, message, column):
    project = seeknal_project({"seeknal/a.yml": SOURCE.format("a") + keys + "\n"})

    problem = told(project.run("validate", "--format", "json"))

    assert (problem["message"], problem["line"], problem["column"]) == (message, 5, column)


def test_a_missing_pandas_is_asked_for_by_its_own_name(seeknal_project, tmp_path):
    code = """
        from seeknal import transform

        @transform(inputs=["source.a"])
        def framed(ctx):
            return ctx.ref("source.a").df()
    """
    project = seeknal_project(
        {
            "data/a.csv": "x\n1\n",
            "seeknal/a.yml": SOURCE.format("a"),
            "seeknal/pipelines/framed.py": code,
        }
    )
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_FRAMES)

    done = subprocess.run(
        [sys.executable, "-m", "seeknal", "run"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "No module named 'pandas', which .df() needs" in done.stdout + done.stderr
    assert "dependencies = ['pandas']" in done.stdout + done.stderr
    assert "numpy" not in done.stdout + done.stderr
