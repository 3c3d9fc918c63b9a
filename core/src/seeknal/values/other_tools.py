"""Words of other tools and of seeknal 2.x, and what is said here instead."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from seeknal.values.patterns import Pattern


@frozen
class Answer:
    """What to type here, and why there is nothing of the other name."""

    ours: str
    because: str


_RUN = Answer("seeknal run", "a run holds each node's rows against its audits before they show")
_SQL = 'seeknal sql "SELECT * FROM NAME"'
_PAGE = Answer("seeknal lineage", "the page of all nodes and columns is drawn by lineage")

COMMANDS = {
    "build": _RUN,
    "backfill": Answer(
        "seeknal run --start 2024-06-01 --end 2024-06-03",
        "a run fills what is missing, and does again what --start and --end name",
    ),
    "clone": Answer("seeknal env create dev", "an environment copies nothing"),
    "compile": Answer("seeknal render NODE", "the SQL of a node is shown by render"),
    "create_external_models": Answer("seeknal draft source NAME", "what lies outside is a source"),
    "create_test": Answer("seeknal validate", "a test is an audit, below audits: of its node"),
    "dag": _PAGE,
    "debug": Answer("seeknal validate --connections", "files and connections are checked there"),
    "deps": Answer("seeknal plugins", "there are no packages of macros, but plugins"),
    "destroy": Answer("seeknal clean --all", "what runs have stored is removed by clean"),
    "dry-run": Answer("seeknal plan", "what a run would do is said by plan"),
    "environments": Answer("seeknal env list", "environments are listed by env"),
    "evaluate": Answer(_SQL, "stored rows are asked for by sql, or shown by inspect"),
    "fetchdf": Answer(_SQL, "from Python: seeknal.open_project().sql(...).df()"),
    "intervals": Answer("seeknal check-intervals", "what is done and missing is listed there"),
    "lint": Answer("seeknal validate", "the project's files are checked by validate"),
    "materialize": Answer("seeknal run --select NODE", "a run delivers to a node's targets"),
    "migrate": Answer("seeknal run", "state of an older version is taken over by any run"),
    "run-operation": Answer("seeknal python SCRIPT", "a macro runs nothing, but a script does"),
    "seed": Answer("seeknal run", "each CSV file in seeknal/seeds/ is a source, read by a run"),
    "show": Answer("seeknal inspect NODE", "stored rows are shown by inspect"),
    "snapshot": Answer(
        "seeknal run --kinds snapshot", "nodes of kind: snapshot run as all others do"
    ),
    "table_diff": Answer("seeknal diff prod dev", "rows of two environments are compared by diff"),
    "source": Answer("seeknal freshness", "how old rows are is said by freshness"),
    "ui": _PAGE,
    "version": Answer("seeknal --version", "it is an option"),
}
"""Commands of dbt, SQLMesh and seeknal 2.x that do not stand for just one of ours."""

KEYS = {
    "begin": "start: 2024-06-01",
    "cron": 'schedule: "@daily"',
    **dict.fromkeys(
        ("pre_hook", "post_hook", "pre-hook", "post-hook", "pre_statements", "post_statements"),
        "pre_hook: and post_hook: of a target, below materialization:",
    ),
    "loaded_at_query": "freshness: {column: loaded_at}: a column of the node's rows",
    "event_time": 'time_column: COLUMN, with schedule: "@daily"',
    "incremental_strategy": "materialized: incremental with unique_keys: merges rows;"
    ' time_column: and schedule: "@daily" process ranges of time',
    "interval_unit": 'schedule: "@daily", which says how long ranges are too',
}
"""Keys of dbt and SQLMesh about rows and their times, and what is written here."""

_SELECTING: dict[str, tuple[str, ...]] = {"--models": ("--select",), "-m": ("--select",)}
_RUNNING: dict[str, tuple[str, ...]] = {
    **_SELECTING,
    "--full-refresh": ("--full",),
    "--vars": ("--var",),
}
OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "init": {"--name": ()},
    "lineage": {"--ascii": ("--format", "text")},
    "list": _SELECTING,
    "apply": _RUNNING,
    "plan": _RUNNING,
    "run": _RUNNING,
}
"""Options by their command, and the words that do the same here."""

_EARLIER_ROWS = (
    "{{ this }} is what the node has so far: with materialized: incremental and unique_keys:, in"
    " {% if is_incremental() %} ... {% endif %}"
)
_NO_DATABASE = (
    "a template asks no database: write it as SQL, or as a Python node with ctx.duckdb.sql(...)"
)
_PACKAGES = "there are no packages of macros: write the macro into a file below seeknal/macros/"
_INCREMENTAL = (
    "{% if is_incremental() %} is for a node with materialized: incremental and unique_keys:,"
    " whose new rows are merged into earlier ones; others are computed as a whole, when what they"
    " read has changed: leave the condition out"
)
_ENVIRONMENTS = (
    "an environment is chosen when a run begins (seeknal apply ENV), and names are told apart for"
    " you; for a value of your own: {{ var('NAME') }} and --var NAME=VALUE"
)
_SNAPSHOTS = "a node of kind: snapshot keeps all versions of rows: seeknal draft snapshot NAME"
WORDS = {
    "adapter": _NO_DATABASE,
    "codegen": _PACKAGES,
    "dbt": _PACKAGES,
    "dbt_date": _PACKAGES,
    "dbt_expectations": _PACKAGES,
    "dbt_utils": _PACKAGES,
    "doc": "the text stands in description: of the node or column itself",
    "endsnapshot": _SNAPSHOTS,
    "execute": _NO_DATABASE,
    "graph": "what there is and what reads what: seeknal list, seeknal lineage",
    "is_incremental": _INCREMENTAL,
    "log": "what a node says is said by a Python node: ctx.log.info(...)",
    "model": "a node knows nothing of itself: write what you need as params: of the node",
    "run_query": _NO_DATABASE,
    "snapshot": _SNAPSHOTS,
    "statement": _NO_DATABASE,
    "target": _ENVIRONMENTS,
    "test": "a test is an audit, below audits: of the node: {type: custom_sql, sql: SELECT ...}",
    "this": _EARLIER_ROWS,
}
"""Names of dbt's templates; those that are filled in are functions of this module."""

