"""The texts that ``draft`` writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from textwrap import dedent
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.kernel.options import fields_of
from seeknal.project.references import may_name_nodes
from seeknal.sql.names import named
from seeknal.values.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from seeknal.kernel.kinds import NodeKind, SourceType
    from seeknal.kernel.options import Field
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node

_HEAD = """\
kind: {kind}
name: {name}
description: {said}
"""

_BODIES = {
    "transform": """\
inputs:
  - ref: source.NAME
transform: |
  SELECT *
  FROM ref('source.NAME')
""",
    "feature_group": """\
entity: {name: customer, join_keys: [customer_id]}
event_time: updated_at
inputs:
  - ref: transform.NAME
transform: |
  SELECT customer_id, updated_at, feature
  FROM ref('transform.NAME')
""",
    "aggregation": """\
entity: {name: customer, join_keys: [customer_id]}
time_column: ordered_at
windows: [7d, 30d]
features:
  amount: {agg: [sum, count]}
inputs:
  - ref: transform.NAME
""",
    "second_order_aggregation": """\
id_col: region
features:
  amount: {basic: [sum, mean, max]}
inputs:
  - ref: aggregation.NAME
""",
    "snapshot": """\
inputs:
  - ref: source.NAME
unique_key: id
strategy: check
check_columns: all
hard_deletes: ignore
""",
    "rule": """\
inputs:
  - ref: transform.NAME
audits:
  - type: not_null
    columns: [id]
    severity: error
""",
    "profile": """\
inputs:
  - ref: transform.NAME
""",
    "exposure": """\
type: file
params:
  path: outputs/NODE.csv
inputs:
  - ref: transform.NAME
""",
}


@frozen(kw_only=True)
class Document:
    """A file that is no node: its name below ``seeknal/``, and its text."""

    file: str
    text: str


DOCUMENTS = {
    "properties": Document(
        file="properties/{name}.yml",
        text="""\
kind: properties
nodes:
  NODE:
    description: What one row is.
    columns:
      COLUMN: What it says.
""",
    ),
    "audit": Document(
        file="audits/{name}.sql",
        text="""\
-- params: column
-- description: What a row is that it gives, each of which fails.
SELECT *
FROM __THIS__
WHERE {{ column }} IS NULL
""",
    ),
}
"""What may be drafted besides nodes."""

_SAYABLE = {
    "description": "description: What one row is.",
    "columns": "columns:\n      COLUMN: What it says.",
    "owner": "owner: WHO",
    "domain": "domain: WHAT_IT_BELONGS_TO",
    "layer": "layer: WHICH",
    "tags": "tags: [WORD]",
}
"""What a draft of properties says, where nothing else says it."""

_PYTHON = '''\
"""What one row is."""

from seeknal import {kind}


@{kind}({arguments})
def {name}(ctx):
    {body}
'''


def yaml_draft(
    kind: NodeKind,
    name: str,
    source_type: str | None,
    plugins: Plugins,
    connections: Mapping[str, str],
) -> str:
    """A YAML document for a node of ``kind``, to be filled in.

    ``connections`` are those of the project, with their types.
    """
    said = "What it means." if kind.does == "describes" else "What one row is."
    head = _HEAD.format(kind=kind.name, name=name, said=said)
    if kind.does == "loads":
        return head + _source_body(source_type or "csv", plugins, connections)
    if source_type is not None:
        raise UsageError("--type is for sources", code="SK0264")
    if kind.name in _BODIES:
        return head + _BODIES[kind.name].replace("NODE", name)
    options = fields_of(kind.options)
    required = {entry.key for entry in options if entry.required}
    inputs = (
        ""
        if any(may_name_nodes(entry.type) for entry in options)
        else "inputs:\n  - ref: transform.NAME\n"
    )
    return head + inputs + _options(options, "", required)


def sql_draft(kind: NodeKind, name: str, source_type: str | None, plugins: Plugins) -> str:
    """An .sql file for a node of ``kind``: its keys in a front block, and a SELECT below."""
    if not kind.accepts_sql:
        help = f"seeknal draft {kind.name} {name}"
        raise UsageError(f"a {kind.name} is not written in SQL", code="SK0264", help=help)
    keys, _, sql = yaml_draft(kind, name, source_type, plugins, {}).partition("transform: |\n")
    said = ("name:", "inputs:", "  - ref:", *(["kind:"] if kind.name == "transform" else []))
    front = [line for line in keys.splitlines() if not line.startswith(said)]
    body = dedent(sql) or "SELECT *\nFROM ref('transform.NAME')\n"
    return "\n".join(["/* ---", *front, "--- */", "", body])


def _source_body(name: str, plugins: Plugins, connections: Mapping[str, str]) -> str:
    if name not in plugins.source_types:
        known = f"known: {', '.join(plugins.source_types)}"
        near = did_you_mean(name, plugins.source_types)
        help = plugins.missing("source type", name) or (f"{near} {known}" if near else known)
        raise UsageError(f"unknown source type {name!r}", code="SK0264", help=help)
    kind = plugins.source_types[name]
    options = fields_of(kind.options)
    needed = {entry.key for entry in options if entry.required or entry.key in kind.needs}
    mark = "" if needed else "# "
    params = f"{mark}params:\n{_options(options, '  ', needed)}" if options else ""
    connection = _connection(kind, plugins, connections) if "connection" in kind.needs else ""
    return f"source: {name}\n{connection}table: {_table(name, kind)}\n{params}"


def _table(name: str, kind: SourceType) -> str:
    if kind.table:
        return kind.table
    return f"data/FILE.{name}" if kind.reads_files else "SCHEMA.TABLE"


def _connection(kind: SourceType, plugins: Plugins, connections: Mapping[str, str]) -> str:
    """The project's only connection that fits, or which there are, or what one would be."""
    types = plugins.connection_types
    fitting = sorted(
        name
        for name, type in connections.items()
        if type in types and types[type].name == kind.name
    )
    if len(fitting) == 1:
        return f"connection: {fitting[0]}\n"
    if fitting:
        return f"connection: FILL_IN  # one of profiles.yml: {', '.join(fitting)}\n"
    written = f"connections: {{NAME: {{type: {kind.name}, ...}}}}"
    return f"connection: FILL_IN  # in profiles.yml: {written}\n"


