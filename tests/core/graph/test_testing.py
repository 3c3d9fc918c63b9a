"""The project fixture and the contracts that plugins subclass."""

import sys
from pathlib import Path

import pytest

import seeknal.cli
from seeknal.testing import (
    AuditContract,
    Outcome,
    PluginContract,
    SourceContract,
    TargetContract,
)
from seeknal.values.audits import Audit
from seeknal.values.names import NodeId
from seeknal.values.sources import Source
from seeknal.values.targets import Target

pytestmark = pytest.mark.inside

pytest_plugins = ["pytester"]


def test_files_are_written_without_their_common_indentation(seeknal_project):
    project = seeknal_project(
        {"seeknal/a.yml": "\n    kind: source\n    name: a\n", "b.bin": b"\0"}
    )

    assert (project.path / "seeknal/a.yml").read_text() == "kind: source\nname: a\n"
    assert (project.path / "b.bin").read_bytes() == b"\0"
    assert (project.path / "seeknal_project.yml").read_text() == "name: test\n"


def test_two_projects_do_not_share_a_folder(seeknal_project):
    assert seeknal_project({}).path != seeknal_project({}).path


def test_a_command_runs_in_the_project_with_its_output_caught(seeknal_project):
    project = seeknal_project({})
    before = Path.cwd()

    outcome = project.run("--version")

    assert outcome.assert_ok() is outcome
    assert seeknal.__version__ in outcome.stdout
    assert Path.cwd() == before


def test_a_failed_command_fails_the_test_with_its_output():
    outcome = Outcome(2, "out", "what went wrong")

    with pytest.raises(pytest.fail.Exception, match="what went wrong"):
        outcome.assert_ok()


def test_json_is_read_from_standard_output_alone():
    assert Outcome(0, '{"a": 1}', "chatter").json() == {"a": 1}


def test_rows_come_from_the_current_output(seeknal_project):
    import duckdb

    project = seeknal_project({"target/intermediate/.keep": ""})
    path = project.path / "target/intermediate/transform_a.parquet"
    duckdb.sql("SELECT * FROM (VALUES (2, 'b'), (1, 'a')) t(id, name)").write_parquet(str(path))

    assert project.rows("transform.a") == [(2, "b"), (1, "a")]


def test_the_module_imports_nothing_of_seeknal_s_when_pytest_starts(pytester):
    script = "import sys, seeknal.testing; print(*sys.modules)"

    result = pytester.run(sys.executable, "-c", script)

    ours = {name for name in result.outlines[0].split() if name.startswith("seeknal.")}
    assert all(name.startswith("seeknal.testing") for name in ours)


PLUGIN = "tests_seeknal_words"


@pytest.fixture(scope="module", autouse=True)
def _plugin(tmp_path_factory):
    """A small plugin whose sources, targets and audits are text files of words."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / f"{PLUGIN}.py").write_text(WORDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", str(folder))
        yield


WORDS = """
from pathlib import Path
from attrs import frozen
from seeknal.plugin import *

@frozen(kw_only=True)
class Options:
    path: str = ""

@hookimpl
def source_types():
    return [SourceType(name="words", options=Options, summary="one word per line")]

@hookimpl
def target_types():
    return [TargetType(name="words", options=Options, summary="one row per line")]

@hookimpl
def audit_types():
    return [AuditType(name="short", options=Options, summary="names of one letter")]

@hookimpl
def load_source(source, context):
    if not isinstance(source.options, Options):
        return None
    path = Path(source.options.path)
    if not path.exists():
        raise NodeError(f"{path} does not exist")
    words = path.read_text().split()
    rows = ", ".join(f"({quote_literal(word)})" for word in words) or "(NULL)"
    return Scan(f"SELECT * FROM (VALUES {rows}) t(word) WHERE word IS NOT NULL")

@hookimpl
def source_version(source, context):
    return [Path(source.options.path).stat().st_size]

@hookimpl
def materialize(target, relation, context):
    if not isinstance(target.options, Options):
        return None
    path = Path(target.options.path)
    if not path.parent.exists():
        raise DeliveryError(f"{path.parent} does not exist")
    if context.anew and path.exists():
        raise TargetStands(f"there is a file {path}")
    rows = context.duckdb.execute(f"SELECT * FROM {relation.scan}").fetchall()
    path.write_text("".join(f"{row!r}\\n" for row in rows))
    return Delivered(rows=len(rows))

@hookimpl
def audit(audits, relation, context):
    query = f"SELECT count(*) FROM {relation.scan} WHERE length(name) > 1"
    (count,) = context.duckdb.execute(query).fetchone()
    return [
        AuditResult(audit_type=audit.type, passed=not count, failing_rows=count, message="long")
        for audit in audits
    ]
"""


def options(path):
    from importlib import import_module

    return import_module(PLUGIN).Options(path=str(path))


def source(path):
    return Source(node=NodeId("source.w"), type="words", options=options(path), table=(path.name,))


class TestWordsPlugin(PluginContract):
    plugin = PLUGIN
    drivers = ("psycopg",)


class TestWordsSource(SourceContract):
    plugin = PLUGIN

    @pytest.fixture
    def source(self, tmp_path):
        (tmp_path / "words.txt").write_text("one\ntwo\n")
        return source(tmp_path / "words.txt")

    @pytest.fixture
    def expected(self):
        return [("word", "VARCHAR")], [("two",), ("one",)]

    @pytest.fixture
    def empty_source(self, tmp_path):
        (tmp_path / "none.txt").write_text("")
        return source(tmp_path / "none.txt")

    @pytest.fixture
    def missing_source(self, tmp_path):
        return source(tmp_path / "missing.txt")


class TestWordsTarget(TargetContract):
    plugin = PLUGIN

    @pytest.fixture
    def target(self, tmp_path):
        place = options(tmp_path / "out.txt")
        return Target(node=NodeId("transform.w"), type="words", options=place, key="k", label="l")

    @pytest.fixture
    def delivered(self, tmp_path):
        return lambda: [eval(line) for line in (tmp_path / "out.txt").read_text().splitlines()]

    @pytest.fixture
    def unwritable(self, tmp_path):
        place = options(tmp_path / "nowhere" / "out.txt")
        return Target(node=NodeId("transform.w"), type="words", options=place, key="k", label="l")


class TestWordsAudit(AuditContract):
    plugin = PLUGIN

    @pytest.fixture
    def audit(self):
        return Audit(type="short", options=options(""), node=NodeId("transform.w"))

    @pytest.fixture
    def good_rows(self):
        return "SELECT 'a' AS name"

    @pytest.fixture
    def bad_rows(self):
        return "SELECT unnest(['a', 'bb', 'ccc']) AS name", 2


def test_what_a_plugin_claims_not_to_support_must_fail(pytester):
    pytester.makepyfile(
        f"""
        from seeknal.testing import PluginContract

        class TestClaims(PluginContract):
            plugin = {PLUGIN!r}
            unsupported = {{"test_names_do_not_repeat": "they would"}}
        """
    )

    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")

    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*they would*"])
