"""A project that did not move is not read again, and one that did move is."""

import gc
import json
import os
import subprocess
import sys
import time

import pytest
from attrs import evolve

from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project
from seeknal.values.errors import ProjectError

pytestmark = pytest.mark.inside

FILES = {
    "seeknal_project.yml": "name: cached\nvars: {limit: 5, env: [CACHE_TEST]}\n",
    "profiles.yml": "connections: {}\nsource_defaults: {csv: {delimiter: '${CACHE_DELIM:;}'}}\n",
    ".env": "OTHER=1\n",
    "seeknal/common/c.yml": "rules: [{id: valid, value: x > 1}]\n",
    "seeknal/macros/m.sql": "{% macro big(c) %}{{ c }} > 100{% endmacro %}\n",
    "seeknal/a.yml": """
        kind: source
        name: a
        source: csv
        table: data/a.csv
        columns: {x: BIGINT}
        meta: {any: [1, {thing: here}]}
    """,
    "seeknal/b.yml": """
        kind: transform
        name: b
        description: "über"
        tags: [t]
        inputs: [{ref: source.a, as: c}]
        sql: SELECT x, '{{ env_var("CACHE_TEST", "-") }}' AS e FROM c WHERE {{ rules.valid }}
        materializations: [{type: file, path: out.csv, delimiter: ";"}]
        ---
        kind: transform
        name: big
        sql: SELECT x FROM ref('source.a') WHERE {{ big('x') }} AND x < {{ limit }}
    """,
    "seeknal/seeds/s.csv": "k\n1\n",
    "seeknal/pipelines/p.py": """
        from seeknal import transform
        from ._helper import RATE

        @transform(name="p", inputs=["transform.b"])
        def p(ctx):
            return [{"a": RATE}]
    """,
    "seeknal/pipelines/_helper.py": "RATE = 2\n",
    "seeknal/sql/own.sql": "/* ---\ntags: [t]\n--- */\nSELECT 1 AS y\n",
    "seeknal/data/far.sql": "SELECT 1 AS y\n",
    "seeknal/sql/body.sql": "SELECT 1 AS y\n",
    "seeknal/sql/n.yml": "{kind: transform, name: named, sql_file: body.sql}\n",
    "data/a.csv": "x\n1\n",
}
YAML = "seeknal/b.yml"


class Cached:
    """A project, and whether loading it reads its files or its cache."""

    def __init__(self, project):
        self.project = project
        self.path = project.path
        self.file = self.path / "target/cache/project.json"

    def load(self, **options):
        return load_project(self.path, load_plugins(), **options)

    def is_cached(self, **options):
        """Whether the next loading is one of the cache; what it says is right in either case."""
        content = json.loads(self.file.read_text())
        name, content["project"]["name"] = content["project"]["name"], "from the cache"
        self.file.write_text(json.dumps(content))
        found = self.load(**options)
        cached = found.name == "from the cache"
        content["project"]["name"] = name
        if cached:
            self.file.write_text(json.dumps(content))
            found = evolve(found, name=name)
        assert found == self.load(use_cache=False, **options)
        return cached

    def rewrite(self, name, old, new):
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def cached(seeknal_project, monkeypatch):
    monkeypatch.delenv("CACHE_TEST", raising=False)
    found = Cached(seeknal_project(FILES))
    found.load()
    return found


def test_an_unchanged_project_comes_from_the_cache_and_is_the_same(cached):
    assert cached.is_cached()
    assert cached.is_cached()


LOAD = """
import sys
from pathlib import Path
from seeknal.kernel.plugins import load_plugins
from seeknal.project.loader import load_project

project = load_project(Path("."), load_plugins())
heavy = ("yaml", "jinja2", "sqlglot", "duckdb", "seeknal.project.reading", "asyncio", "pyarrow")
print(len(project.nodes), [name for name in heavy if name in sys.modules])
print([name for name in sys.modules if name.startswith("_seeknal_pipelines_")])
"""


