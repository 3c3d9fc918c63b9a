"""A rollback asks as a promotion does; both are told in the history, with the commit."""

import subprocess

import pytest
from tests.core.environments.conftest import CHANGED

pytestmark = pytest.mark.inside


@pytest.fixture
def git(shop):
    """Runs git in the project, which is a repository of one commit; gives what it prints."""

    def run(*words):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
        done = subprocess.run(command, cwd=shop.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    (shop.path / ".gitignore").write_text("target/\n.seeknal/\n")
    run("init", "-q")
    run("add", ".")
    run("commit", "-q", "-m", "one")
    return run


@pytest.fixture
def promoted(shop, git):
    """Production with a change that came from dev, the files at a second commit."""
    shop.write(clean=CHANGED)
    git("commit", "-q", "-a", "-m", "two")
    shop("run", "--env", "dev").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()
    return shop


def answers(shop, *words):
    return shop(*words, "--format", "json").assert_ok().json()


def test_a_rollback_is_not_carried_out_where_nobody_can_agree_to_it(promoted):
    outcome = promoted("rollback", "prod")

    assert outcome.exit_code == 2
    assert "--yes" in outcome.stderr
    assert promoted.total() == 60


def test_a_rollback_shows_what_it_would_take_back_and_stops(promoted):
    text = promoted("rollback", "prod", "--dry-run").assert_ok().stdout
    answer = answers(promoted, "rollback", "prod", "--dry-run")

    assert "transform.clean" in text
    assert "generation 1" in text
    assert (answer["environment"], answer["generation"]) == ("prod", 1)
    assert {"node": "transform.clean", "change": "changed"} in answer["nodes"]
    assert promoted.total() == 60


@pytest.mark.parametrize(("typed", "code", "total"), [("n", 1, 60), ("y", 0, 30)])
def test_a_rollback_does_what_is_answered(promoted, monkeypatch, typed, code, total):
    import io

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{typed}\n"))

    outcome = promoted("rollback", "prod")

    assert outcome.exit_code == code
    assert "Put prod back to generation 1?" in outcome.stderr
    assert promoted.total() == total


def test_promotions_and_rollbacks_are_listed_with_their_commit(promoted, git):
    git("commit", "-q", "--allow-empty", "-m", "three")
    promoted("rollback", "prod", "--yes").assert_ok()

    told = answers(promoted, "history", "--env", "prod")
    generations = answers(promoted, "env", "history", "prod")

    commits = [git("rev-parse", name) for name in ("HEAD", "HEAD~1")]
    assert [(entry["command"], entry["commit"]) for entry in told[:2]] == [
        ("rollback", commits[0]),
        ("promote dev", commits[1]),
    ]
    assert [entry["commit"] for entry in generations[:2]] == commits
    assert [entry["run_id"] for entry in generations[:2]] == [entry["run_id"] for entry in told[:2]]


def test_the_history_for_people_shows_commands_and_commits(promoted, git):
    line = promoted("history", "--env", "prod").assert_ok().stdout.splitlines()[2]

    assert "promote dev" in line
    assert git("rev-parse", "HEAD")[:7] in line


def test_the_history_can_be_asked_for_commits_in_sql(promoted, git):
    rows = promoted.sql(
        "SELECT command, commit FROM seeknal_history_full WHERE command LIKE 'promote%'"
    )

    assert rows == [("promote dev", git("rev-parse", "HEAD"))]


def test_production_is_of_the_commit_that_was_gone_back_to(promoted, git):
    promoted("run").assert_ok()
    git("commit", "-q", "--allow-empty", "-m", "three")
    promoted.write(clean=CHANGED.replace("* 2", "* 3"))
    promoted("run").assert_ok()
    newest = promoted("env", "history").stdout

    promoted("rollback", "prod", "--yes").assert_ok()

    assert newest
    assert answers(promoted, "env", "show", "prod")["commit"] == git("rev-parse", "HEAD~1")


def test_a_move_says_nothing_of_commits_outside_of_git(shop):
    shop.write(clean=CHANGED)
    shop("run", "--env", "dev").assert_ok()
    shop("promote", "dev", "--yes").assert_ok()

    (told, *_) = answers(shop, "history", "--env", "prod")

    assert (told["command"], told["commit"]) == ("promote dev", None)
