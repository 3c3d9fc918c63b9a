"""The texts that ``draft`` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.errors import UsageError, did_you_mean
from seeknal.options import Field, fields_of

if TYPE_CHECKING:
    from seeknal.kernel import NodeKind, SourceType
    from seeknal.plugins import Plugins

_HEAD = """\
kind: {kind}
name: {name}
description: What one row is.
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

_PYTHON = '''\
"""What one row is."""

from seeknal import {kind}


@{kind}(name="{name}", {argument})
def {name}(ctx):
    {body}
'''


def yaml_draft(kind: NodeKind, name: str, source_type: str | None, plugins: Plugins) -> str:
    """A YAML document for a node of ``kind``, to be filled in."""
    head = _HEAD.format(kind=kind.name, name=name)
    if kind.name == "source":
        return head + _source_body(source_type or "csv", plugins)
    if source_type is not None:
        raise UsageError("--type is for sources", code="SK0264")
    if kind.name in _BODIES:
        return head + _BODIES[kind.name].replace("NODE", name)
    return head + "inputs:\n  - ref: transform.NAME\n" + _options(fields_of(kind.options), "")


def _source_body(name: str, plugins: Plugins) -> str:
    if name not in plugins.source_types:
        help = plugins.missing("source type", name) or did_you_mean(name, plugins.source_types)
        raise UsageError(f"unknown source type {name!r}", code="SK0264", help=help)
    kind = plugins.source_types[name]
    options = fields_of(kind.options)
    mark = "" if any(entry.required for entry in options) else "# "
    params = f"{mark}params:\n{_options(options, '  ')}" if options else ""
    return f"source: {name}\n{_place(kind)}{params}"


def _place(kind: SourceType) -> str:
    suffix = {"excel": "xlsx"}.get(kind.name, kind.name)
    return f"table: data/FILE.{suffix}\n" if kind.reads_files else "table: SCHEMA.TABLE\n"


def _options(options: Sequence[Field], indent: str) -> str:
    """Required keys to fill in, then the others as comments."""
    ordered = sorted(options, key=lambda entry: not entry.required)
    return "".join(_option(entry, indent) for entry in ordered)


def _option(entry: Field, indent: str) -> str:
    comment = f"  # {entry.summary}" if entry.summary else ""
    if entry.required:
        return f"{indent}{entry.key}: FILL_IN{comment}\n"
    return f"# {indent}{entry.key}:{comment}\n"


def python_draft(kind: NodeKind, name: str) -> str:
    """A Python file with one node of ``kind``, to be filled in."""
    if not kind.accepts_python:
        raise UsageError(f"a {kind.name} cannot be written in Python", code="SK0264")
    if kind.name == "source":
        argument, body = 'source="python"', 'return [{"id": 1}]'
    else:
        argument = 'inputs=["source.NAME"]'
        body = 'return ctx.duckdb.sql("SELECT * FROM NAME")'
    return _PYTHON.format(kind=kind.name, name=name, argument=argument, body=body)