def test_an_unchanged_project_imports_no_yaml_template_sql_or_pipeline(cached):
    command = [sys.executable, "-c", LOAD]

    found = subprocess.run(command, cwd=cached.path, capture_output=True, text=True, check=True)

    assert found.stdout.splitlines() == ["8 []", "[]"]


def test_files_that_were_only_touched_are_not_read_again(cached):
    for path in cached.path.rglob("*"):
        if path.is_file() and "target" not in path.parts:
            os.utime(path, (1, 1))

    assert cached.is_cached()
    assert cached.is_cached()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (YAML, "über", "unter"),
        (YAML, "SELECT x,", "SELECT x + 1 AS x,"),
        ("seeknal/common/c.yml", "x > 1", "x > 2"),
        ("seeknal/macros/m.sql", "100", "200"),
        ("seeknal_project.yml", "limit: 5", "limit: 6"),
        ("profiles.yml", "source_defaults", "meta: {a: 1}\nsource_defaults"),
        (".env", "OTHER=1", "OTHER=2"),
        ("seeknal/pipelines/p.py", '"a": RATE', '"b": RATE'),
        ("seeknal/pipelines/_helper.py", "2", "3"),
        ("seeknal/seeds/s.csv", "1", "2"),
        ("seeknal/sql/own.sql", "SELECT 1", "SELECT 2"),
        ("seeknal/data/far.sql", "SELECT 1", "SELECT 2"),
        ("seeknal/sql/body.sql", "SELECT 1", "SELECT 2"),
    ],
)
def test_a_changed_file_is_read_again(cached, name, old, new):
    cached.rewrite(name, old, new)

    assert not cached.is_cached()
    assert cached.is_cached()


@pytest.mark.parametrize("name", ["seeknal/sql/own.sql", "seeknal/data/far.sql"])
def test_an_sql_file_that_goes_or_is_renamed_is_seen(cached, name):
    path = cached.path / name

    path.rename(path.with_name("other.sql"))
    renamed = cached.is_cached(), "transform.other" in cached.load().nodes
    path.with_name("other.sql").unlink()
    removed = cached.is_cached(), "transform.other" in cached.load().nodes

    assert renamed == (False, True)
    assert removed == (False, False)


def test_a_change_that_keeps_size_and_time_is_seen(cached):
    path = cached.path / YAML
    status = path.stat()

    cached.rewrite(YAML, "über", "eben")
    path.write_bytes(path.read_bytes().ljust(status.st_size)[: status.st_size])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert not cached.is_cached()


@pytest.mark.parametrize("name", ["seeknal/new.yml", "seeknal/deep/new.yml"])
def test_a_new_file_is_read(cached, name):
    cached.project.write({name: "kind: transform\nname: new\nsql: SELECT 1 AS a\n"})

    assert not cached.is_cached()
    assert "transform.new" in cached.load().nodes


def test_a_file_that_went_is_forgotten(cached):
    (cached.path / "seeknal/seeds/s.csv").unlink()

    assert not cached.is_cached()
    assert "source.s" not in cached.load().nodes


def test_a_file_that_moved_has_a_new_place(cached):
    (cached.path / "seeknal/a.yml").rename(cached.path / "seeknal/z.yml")

    assert not cached.is_cached()
    assert cached.load().nodes["source.a"].location.file == "seeknal/z.yml"


def test_data_files_are_not_the_projects(cached):
    cached.project.write({"data/a.csv": "x\n2\n", "seeknal/data/b.csv": "x\n"})

    assert cached.is_cached()


def test_other_variables_are_another_reading(cached):
    assert not cached.is_cached(variables={"limit": "9"})
    assert cached.is_cached(variables={"limit": "9"})
    assert not cached.is_cached()


def test_a_listed_environment_variable_is_part_of_it(cached, monkeypatch):
    monkeypatch.setenv("CACHE_TEST_OTHER", "x")

    assert cached.is_cached()
    monkeypatch.setenv("CACHE_TEST", "x")
    assert not cached.is_cached()
    assert "'x' AS e" in cached.load().nodes["transform.b"].sql.rendered


