"""seeknal_project.yml: every key, and what happens to a file that is wrong."""

import pytest

from seeknal.project.settings import load_settings
from seeknal.values.durations import Duration
from seeknal.values.project import Calendar

EVERY_KEY = """
name: sales-2
version: 1.2.0
description: All of it
vars:
  limit: 5
  region: north
  env: [HOME, TZ]
execution:
  parallel: true
  max_workers: 4
  memory_limit: 4GB
  timeout: 5 minutes
  retries: 2
environments:
  suffix: table
  materialize: false
janitor:
  environment_ttl: 7d
  output_retention: 10
  state_history: 90 days
  auto_run: false
  orphan_detection: false
  max_cache_size: 10GB
provenance: true
defaults:
  owner: data@example.com
  tags: [all]
connections:
  pg: {type: postgresql, host: localhost}
source_defaults:
  postgresql: {connection: pg}
week_start: monday
timezone: Europe/Berlin
meta: {anything: [1, {goes: here}]}
profile: default
config-version: 1
state_backend: file
"""


@pytest.fixture
def settings(tmp_path):
    def settings(text):
        (tmp_path / "seeknal_project.yml").write_text(text)
        return load_settings(tmp_path)

    return settings


def test_every_key_is_read(settings):
    found, problems = settings(EVERY_KEY)

    options = found.options
    assert problems == []
    assert (options.name, options.version) == ("sales-2", "1.2.0")
    assert found.variables == {"limit": 5, "region": "north"}
    assert found.environment_names == ("HOME", "TZ")
    assert found.execution.timeout == 300
    assert (found.execution.max_workers, found.execution.retries) == (4, 2)
    assert options.environments.suffix == "table"
    assert options.janitor.environment_ttl == Duration.parse("7d")
    assert options.provenance
    assert options.defaults["owner"] == "data@example.com"
    assert options.meta["anything"] == [1, {"goes": "here"}]


def test_an_empty_file_is_a_project_named_after_its_folder(settings, tmp_path):
    found, problems = settings("")

    assert problems == []
    assert found.options.name == tmp_path.name


def test_a_variable_may_be_called_env(settings):
    found, _ = settings("name: x\nvars: {env: dev}\n")

    assert found.variables == {"env": "dev"}
    assert found.environment_names == ()


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("name: x\nunknown_key: 1\n", "SK0201", 2),
        ("name: x\nexecution:\n  max_workers: -1\n", "SK0203", 3),
        ("name: x\nexecution: fast\n", "SK0203", 2),
        ("name: x\njanitor: {output_retention: many}\n", "SK0203", 2),
        ("name: 5\n", "SK0203", 1),
        ("name: ''\n", "SK0109", 1),
        ("name: x\nprovenance: on\n", "SK0107", 2),
        ("name: x\ndefaults: {tgas: [a]}\n", "SK0201", 2),
        ("name: x\ndefaults: {inputs: [a]}\n", "SK0221", 2),
        ("5\n", "SK0108", 1),
        ("name: x\n---\nname: y\n", "SK0108", 3),
    ],
)
def test_a_mistake_has_its_line(settings, text, code, line):
    _, problems = settings(text)

    assert problems[0].code == code
    assert problems[0].location.line == line


def test_all_mistakes_are_found_together(settings):
    _, problems = settings("nmae: x\nvars: 5\nexecution: {paralel: 1, retries: no}\n")

    assert len({problem.location.line for problem in problems}) == 3


def test_defaults_stand_below_a_nodes_own_keys(node):
    project = "name: x\ndefaults: {owner: all, tags: [a, b], layer: gold}\n"
    files = {"seeknal_project.yml": project}

    plain = node("{kind: transform, name: x, sql: SELECT 1 AS a}\n", files)
    own = node("{kind: transform, name: x, sql: SELECT 1 AS a, owner: me, tags: []}\n", files)

    assert (plain.owner, plain.tags, plain.layer) == ("all", ("a", "b"), "gold")
    assert (own.owner, own.tags, own.layer) == ("me", (), "gold")


def test_variables_of_a_command_win_over_the_projects(load):
    files = {"seeknal_project.yml": "name: x\nvars: {a: 1, b: 2}\n"}

    project = load(files, variables={"b": "3"})

    assert project.variables == {"a": 1, "b": "3"}


FOLDERS = """
name: p
defaults:
  owner: all@example.com
  folders:
    legacy: {owner: old@example.com, dialect: postgres}
    legacy/newer: {dialect: duckdb}
"""


def test_nodes_start_with_the_keys_of_their_folder(seeknal_project):
    node = "kind: transform\nname: {}\nsql: SELECT 7 / 2 AS half\n"
    made = seeknal_project(
        {
            "seeknal_project.yml": FOLDERS,
            "seeknal/a.yml": node.format("a"),
            "seeknal/legacy/b.yml": node.format("b"),
            "seeknal/legacy/newer/c.yml": node.format("c"),
        }
    )

    made.run("run").assert_ok()

    halves = {name: made.rows(f"transform.{name}") for name in "abc"}
    assert halves == {"a": [(3.5,)], "b": [(3,)], "c": [(3.5,)]}


def test_a_folder_of_defaults_that_is_not_there_is_told(settings):
    text = "name: p\ndefaults:\n  folders:\n    legacyy: {owner: x}\n"

    _, problems = settings(text)

    (problem,) = problems
    assert problem.code == "SK0247"
    assert "there is no folder seeknal/legacyy" in problem.message
    assert problem.location.line == 4


def test_keys_of_a_folder_are_checked_like_those_of_all_nodes(settings, tmp_path):
    (tmp_path / "seeknal/legacy").mkdir(parents=True)
    text = "name: p\ndefaults:\n  folders:\n    legacy: {ownr: x, name: y}\n"

    _, problems = settings(text)

    assert sorted(problem.code for problem in problems) == ["SK0201", "SK0221"]


def test_how_time_is_cut_into_periods_is_a_setting_of_the_project(settings):
    text = "name: shop\nweek_start: sunday\ntimezone: Asia/Jakarta\nfiscal_year_start: 4\n"

    found, problems = settings(text)

    assert not problems
    assert found.calendar == Calendar(
        week_start="sunday", timezone="Asia/Jakarta", fiscal_year_start=4
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("week_start: mnday", "did you mean monday"),
        ("timezone: Asia/Jakata", "did you mean Asia/Jakarta"),
        ("timezone: ../../etc/passwd", "is none"),
        ("fiscal_year_start: 13", "is a month: 1 to 12"),
    ],
)
def test_a_calendar_that_there_is_not_is_told_with_its_line(settings, text, told):
    _, problems = settings(f"name: shop\n{text}\n")

    (problem,) = problems
    assert told in problem.message + (problem.help or "")
    assert problem.location.line == 2