_BELOW = ("models", "sources", "seeds", "snapshots", "macros", "unit_tests", "metrics")


def of_dbt(document: Mapping[str, object]) -> str | None:
    """The key by which a document of YAML is one of dbt's that describes models or sources."""
    if "kind" in document or not {"version", "snapshots"} & document.keys():
        return None
    return next((key for key in document if key in _BELOW), None)


PROPERTIES_INSTEAD = (
    "kind: properties, with nodes: {NODE: {description: ..., columns: ..., audits: ...}}; a source"
    " is a node of its own: kind: source"
)

_SOURCE = Pattern(r"""\bsource\(\s*['"]([^'"]*)['"]\s*,\s*['"]([^'"]*)['"]\s*\)""")
_CONFIG = Pattern(r"\bconfig\(([^()]*)\)")
_SETTING = Pattern(r"""(\w+)\s*=\s*(?:['"]([^'"]*)['"]|([\w.]+))""")


def is_node_file(word: str) -> bool:
    """Whether a word of a command line names a file that nodes may stand in."""
    return word.endswith((".yml", ".yaml", ".py", ".sql"))


def in_a_template(word: str, text: str) -> str | None:
    """What is written here for a name of dbt's in the template ``text``; None for any other."""
    if word == "source":
        found = _SOURCE.search(text)
        return source_instead(found[2] if found else "NAME")
    if word == "config":
        found = _CONFIG.search(text)
        return config_instead(found[1] if found else "")
    return WORDS.get(word)


def source_instead(table: str) -> str:
    """What is written for ``source('...', table)``."""
    return f"a source is a node (kind: source, name: {table}): write ref('source.{table}')"


def config_instead(given: str) -> str:
    """What is written for ``config(materialized='view')``."""
    pairs = [f"{key}: {text or word}" for key, text, word in _SETTING.findall(given)]
    return f"settings are keys of the node, beside its SQL: {', '.join(pairs) or 'KEY: VALUE'}"


def model_instead(name: str) -> str:
    """What is written for SQLMesh's ``MODEL (...)``."""
    return f"settings are keys of the node, beside its SQL: kind: transform, name: {name}, ..."