def _options(options: Sequence[Field], indent: str, needed: Collection[str]) -> str:
    """What is needed, to fill in, then the others as comments."""
    ordered = sorted(options, key=lambda entry: entry.key not in needed)
    return "".join(_option(entry, indent, entry.key in needed) for entry in ordered)


def _option(entry: Field, indent: str, needed: bool) -> str:
    comment = f"  # {entry.summary}" if entry.summary else ""
    if needed:
        value = "transform.NAME" if may_name_nodes(entry.type) else "FILL_IN"
        return f"{indent}{entry.key}: {value}{comment}\n"
    return f"# {indent}{entry.key}:{comment}\n"


def properties_draft(name: str, nodes: Mapping[NodeId, Node]) -> str:
    """Properties of the node ``name``, with what no file says of it yet.

    Raises UsageError where no node is called so.
    """
    found = named(name, nodes)
    if not found:
        names = sorted({id.name for id in nodes})
        help = did_you_mean(name, names) or f"nodes: {', '.join(nodes) or 'none'}"
        raise UsageError(f"no node {name!r}", code="SK0350", help=help)
    node = nodes[found[0]]
    free = [key for key in _SAYABLE if not getattr(node, key)]
    wanted = [key for key in free if key in ("description", "columns")] or free[:1]
    said = "".join(f"    {_SAYABLE[key]}\n" for key in wanted or ["description"])
    id = name if len(found) == 1 else found[0]
    return f"kind: properties\nnodes:\n  {id}:\n{said}"


def audit_draft(name: str, plugins: Plugins) -> str:
    """An audit type of the project's own. Raises UsageError for the name of one of a plugin."""
    if name in plugins.audit_types:
        message = f"{name} is an audit type already"
        raise UsageError(message, code="SK0261", help="choose another name")
    return DOCUMENTS["audit"].text


def python_draft(kind: NodeKind, name: str) -> str:
    """A Python file with one node of ``kind``, to be filled in."""
    if not kind.accepts_python:
        raise UsageError(f"a {kind.name} cannot be written in Python", code="SK0264")
    if kind.does == "loads":
        argument, body = 'source="python"', 'return [{"id": 1}]'
    else:
        argument = 'inputs=["source.NAME"]'
        body = 'return ctx.duckdb.sql("SELECT * FROM NAME")'
    entries = fields_of(kind.options)
    needed = [entry.key for entry in entries if entry.required or entry.key in _PYTHON_VALUES]
    keys = [f"{key}={_PYTHON_VALUES.get(key, _FILL_IN)}" for key in needed]
    arguments = ", ".join([f'name="{name}"', *keys, argument])
    if keys:
        lines = "".join(f"    {each},\n" for each in (f'name="{name}"', *keys, argument))
        arguments = f"\n{lines}"
    return _PYTHON.format(kind=kind.name, name=name, arguments=arguments, body=body)


_FILL_IN = '"FILL_IN"'
_PYTHON_VALUES = {
    "entity": '{"name": "customer", "join_keys": ["customer_id"]}',
    "unique_key": '["id"]',
    "strategy": '"check"',
    "check_columns": '"all"',
}