def test_a_variable_of_the_profile_is_part_of_it(cached, monkeypatch):
    monkeypatch.setenv("CACHE_DELIM", ",")

    assert not cached.is_cached()
    assert cached.load().nodes["source.a"].source.options.delimiter == ","


def test_another_profile_is_another_reading(cached, tmp_path):
    profile = tmp_path / "other.yml"
    profile.write_text("{}\n")

    assert not cached.is_cached(profile=profile)
    assert cached.is_cached(profile=profile)
    profile.write_text("source_defaults: {csv: {delimiter: '|'}}\n")
    assert not cached.is_cached(profile=profile)


def test_a_template_of_the_day_is_read_again_on_the_next(cached):
    assert cached.is_cached()
    cached.rewrite(YAML, "{{ limit }}", "'{{ today }}'")
    cached.load()
    content = json.loads(cached.file.read_text())

    content["day"] = "2001-01-01"
    cached.file.write_text(json.dumps(content))

    assert not cached.is_cached()


def test_a_project_without_the_day_in_it_stays_cached_overnight(cached):
    content = json.loads(cached.file.read_text())

    content["day"] = "2001-01-01"
    cached.file.write_text(json.dumps(content))

    assert cached.is_cached()


def test_a_template_that_names_the_run_is_rendered_for_each(cached):
    cached.rewrite(YAML, "{{ limit }}", "'{{ run_id }}'")

    texts = {cached.load().nodes["transform.big"].sql.rendered for _ in range(2)}

    assert len(texts) == 2


def test_another_version_of_a_plugin_is_another_reading(seeknal_project, vault):
    cached = Cached(seeknal_project(FILES))
    cached.load()

    assert cached.is_cached()
    vault("2.0")
    assert not cached.is_cached()
    assert cached.is_cached()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"', "'"),
        lambda text: "[]",
        lambda text: "null",
        lambda text: "{}",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"sql"', '"slq"').replace('"options"', '"opt"'),
        lambda text: text.replace('"files":', '"folders":'),
        lambda text: text.replace('"nodes":[', '"nodes":[5,'),
        lambda text: text.replace('"csv"', '"vcs"'),
        lambda text: text.replace('"files":{', '"files":{"x":5,'),
        lambda text: text.replace('"environment":{', '"environment":["x"],"y":{'),
    ],
)
def test_a_damaged_cache_is_as_good_as_none(cached, damage):
    expected = cached.load(use_cache=False)
    cached.file.write_text(damage(cached.file.read_text()))

    assert cached.load() == expected
    assert cached.is_cached()


def test_a_cache_that_is_no_text_is_as_good_as_none(cached):
    cached.file.write_bytes(b"\xff\x00" * 100)

    assert cached.load() == cached.load(use_cache=False)


def test_a_project_that_is_wrong_is_wrong_each_time(cached):
    cached.rewrite(YAML, "ref('source.a')", "ref('source.b')")

    for _ in range(2):
        with pytest.raises(ProjectError):
            cached.load()
    cached.rewrite(YAML, "ref('source.b')", "ref('source.a')")
    assert cached.load() == cached.load(use_cache=False)


def test_warnings_are_kept(cached):
    cached.rewrite(YAML, "description:", "provenance: true\ndescription:")
    cached.load()

    assert cached.is_cached()
    assert [entry.code for entry in cached.load().warnings] == ["SK0212"]


def test_a_target_that_cannot_be_written_is_no_reason_to_fail(seeknal_project):
    project = seeknal_project({**FILES, "target": "a file where a folder belongs\n"})

    assert "transform.b" in Cached(project).load().nodes


def test_a_large_project_comes_from_the_cache_fast(seeknal_project):
    documents = "---\n".join(
        f"kind: transform\nname: n{index}\ndescription: d\nsql: SELECT {index} AS a\n"
        for index in range(1000)
    )
    cached = Cached(seeknal_project({"seeknal/a.yml": documents}))
    # What other tests have left behind is not to be looked through while this one measures.
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    cached.load()
    read = time.process_time()
    found = cached.load()
    ended = time.process_time()
    gc.unfreeze()

    assert len(found.nodes) == 1000
    assert ended - read < (read - begin) / 2
