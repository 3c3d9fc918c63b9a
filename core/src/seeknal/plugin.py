"""Everything a plugin may import from seeknal, and nothing else.

A plugin is a module with functions marked ``@hookimpl``, named by an entry point of its
distribution in the group ``seeknal``::

    [project.entry-points.seeknal]
    example = "seeknal_example.plugin"

Commands are objects of click's, each named by an entry point in the group ``seeknal.commands``::

    [project.entry-points."seeknal.commands"]
    example = "seeknal_example.commands:example"

The hooks and what they mean: ``seeknal.kernel.hookspecs``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pluggy

from seeknal.kernel.hookspecs import NAME

if TYPE_CHECKING:
    from seeknal.host.file_version import version_of as files_version
    from seeknal.host.files import publish_file, replacing
    from seeknal.host.makers import how_to_make
    from seeknal.host.started import awaited
    from seeknal.kernel.command_options import (
        connection_option,
        dry_run_option,
        format_option,
        this_command,
        to_option,
    )
    from seeknal.kernel.contexts import (
        AuditContext,
        Context,
        DeliveryContext,
        NodeContext,
        SourceContext,
        TargetContext,
    )
    from seeknal.kernel.declared import (
        AuditFile,
        AuditType,
        ConnectionType,
        EngineType,
        ProfileSection,
        TargetType,
    )
    from seeknal.kernel.installing import install_command
    from seeknal.kernel.kinds import NodeKind, SourceType
    from seeknal.kernel.options import option
    from seeknal.kernel.plugin_types import (
        Command,
        Fate,
        Garbage,
        Misfit,
        NodeInputs,
        Outputs,
        Rows,
        Section,
        Session,
        Standing,
    )
    from seeknal.rows.batches import (
        Range,
        batch_misfits,
        check_keys,
        check_times,
        range_of,
        span_of,
    )
    from seeknal.rows.isolation import isolate
    from seeknal.rows.python_rows import scan_of_rows
    from seeknal.rows.rows_to_write import rows_to_write
    from seeknal.rows.scans import to_scan
    from seeknal.rows.undoing import PutBack, put_back
    from seeknal.sql.check import SqlRefused, check_query
    from seeknal.sql.condition import check_condition
    from seeknal.sql.literals import literal_faults
    from seeknal.sql.misfits import misfit
    from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
    from seeknal.sql.storage import as_parquet
    from seeknal.sql.translating.nodes import written_sql
    from seeknal.sql.translating.translate import translate
    from seeknal.values.audits import Audit, AuditResult
    from seeknal.values.changes import Change, ColumnChange
    from seeknal.values.column_lineage import ColumnLineage, ColumnRef, QueryLineage
    from seeknal.values.columns import Column, ColumnSpec
    from seeknal.values.deliveries import Delivered, Span, Undone
    from seeknal.values.durations import Duration
    from seeknal.values.errors import (
        ConnectionFailed,
        DeliveryError,
        NodeError,
        RowsRefused,
        SeeknalError,
        column_help,
        did_you_mean,
    )
    from seeknal.values.location import Location
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.pii import value_of, without_values
    from seeknal.values.plan import Plan
    from seeknal.values.problems import Problem, Severity
    from seeknal.values.project import Project
    from seeknal.values.relations import Interval, ParquetFiles, Relation, Scan
    from seeknal.values.results import NodeResult, RunSummary
    from seeknal.values.secret import Secret, scrub
    from seeknal.values.sources import Connection, Source
    from seeknal.values.spots import find_in_text, find_word
    from seeknal.values.targets import Mode, Target

_FROM = {
    "seeknal.host.file_version": ("files_version",),
    "seeknal.host.files": (
        "publish_file",
        "replacing",
    ),
    "seeknal.host.makers": ("how_to_make",),
    "seeknal.host.started": ("awaited",),
    "seeknal.kernel.command_options": (
        "connection_option",
        "dry_run_option",
        "format_option",
        "this_command",
        "to_option",
    ),
    "seeknal.kernel.contexts": (
        "AuditContext",
        "Context",
        "DeliveryContext",
        "NodeContext",
        "SourceContext",
        "TargetContext",
    ),
    "seeknal.kernel.declared": (
        "AuditFile",
        "AuditType",
        "ConnectionType",
        "EngineType",
        "ProfileSection",
        "TargetType",
    ),
    "seeknal.kernel.installing": ("install_command",),
    "seeknal.kernel.kinds": ("NodeKind", "SourceType"),
    "seeknal.kernel.options": ("option",),
    "seeknal.kernel.plugin_types": (
        "Command",
        "Fate",
        "Garbage",
        "Misfit",
        "NodeInputs",
        "Outputs",
        "Rows",
        "Section",
        "Session",
        "Standing",
    ),
    "seeknal.rows.batches": (
        "Range",
        "batch_misfits",
        "check_keys",
        "check_times",
        "range_of",
        "span_of",
    ),
    "seeknal.rows.isolation": ("isolate",),
    "seeknal.rows.python_rows": ("scan_of_rows",),
    "seeknal.rows.rows_to_write": ("rows_to_write",),
    "seeknal.rows.scans": ("to_scan",),
    "seeknal.rows.undoing": (
        "PutBack",
        "put_back",
    ),
    "seeknal.sql.check": (
        "SqlRefused",
        "check_query",
    ),
    "seeknal.sql.condition": ("check_condition",),
    "seeknal.sql.literals": ("literal_faults",),
    "seeknal.sql.misfits": ("misfit",),
    "seeknal.sql.quote": (
        "quote_identifier",
        "quote_literal",
        "quote_name",
    ),
    "seeknal.sql.storage": ("as_parquet",),
    "seeknal.sql.translating.nodes": ("written_sql",),
    "seeknal.sql.translating.translate": ("translate",),
    "seeknal.values.audits": (
        "Audit",
        "AuditResult",
    ),
    "seeknal.values.changes": (
        "Change",
        "ColumnChange",
    ),
    "seeknal.values.column_lineage": (
        "ColumnLineage",
        "ColumnRef",
        "QueryLineage",
    ),
    "seeknal.values.columns": (
        "Column",
        "ColumnSpec",
    ),
    "seeknal.values.deliveries": (
        "Delivered",
        "Span",
        "Undone",
    ),
    "seeknal.values.durations": ("Duration",),
    "seeknal.values.errors": (
        "ConnectionFailed",
        "DeliveryError",
        "NodeError",
        "RowsRefused",
        "SeeknalError",
        "column_help",
        "did_you_mean",
    ),
    "seeknal.values.location": ("Location",),
    "seeknal.values.names": ("NodeId",),
    "seeknal.values.node": ("Node",),
    "seeknal.values.pii": (
        "value_of",
        "without_values",
    ),
    "seeknal.values.plan": ("Plan",),
    "seeknal.values.problems": (
        "Problem",
        "Severity",
    ),
    "seeknal.values.project": ("Project",),
    "seeknal.values.relations": (
        "Interval",
        "ParquetFiles",
        "Relation",
        "Scan",
    ),
    "seeknal.values.results": (
        "NodeResult",
        "RunSummary",
    ),
    "seeknal.values.secret": (
        "Secret",
        "scrub",
    ),
    "seeknal.values.sources": (
        "Connection",
        "Source",
    ),
    "seeknal.values.spots": ("find_in_text", "find_word"),
    "seeknal.values.targets": (
        "Mode",
        "Target",
    ),
}
"""Where the names are: a plugin brings what it uses, so that importing its hooks stays cheap."""
_NAMED_THERE = {"files_version": "version_of"}
_WHERE = {name: module for module, names in _FROM.items() for name in names}

_F = TypeVar("_F", bound=Callable[..., Any])
_marker = pluggy.HookimplMarker(NAME)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_WHERE[name])
    value = globals()[name] = getattr(module, _NAMED_THERE.get(name, name))
    return value


@overload
def hookimpl(function: _F, /) -> _F: ...


@overload
def hookimpl(
    *, wrapper: bool = False, tryfirst: bool = False, trylast: bool = False
) -> Callable[[_F], _F]: ...


def hookimpl(
    function: _F | None = None,
    /,
    *,
    wrapper: bool = False,
    tryfirst: bool = False,
    trylast: bool = False,
) -> _F | Callable[[_F], _F]:
    """Mark a function as an implementation of the hook of its name.

    ``tryfirst`` and ``trylast`` say when it is called among those of other plugins. With
    ``wrapper`` it is a generator around all others: what its one ``yield`` gives is what they
    answered, and what it returns is the answer. These are pluggy's own options.
    """
    mark: Callable[[_F], _F] = _marker(wrapper=wrapper, tryfirst=tryfirst, trylast=trylast)
    return mark if function is None else mark(function)


__all__ = (
    "Audit",
    "AuditContext",
    "AuditFile",
    "AuditResult",
    "AuditType",
    "Change",
    "Column",
    "ColumnChange",
    "ColumnLineage",
    "ColumnRef",
    "ColumnSpec",
    "Command",
    "Connection",
    "ConnectionFailed",
    "ConnectionType",
    "Context",
    "Delivered",
    "DeliveryContext",
    "DeliveryError",
    "Duration",
    "EngineType",
    "Fate",
    "Garbage",
    "Interval",
    "Location",
    "Misfit",
    "Mode",
    "Node",
    "NodeContext",
    "NodeError",
    "NodeId",
    "NodeInputs",
    "NodeKind",
    "NodeResult",
    "Outputs",
    "ParquetFiles",
    "Plan",
    "Problem",
    "ProfileSection",
    "Project",
    "PutBack",
    "QueryLineage",
    "Range",
    "Relation",
    "Rows",
    "RowsRefused",
    "RunSummary",
    "Scan",
    "Secret",
    "Section",
    "SeeknalError",
    "Session",
    "Severity",
    "Source",
    "SourceContext",
    "SourceType",
    "Span",
    "SqlRefused",
    "Standing",
    "Target",
    "TargetContext",
    "TargetType",
    "Undone",
    "as_parquet",
    "awaited",
    "batch_misfits",
    "check_condition",
    "check_keys",
    "check_query",
    "check_times",
    "column_help",
    "connection_option",
    "did_you_mean",
    "dry_run_option",
    "files_version",
    "find_in_text",
    "find_word",
    "format_option",
    "hookimpl",
    "how_to_make",
    "install_command",
    "isolate",
    "literal_faults",
    "misfit",
    "option",
    "publish_file",
    "put_back",
    "quote_identifier",
    "quote_literal",
    "quote_name",
    "range_of",
    "replacing",
    "rows_to_write",
    "scan_of_rows",
    "scrub",
    "span_of",
    "this_command",
    "to_option",
    "to_scan",
    "translate",
    "value_of",
    "without_values",
    "written_sql",
)
