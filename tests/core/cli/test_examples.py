"""``init``: what an example needs is said at once, and scripts run where seeknal is installed."""

import shlex
import sys
from importlib.metadata import PackageNotFoundError

import pytest
from tests.core.cli.conftest import FILES

from seeknal.cli.examples import EXAMPLES, Example, find_example
from seeknal.kernel.installing import install_command

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "example.toml").is_file())


@pytest.fixture
def only(monkeypatch):
    """Only distributions of these names are installed, without what their extras bring."""

    def leave(*names):
        real = __import__("importlib.metadata").metadata.distribution

        def distribution(name):
            if name != "seeknal" and name not in names:
                raise PackageNotFoundError(name)
            return real("seeknal")

        monkeypatch.setattr("importlib.metadata.distribution", distribution)

    return leave


def printed_steps(err):
    return [line.strip() for line in err.splitlines() if line.startswith("  ")]


def test_every_folder_with_an_example_is_one():
    assert set(NAMES) >= {"minimal", "medallion", "lineage_inspect"}
    assert [path.name for path in EXAMPLES.iterdir() if path.is_dir()] == [
        path.name for path in EXAMPLES.iterdir() if path.name in NAMES
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_plugin_is_said_at_init_with_the_command_that_brings_it(
    seeknal, nowhere, only, name
):
    only()
    needs = find_example(name).needs

    code, _, err = seeknal("init", "x", "--example", name)

    first = printed_steps(err)[0]
    assert code == 0
    assert first == (install_command(*needs) if needs else "cd x")
    assert all(need.partition("[")[0] in err.splitlines()[0] for need in needs)


def test_what_is_installed_is_not_asked_for(seeknal, nowhere, only):
    only("seeknal-audits", "seeknal-iceberg")

    code, _, err = seeknal("init", "x", "--example", "lineage_inspect")

    assert code == 0
    assert "Not installed" not in err
    assert printed_steps(err)[:3] == ["cd x", "seeknal python scripts/seed.py", "seeknal run"]


def test_what_an_extra_brings_has_to_be_there_too(monkeypatch):
    asked = ["attrs", "nowhere-at-all>=1 ; extra == 'embedded'", "other ; extra == 'more'"]

    class Found:
        requires = asked

    def distribution(name):
        if name == "nowhere-at-all":
            raise PackageNotFoundError(name)
        return Found

    monkeypatch.setattr("importlib.metadata.distribution", distribution)
    example = Example(folder=EXAMPLES, needs=("p", "p[embedded]"), next=())

    assert example.missing == ("p[embedded]",)


def test_what_describes_an_example_is_not_copied(seeknal, nowhere):
    seeknal("init", "x", "--example", "minimal")

    assert not (nowhere / "x" / "example.toml").exists()


def test_a_script_runs_with_the_python_of_seeknal_and_its_own_arguments(seeknal_project, capfd):
    script = "import sys, seeknal\nprint(sys.executable, sys.argv[1:])\nsys.exit(7)\n"
    project = seeknal_project({**FILES, "scripts/x.py": script})

    outcome = project.run("python", "scripts/x.py", "--select", "a", "--help")

    assert outcome.exit_code == 7
    assert capfd.readouterr().out == f"{sys.executable} ['--select', 'a', '--help']\n"


def test_a_script_is_looked_for_in_the_folder_that_is_named(seeknal_project, seeknal, nowhere):
    project = seeknal_project({**FILES, "scripts/x.py": "open('made', 'w').close()\n"})

    code, _, _ = seeknal("-C", str(project.path), "python", "scripts/x.py")

    assert code == 0
    assert (project.path / "made").exists()


def test_a_folder_is_entered_whatever_it_is_called(seeknal, nowhere):
    _, _, here = seeknal("init", "my project")
    _, _, there = seeknal("-C", str(nowhere / "my project"), "init", "in it")

    assert shlex.split(printed_steps(here)[0]) == ["cd", "my project"]
    assert shlex.split(printed_steps(there)[0]) == ["cd", str(nowhere / "my project" / "in it")]
