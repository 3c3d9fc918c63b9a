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
    from seeknal.dialects import translate as translate
    from seeknal.dialects import written_sql as written_sql
    from seeknal.host.file_version import version_of
    from seeknal.host.files import publish_file as publish_file
    from seeknal.host.files import replacing as replacing
    from seeknal.host.makers import how_to_make as how_to_make
    from seeknal.host.started import awaited as awaited
    from seeknal.intervals.timedpaths import TimedPath as TimedPath
    from seeknal.intervals.timedpaths import is_timed as is_timed
    from seeknal.intervals.timedpaths import pattern_of as pattern_of
    from seeknal.kernel.command_options import connection_option as connection_option
    from seeknal.kernel.command_options import dry_run_option as dry_run_option
    from seeknal.kernel.command_options import environment_option as environment_option
    from seeknal.kernel.command_options import force_option as force_option
    from seeknal.kernel.command_options import format_option as format_option
    from seeknal.kernel.command_options import output_option as output_option
    from seeknal.kernel.command_options import span_options as span_options
    from seeknal.kernel.command_options import this_command as this_command
    from seeknal.kernel.command_options import to_option as to_option
    from seeknal.kernel.contexts import AuditContext as AuditContext
    from seeknal.kernel.contexts import Context as Context
    from seeknal.kernel.contexts import DeliveryContext as DeliveryContext
    from seeknal.kernel.contexts import NodeContext as NodeContext
    from seeknal.kernel.contexts import SourceContext as SourceContext
    from seeknal.kernel.contexts import TargetContext as TargetContext
    from seeknal.kernel.declared import AuditFile as AuditFile
    from seeknal.kernel.declared import AuditType as AuditType
    from seeknal.kernel.declared import ConnectionType as ConnectionType
    from seeknal.kernel.declared import DiffOption as DiffOption
    from seeknal.kernel.declared import EngineType as EngineType
    from seeknal.kernel.declared import ProfileSection as ProfileSection
    from seeknal.kernel.declared import TargetType as TargetType
    from seeknal.kernel.declared import TemplateFunction as TemplateFunction
    from seeknal.kernel.installing import install_command as install_command
    from seeknal.kernel.kinds import Held as Held
    from seeknal.kernel.kinds import NodeKind as NodeKind
    from seeknal.kernel.kinds import SourceType as SourceType
    from seeknal.kernel.options import option as option
    from seeknal.kernel.plugin_types import Command as Command
    from seeknal.kernel.plugin_types import Elsewhere as Elsewhere
    from seeknal.kernel.plugin_types import Fate as Fate
    from seeknal.kernel.plugin_types import Garbage as Garbage
    from seeknal.kernel.plugin_types import Look as Look
    from seeknal.kernel.plugin_types import Misfit as Misfit
    from seeknal.kernel.plugin_types import NodeInputs as NodeInputs
    from seeknal.kernel.plugin_types import OnlineStore as OnlineStore
    from seeknal.kernel.plugin_types import OnlineTable as OnlineTable
    from seeknal.kernel.plugin_types import Outputs as Outputs
    from seeknal.kernel.plugin_types import Rows as Rows
    from seeknal.kernel.plugin_types import Section as Section
    from seeknal.kernel.plugin_types import Session as Session
    from seeknal.kernel.plugin_types import Standing as Standing
    from seeknal.kernel.plugin_types import TemplateCall as TemplateCall
    from seeknal.kernel.plugin_types import Warehouse as Warehouse
    from seeknal.kernel.plugin_types import WrittenQuery as WrittenQuery
    from seeknal.kernel.roles import texts_of as texts_of
    from seeknal.rows.batches import Range as Range
    from seeknal.rows.batches import batch_misfits as batch_misfits
    from seeknal.rows.batches import check_keys as check_keys
    from seeknal.rows.batches import check_times as check_times
    from seeknal.rows.batches import range_of as range_of
    from seeknal.rows.batches import span_of as span_of
    from seeknal.rows.failing import keep_failing_rows as keep_failing_rows
    from seeknal.rows.isolation import isolate as isolate
    from seeknal.rows.python_rows import scan_of_rows as scan_of_rows
    from seeknal.rows.rows_to_write import rows_to_write as rows_to_write
    from seeknal.rows.scans import to_scan as to_scan
    from seeknal.rows.undoing import PutBack as PutBack
    from seeknal.rows.undoing import put_back as put_back
    from seeknal.sql.check import SqlRefused as SqlRefused
    from seeknal.sql.check import check_query as check_query
    from seeknal.sql.condition import check_condition as check_condition
    from seeknal.sql.elsewhere import placed as placed
    from seeknal.sql.elsewhere import refusals_told as refusals_told
    from seeknal.sql.elsewhere import shared_connection as shared_connection
    from seeknal.sql.exactly import APPROXIMATE as APPROXIMATE
    from seeknal.sql.exactly import converted as converted
    from seeknal.sql.exactly import holds as holds
    from seeknal.sql.exactly import parts_as as parts_as
    from seeknal.sql.exactly import read_as as read_as
    from seeknal.sql.inrange import condition_within as condition_within
    from seeknal.sql.inrange import ends_within as ends_within
    from seeknal.sql.literals import literal_faults as literal_faults
    from seeknal.sql.misfits import misfit as misfit
    from seeknal.sql.misfits import misfit_faults as misfit_faults
    from seeknal.sql.positions import place_in_sql as place_in_sql
    from seeknal.sql.querytext import without_end as without_end
    from seeknal.sql.quote import quote_identifier as quote_identifier
    from seeknal.sql.quote import quote_literal as quote_literal
    from seeknal.sql.quote import quote_name as quote_name
    from seeknal.sql.quote import written_name as written_name
    from seeknal.sql.storage import as_parquet as as_parquet
    from seeknal.sql.translating.differences import differences as differences
    from seeknal.sql.translating.pairs.plain import BY_BYTES, LONG, PLAIN
    from seeknal.sql.translating.rules import Pair, Rule
    from seeknal.values.audits import Audit as Audit
    from seeknal.values.audits import AuditResult as AuditResult
    from seeknal.values.changes import Change as Change
    from seeknal.values.changes import ColumnChange as ColumnChange
    from seeknal.values.column_lineage import ColumnLineage as ColumnLineage
    from seeknal.values.column_lineage import ColumnRef as ColumnRef
    from seeknal.values.column_lineage import QueryLineage as QueryLineage
    from seeknal.values.columns import Column as Column
    from seeknal.values.columns import ColumnSpec as ColumnSpec
    from seeknal.values.deliveries import Delivered as Delivered
    from seeknal.values.deliveries import Extent as Extent
    from seeknal.values.deliveries import Span as Span
    from seeknal.values.deliveries import Undone as Undone
    from seeknal.values.dialects import DialectPair as DialectPair
    from seeknal.values.durations import Duration as Duration
    from seeknal.values.errors import ConnectionFailed as ConnectionFailed
    from seeknal.values.errors import DeliveryError as DeliveryError
    from seeknal.values.errors import NodeError as NodeError
    from seeknal.values.errors import ProjectError as ProjectError
    from seeknal.values.errors import RowsRefused as RowsRefused
    from seeknal.values.errors import SeeknalError as SeeknalError
    from seeknal.values.errors import TargetGone as TargetGone
    from seeknal.values.errors import TargetStands as TargetStands
    from seeknal.values.errors import column_help as column_help
    from seeknal.values.errors import did_you_mean as did_you_mean
    from seeknal.values.features import FeatureRows as FeatureRows
    from seeknal.values.loads import LOADED_AT as LOADED_AT
    from seeknal.values.loads import SOURCE_FILE as SOURCE_FILE
    from seeknal.values.loads import Horizon as Horizon
    from seeknal.values.loads import Load as Load
    from seeknal.values.loads import Loaded as Loaded
    from seeknal.values.loads import Since as Since
    from seeknal.values.loads import Within as Within
    from seeknal.values.location import Location as Location
    from seeknal.values.marks import Marks as Marks
    from seeknal.values.names import NodeId as NodeId
    from seeknal.values.node import Node as Node
    from seeknal.values.pii import value_of as value_of
    from seeknal.values.pii import without_values as without_values
    from seeknal.values.plan import Plan as Plan
    from seeknal.values.problems import Problem as Problem
    from seeknal.values.problems import Severity as Severity
    from seeknal.values.project import Calendar as Calendar
    from seeknal.values.project import Project as Project
    from seeknal.values.relations import Interval as Interval
    from seeknal.values.relations import Origin as Origin
    from seeknal.values.relations import ParquetFiles as ParquetFiles
    from seeknal.values.relations import Relation as Relation
    from seeknal.values.relations import Scan as Scan
    from seeknal.values.results import NodeResult as NodeResult
    from seeknal.values.results import RunSummary as RunSummary
    from seeknal.values.secret import Secret as Secret
    from seeknal.values.secret import scrub as scrub
    from seeknal.values.sources import Connection as Connection
    from seeknal.values.sources import Source as Source
    from seeknal.values.spots import find_in_text as find_in_text
    from seeknal.values.spots import find_word as find_word
    from seeknal.values.spots import quoted_words as quoted_words
    from seeknal.values.statements import THIS as THIS
    from seeknal.values.statements import with_this as with_this
    from seeknal.values.targets import Mode as Mode
    from seeknal.values.targets import Target as Target

    files_version = version_of
    DialectRule = Rule
    DialectTable = Pair
    ALIKE_RULES = PLAIN
    BYTEWISE_RULES = BY_BYTES
    LONG_RULES = LONG

