"""Whatever stands in a project's files, reading them ends in a project or in a ProjectError."""

import random

import pytest
import yaml

from seeknal.kernel.options import keys_of
from seeknal.kernel.plugins import load_plugins
from seeknal.project.keys import CommonKeys, added_keys
from seeknal.project.loader import load_project
from seeknal.project.properties import KEYS as PROPERTY_KEYS
from seeknal.project.settings import ProjectOptions
from seeknal.values.errors import SeeknalError

pytestmark = pytest.mark.inside

PLUGINS = load_plugins()
STRANGE = [
    None,
    "",
    " ",
    "x y",
    "ref('",
    "{{",
    "{% if %}",
    "{{ x }}",
    "\0",
    "'; --",
    "../..",
    "a" * 300,
    "..",
    "*",
    "source.",
    ".a",
    ".",
    "ü",
    0,
    -1,
    10**30,
    1.5,
    float("nan"),
    True,
    [],
    [None],
    [[]],
    [{}],
    [1, "a", None, {"a": []}],
    {},
    {"": ""},
    {"a": None},
    {"type": None},
    {"type": []},
    {"type": "file", "path": []},
    {"type": "not_null", "columns": {}},
    {"ref": None},
    [{"ref": 5}],
    [{"type": "not_null"}],
    [{"type": "custom_sql", "sql": "SELECT ("}],
    [{"name": None}],
    {"columns": {"columns": {"columns": {}}}},
]
WHOLE = {
    "source": {"source": "csv", "table": "a.csv"},
    "transform": {"sql": "SELECT 1 AS a"},
    "feature_group": {"entity": "x", "inputs": ["source.a"]},
    "aggregation": {"entity": "x", "inputs": ["source.a"], "features": {"a": {"agg": "sum"}}},
    "second_order_aggregation": {
        "inputs": ["source.a"],
        "id_col": "x",
        "features": {"a": {"basic": ["sum"]}},
    },
    "rule": {"inputs": ["source.a"], "rule": {"type": "null", "column": "a"}},
    "profile": {"inputs": ["source.a"]},
    "exposure": {"type": "file", "inputs": ["source.a"], "params": {"path": "a.csv"}},
}


def ends_well(project):
    """Reads the project; what is wrong is said, with a place and a code for each problem."""
    try:
        load_project(project.path, PLUGINS, use_cache=False)
    except SeeknalError as error:
        for problem in getattr(error, "problems", ()):
            assert problem.message
            assert problem.code.startswith("SK")
            assert problem.location is not None
            assert problem.location.file


@pytest.mark.parametrize("kind", WHOLE)
def test_any_value_of_any_key(seeknal_project, kind):
    classes = (CommonKeys, added_keys(PLUGINS.kinds[kind]), PLUGINS.kinds[kind].options)
    keys = dict.fromkeys(key for cls in classes for key in keys_of(cls))
    documents = [
        {"kind": kind, "name": f"n{number}", **WHOLE[kind], key: value}
        for number, (key, value) in enumerate((key, value) for key in keys for value in STRANGE)
    ]
    project = seeknal_project({"seeknal/a.yml": "{kind: source, name: a, source: csv, table: a}\n"})

    for start in range(0, len(documents), 200):
        text = yaml.safe_dump_all(documents[start : start + 200], allow_unicode=True)
        project.write({"seeknal/x.yml": text})

        ends_well(project)


