"""Everything a plugin may import from seeknal, and nothing else.

A plugin is a module with functions marked ``@hookimpl``, named by an entry point of its
distribution in the group ``seeknal``::

    [project.entry-points.seeknal]
    example = "seeknal_example.plugin"

The hooks and what they mean: ``seeknal.hookspecs``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pluggy

from seeknal.batches import Range, check_keys, check_times, range_of
from seeknal.durations import Duration
from seeknal.errors import (
    ConnectionFailed,
    DeliveryError,
    NodeError,
    SeeknalError,
    did_you_mean,
)
from seeknal.files import publish_file, replacing
from seeknal.fileversion import version_of as files_version
from seeknal.hookspecs import NAME
from seeknal.kernel import (
    AuditType,
    Command,
    ConnectionType,
    Context,
    EngineType,
    NodeInputs,
    NodeKind,
    Rows,
    Session,
    SourceType,
    TargetType,
)
from seeknal.model import (
    Audit,
    AuditResult,
    Column,
    ColumnSpec,
    Connection,
    Delivered,
    Interval,
    Location,
    Mode,
    Node,
    NodeId,
    NodeResult,
    ParquetFiles,
    Plan,
    Problem,
    Project,
    Relation,
    RunSummary,
    Scan,
    Severity,
    Source,
    Target,
)
from seeknal.options import option
from seeknal.rows import scan_of_rows
from seeknal.scans import to_scan
from seeknal.secret import Secret, scrub
from seeknal.sql.check import SqlRefused, check_query
from seeknal.sql.condition import check_condition
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name

_F = TypeVar("_F", bound=Callable[..., Any])
_marker = pluggy.HookimplMarker(NAME)


def hookimpl(function: _F) -> _F:
    """Mark a function as an implementation of the hook of its name."""
    return _marker(function)


__all__ = (
    "Audit",
    "AuditResult",
    "AuditType",
    "Column",
    "ColumnSpec",
    "Command",
    "Connection",
    "ConnectionFailed",
    "ConnectionType",
    "Context",
    "Delivered",
    "DeliveryError",
    "Duration",
    "EngineType",
    "Interval",
    "Location",
    "Mode",
    "Node",
    "NodeError",
    "NodeId",
    "NodeInputs",
    "NodeKind",
    "NodeResult",
    "ParquetFiles",
    "Plan",
    "Problem",
    "Project",
    "Range",
    "Relation",
    "Rows",
    "RunSummary",
    "Scan",
    "Secret",
    "SeeknalError",
    "Session",
    "Severity",
    "Source",
    "SourceType",
    "SqlRefused",
    "Target",
    "TargetType",
    "check_condition",
    "check_keys",
    "check_query",
    "check_times",
    "did_you_mean",
    "files_version",
    "hookimpl",
    "option",
    "publish_file",
    "quote_identifier",
    "quote_literal",
    "quote_name",
    "range_of",
    "replacing",
    "scan_of_rows",
    "scrub",
    "to_scan",
)