_FROM = {
    "seeknal.dialects": ("translate", "written_sql"),
    "seeknal.host.file_version": ("files_version",),
    "seeknal.host.files": ("publish_file", "replacing"),
    "seeknal.host.makers": ("how_to_make",),
    "seeknal.host.started": ("awaited",),
    "seeknal.kernel.command_options": (
        "connection_option",
        "dry_run_option",
        "environment_option",
        "force_option",
        "format_option",
        "output_option",
        "span_options",
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
        "DiffOption",
        "EngineType",
        "ProfileSection",
        "TargetType",
        "TemplateFunction",
    ),
    "seeknal.kernel.installing": ("install_command",),
    "seeknal.kernel.kinds": ("Held", "NodeKind", "SourceType"),
    "seeknal.kernel.options": ("option",),
    "seeknal.kernel.plugin_types": (
        "Command",
        "Elsewhere",
        "Fate",
        "Garbage",
        "Look",
        "Misfit",
        "NodeInputs",
        "OnlineStore",
        "OnlineTable",
        "Outputs",
        "Rows",
        "Section",
        "Session",
        "Standing",
        "TemplateCall",
        "WrittenQuery",
        "Warehouse",
    ),
    "seeknal.kernel.roles": ("texts_of",),
    "seeknal.rows.batches": (
        "Range",
        "batch_misfits",
        "check_keys",
        "check_times",
        "range_of",
        "span_of",
    ),
    "seeknal.rows.failing": ("keep_failing_rows",),
    "seeknal.rows.isolation": ("isolate",),
    "seeknal.rows.python_rows": ("scan_of_rows",),
    "seeknal.rows.rows_to_write": ("rows_to_write",),
    "seeknal.rows.scans": ("to_scan",),
    "seeknal.rows.undoing": ("PutBack", "put_back"),
    "seeknal.sql.check": ("SqlRefused", "check_query"),
    "seeknal.sql.condition": ("check_condition",),
    "seeknal.sql.elsewhere": ("placed", "refusals_told", "shared_connection"),
    "seeknal.sql.exactly": ("APPROXIMATE", "converted", "holds", "parts_as", "read_as"),
    "seeknal.sql.inrange": ("condition_within", "ends_within"),
    "seeknal.sql.literals": ("literal_faults",),
    "seeknal.sql.misfits": ("misfit", "misfit_faults"),
    "seeknal.sql.quote": ("quote_identifier", "quote_literal", "quote_name", "written_name"),
    "seeknal.sql.querytext": ("without_end",),
    "seeknal.sql.storage": ("as_parquet",),
    "seeknal.sql.translating.differences": ("differences",),
    "seeknal.sql.translating.pairs.plain": ("ALIKE_RULES", "BYTEWISE_RULES", "LONG_RULES"),
    "seeknal.sql.translating.rules": ("DialectRule", "DialectTable"),
    "seeknal.values.audits": ("Audit", "AuditResult"),
    "seeknal.values.changes": ("Change", "ColumnChange"),
    "seeknal.values.column_lineage": ("ColumnLineage", "ColumnRef", "QueryLineage"),
    "seeknal.values.columns": ("Column", "ColumnSpec"),
    "seeknal.values.deliveries": ("Delivered", "Extent", "Span", "Undone"),
    "seeknal.values.dialects": ("DialectPair",),
    "seeknal.values.durations": ("Duration",),
    "seeknal.values.features": ("FeatureRows",),
    "seeknal.values.errors": (
        "ConnectionFailed",
        "DeliveryError",
        "NodeError",
        "ProjectError",
        "RowsRefused",
        "SeeknalError",
        "TargetGone",
        "TargetStands",
        "column_help",
        "did_you_mean",
    ),
    "seeknal.values.loads": (
        "LOADED_AT",
        "SOURCE_FILE",
        "Horizon",
        "Load",
        "Loaded",
        "Since",
        "Within",
    ),
    "seeknal.values.location": ("Location",),
    "seeknal.values.marks": ("Marks",),
    "seeknal.values.names": ("NodeId",),
    "seeknal.values.node": ("Node",),
    "seeknal.values.pii": ("value_of", "without_values"),
    "seeknal.values.plan": ("Plan",),
    "seeknal.values.problems": ("Problem", "Severity"),
    "seeknal.values.project": ("Calendar", "Project"),
    "seeknal.values.relations": ("Interval", "Origin", "ParquetFiles", "Relation", "Scan"),
    "seeknal.values.results": ("NodeResult", "RunSummary"),
    "seeknal.values.secret": ("Secret", "scrub"),
    "seeknal.values.sources": ("Connection", "Source"),
    "seeknal.sql.positions": ("place_in_sql",),
    "seeknal.values.spots": ("find_in_text", "find_word", "quoted_words"),
    "seeknal.values.statements": ("THIS", "with_this"),
    "seeknal.values.targets": ("Mode", "Target"),
    "seeknal.intervals.timedpaths": ("TimedPath", "is_timed", "pattern_of"),
}
"""Where the names are: a plugin brings what it uses, so that importing its hooks stays cheap.

The imports above say the same to type checkers and editors, which look into no table; a test
holds one against the other.
"""
_NAMED_THERE = {
    "files_version": "version_of",
    "DialectRule": "Rule",
    "DialectTable": "Pair",
    "ALIKE_RULES": "PLAIN",
    "BYTEWISE_RULES": "BY_BYTES",
    "LONG_RULES": "LONG",
}
_WHERE = {name: module for module, names in _FROM.items() for name in names}

_F = TypeVar("_F", bound=Callable[..., Any])
_marker = pluggy.HookimplMarker(NAME)


if not TYPE_CHECKING:
    # Type checkers would take a name that is nowhere for one that is given here.
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


__all__ = tuple(sorted(("hookimpl", *_WHERE)))