def test_any_value_of_any_key_of_the_project_file(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": "{kind: transform, name: a, sql: SELECT 1 AS a}\n"})

    for key in keys_of(ProjectOptions):
        for value in STRANGE:
            text = yaml.safe_dump({"name": "x", key: value}, allow_unicode=True)
            (project.path / "seeknal_project.yml").write_text(text, encoding="utf-8")

            ends_well(project)


def test_any_value_of_any_key_of_a_profile(seeknal_project):
    project = seeknal_project({"seeknal/a.yml": "{kind: source, name: a, source: csv, table: a}\n"})

    for key in ("connections", "materialization", "source_defaults", "engines", "state", "dev"):
        for value in STRANGE:
            for nested in (value, {"csv": value}, {"csv": {"connection": value}}):
                text = yaml.safe_dump({key: nested}, allow_unicode=True)
                (project.path / "profiles.yml").write_text(text, encoding="utf-8")

                ends_well(project)


def test_any_value_in_common_files(seeknal_project):
    sql = "{{ rules.a }} {{ transforms.b }} {{ c.d }}"
    project = seeknal_project(
        {"seeknal/a.yml": f"{{kind: transform, name: a, sql: 'SELECT 1 AS a -- {sql}'}}\n"}
    )

    for value in STRANGE:
        text = yaml.safe_dump(
            {
                "rules": [{"id": "a", "value": value}],
                "transformations": [{"id": "b", "sql": value}],
                "sources": [{"id": "c", "params": {"d": value}}],
            }
        )
        project.write({"seeknal/common/c.yml": text})

        ends_well(project)


def test_any_value_in_properties_and_front_blocks(seeknal_project):
    project = seeknal_project({"seeknal/a.sql": "SELECT 1 AS x\n"})
    keys = ["nodes", "kind", "name", "sql_file", *PROPERTY_KEYS]

    for value in STRANGE:
        for key in keys:
            said = {key: value} if key == "nodes" else {"nodes": {"a": {key: value}, "b": value}}
            text = yaml.safe_dump({"kind": "properties", **said}, allow_unicode=True)
            block = yaml.safe_dump({key: value}, allow_unicode=True)
            sql = f"/* ---\n{block}--- */ SELECT 1"
            project.write({"seeknal/p.yml": text, "seeknal/b.sql": sql})

            ends_well(project)


SQL_FILE = """\
-- ours
/* ---
tags: [a, "b"]
audits: [{type: own, column: x}]
--- */
SELECT x, '{{ run_date }}' AS d /* why */
FROM ref('source.a') s;
"""
AUDIT_FILE = """\
-- description: it's "so"
-- params: column, min: number = -0.5, w = 'a''b', l: list = [1, 'b'], n = null
SELECT * FROM __THIS__ /* {{ w }} */
WHERE {{ column }} < {{ min }} OR {% if n is none %}x IN ({{ l }}){% endif %};
"""


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_sql_and_audit_files_that_are_cut_or_lack_a_piece(seeknal_project, every):
    project = seeknal_project({"seeknal/a.yml": "{kind: source, name: a, source: csv, table: a}\n"})

    for text, file in ((SQL_FILE, "seeknal/x.sql"), (AUDIT_FILE, "seeknal/audits/own.sql")):
        project.write({"seeknal/x.sql": SQL_FILE, "seeknal/audits/own.sql": AUDIT_FILE})
        for place in range(0, len(text), every):
            for broken in (text[:place], text[:place] + text[place + 1 + place % 7 :]):
                (project.path / file).write_text(broken)

                ends_well(project)


TEXT = """\
kind: transform
name: x
tags: [a, "b", 'c']
meta: &m {a: 1, b: [1, 2.5, true, null]}
inputs:
  - ref: source.a
    as: s
sql: |
  SELECT s.x, '{{ run_date }}' AS d
  FROM ref('source.a') s WHERE x > {% if true %}1{% endif %} -- why
audits:
  - {type: not_null, columns: [x]}
materializations:
  - type: file
    path: out/x.csv
---
kind: source
name: a
source: csv
table: data/a.csv
params: {delimiter: ";", header: true}
columns: {x: BIGINT}
"""
BITS = ["{", "}", "[", "]", ":", "- ", "\n", "  ", "\t", "'", '"', "|", ">", "&m", "*m", "!", "%"]
BITS += [
    "#",
    "{{",
    "}}",
    "{%",
    "%}",
    ",",
    "(",
    ")",
    ";",
    "--",
    "/*",
    "ref(",
    "\0",
    "\r",
    "é",
    "---",
]


def mutated(text, chooser):
    for _ in range(chooser.randint(1, 4)):
        start = chooser.randrange(len(text))
        end = start + chooser.choice([0, 0, 1, 3, 20])
        text = text[:start] + chooser.choice([*BITS, ""]) + text[end:]
    return text


def mutate_and_read(project, seed, rounds):
    chooser = random.Random(seed)
    for _ in range(rounds):
        text = mutated(TEXT, chooser)
        (project.path / "seeknal/x.yml").write_text(text, encoding="utf-8", newline="")
        try:
            ends_well(project)
        except BaseException:
            print(f"seed {seed}:\n{text}")
            raise


@pytest.fixture
def project(seeknal_project):
    return seeknal_project({"seeknal/x.yml": TEXT})


def test_a_mutilated_file_is_read_to_an_end(project):
    mutate_and_read(project, seed=20261121, rounds=300)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10))
def test_many_mutilated_files_are_read_to_an_end(project, seed):
    mutate_and_read(project, seed=seed, rounds=2000)
