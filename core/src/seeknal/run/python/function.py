"""Running the function of a Python node, in this process or in one with its own packages."""

from __future__ import annotations

import contextvars
import re
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve

from seeknal.project.python.modules import helpers_importable, load_file
from seeknal.project.python.syntax import functions, is_empty
from seeknal.project.python.syntax_tree import syntax_tree
from seeknal.rows.scans import files_scan
from seeknal.run.engine import settle, store
from seeknal.run.python.context import Call, PipelineContext
from seeknal.run.python.database import Stopped, begin, end
from seeknal.run.python.returned import scan_of
from seeknal.run.python.tabular import Workspace
from seeknal.run.python.traced import Traced, trace
from seeknal.sql.advice import followable
from seeknal.values.columns import Column
from seeknal.values.errors import NodeError, SeeknalError
from seeknal.values.location import Location
from seeknal.values.patterns import Pattern
from seeknal.values.relations import ParquetFiles, Scan

if TYPE_CHECKING:
    from datetime import datetime

    from seeknal.kernel.context import StepContext
    from seeknal.kernel.plugin_types import Rows
    from seeknal.project.python.modules import LoadedFile
    from seeknal.run.python.database import OwnDuckDB
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.relations import Relation

_local = threading.local()
_FRAMES = re.compile(r"\.(df|to_df|fetchdf|fetch_df|fetch_df_chunk)\(")
"""Calls of DuckDB's that give a pandas frame."""


def run_function(
    node: Node,
    parents: Mapping[NodeId, Relation],
    context: StepContext,
    own: OwnDuckDB,
    *,
    this: Relation | None = None,
    frozen: datetime | None = None,
    capture: Callable[[str], None] | None = None,
    traced: Callable[[Traced], None] | None = None,
) -> Rows | None:
    """The rows that the node's function returns, as a Scan on ``own`` or the context's cursor.

    None when the function of a source leaves its loaded rows as they are, or what they are now
    where they could be read but once. ``this`` are the rows that the node has, where new ones are
    merged into them, and ``frozen`` is what clocks say. ``capture`` is given the text of each query
    that the function asks ``ctx.duckdb``, and ``traced`` what is known of the query that its rows
    are. The Scan holds until `release` is called, or another Python node runs, in this thread.
    """
    assert node.python is not None
    path = context.project_root / node.python.file
    loaded: Rows | None = getattr(context, "source_rows", None)
    if loaded is not None and _does_nothing(path, node):
        return None
    release()
    storing = _local.storing = Workspace(lambda: context.duckdb, context.workdir)
    call = _call(node, parents, context, path, capture)
    call = evolve(
        call,
        function=node.python.function,
        traced=traced or call.traced,
        this=this.scan if this else None,
        frozen=frozen,
    )
    if node.python.script is not None:
        call.traced(Traced(why="its function runs in a process of its own"))
        from seeknal.run.python.script import run_script

        # The function may read some of the rows, or all of them twice.
        loaded = settle(context.duckdb, loaded, context.workdir / "loaded.parquet")
        source = None if loaded is None else f"({_select_of(loaded, storing)})"
        return run_script(node, parents, evolve(call, source=source), storing.cursor, this)
    begin(own)
    again = None if loaded is None else _readable(loaded, context, own)
    if again is not None:
        call = evolve(call, source=f"({_select_of(again, storing)})")
    workspace = Workspace(own.cursor, context.workdir)
    # With a copy of what Python keeps for each thread, such as the precision of decimals.
    with own.code():
        scan = contextvars.copy_context().run(call_function, call, workspace, storing)
    return again if scan is None and again is not loaded else scan


def _readable(rows: Rows, context: StepContext, own: OwnDuckDB) -> Rows:
    """Loaded rows that the function's own DuckDB can read, more than once."""
    if isinstance(rows, Scan) and rows.instead is None:
        # What binds there names nothing but files.
        with suppress(Exception):
            own.cursor().sql(rows.sql)
            return rows
    if isinstance(rows, ParquetFiles):
        return rows
    return store(context.duckdb, rows, context.workdir / "loaded.parquet")


def release() -> None:
    """Close what the last Python node of this thread had for itself."""
    end()
    storing: Workspace | None = getattr(_local, "storing", None)
    if storing is None:
        return
    _local.storing = None
    # A cursor that was closed or interrupted has nothing left to remove.
    with suppress(Exception):
        storing.release()


def _call(
    node: Node,
    parents: Mapping[NodeId, Relation],
    context: StepContext,
    path: Path,
    capture: Callable[[str], None] | None,
) -> Call:
    typed = all(column.type for column in node.columns)
    return Call(
        node=node.id,
        file=path,
        root=context.project_root,
        workdir=context.workdir,
        inputs={id: relation.scan for id, relation in parents.items()},
        columns=tuple(Column(c.name, str(c.type)) for c in node.columns) if typed else (),
        contract=node.contract,
        params=getattr(context, "params", node.params),
        variables=getattr(context, "variables", {}),
        interval=context.interval,
        environment=context.environment,
        run_id=context.run_id,
        log=context.log,
        capture=capture or (lambda sql: None),
    )


def _select_of(rows: Rows, workspace: Workspace) -> str:
    if isinstance(rows, Scan):
        return rows.sql
    if isinstance(rows, ParquetFiles):
        return files_scan(rows.paths).sql
    return workspace.select(rows)


def call_function(call: Call, workspace: Workspace, storing: Workspace) -> Scan | None:
    """Import the file, call the function of ``call.node``, and take what it returns.

    ``workspace`` is what the function speaks to, ``storing`` what takes its rows.

    None when a source's function returns nothing. Raises NodeError for what the code raises.
    """
    scans = dict(call.inputs)
    if call.source is not None:
        scans[call.node] = call.source
    workspace.name_inputs(scans)
    try:
        with helpers_importable(call.file.parent):
            function = _function(call)
            asked: list[str] = []
            told = evolve(call, capture=_both(asked.append, call.capture))
            ctx = PipelineContext(told, workspace)
            value = function(ctx) if signature(function).parameters else function()
            if value is None and call.source is not None:
                return None
            scan = scan_of(value, call, workspace, storing)
            call.traced(trace(value, call.file, call.function, asked, workspace))
            return scan
    except Stopped:
        raise
    except BaseException as error:
        raise _explained(error, call) from error


def _both(*listeners: Callable[[str], None]) -> Callable[[str], None]:
    def tell(text: str) -> None:
        for listener in listeners:
            listener(text)

    return tell


def _function(call: Call) -> Callable[..., Any]:
    loaded = _loaded(call.file, call.run_id)
    loaded.put_on_path()
    for declaration in reversed(loaded.declarations):
        if (declaration.kind, declaration.name) == (call.node.kind, call.node.name):
            return declaration.function
    raise NodeError(f"{call.file.name} declares no {call.node}", code="SK0515")


_files: dict[Path, tuple[object, LoadedFile]] = {}
_loading = threading.RLock()


def _loaded(path: Path, run_id: str) -> LoadedFile:
    """The imported file: once in a run, unless it or a file beside it changes meanwhile.

    Another run imports it again: data, the environment or code elsewhere may be others.
    """
    with _loading:
        stamp = (run_id, _stamp(path.parent))
        if path not in _files or _files[path][0] != stamp:
            _files[path] = (stamp, load_file(path))
        return _files[path][1]


def _stamp(folder: Path) -> object:
    files = [(path, path.stat()) for path in sorted(folder.rglob("*.py"))]
    return [(path, stat.st_mtime_ns, stat.st_size, stat.st_ino) for path, stat in files]


def _does_nothing(path: Path, node: Node) -> bool:
    """Whether the function has no code, so that there is nothing to import or to start."""
    assert node.python is not None
    named = [
        entry
        for entry in functions(syntax_tree(path.read_bytes()))
        if entry.name == node.python.function
    ]
    return bool(named) and all(is_empty(entry) for entry in named)


def _explained(error: BaseException, call: Call) -> BaseException:
    """The user's exception as a NodeError that points to the user's line."""
    if type(error).__name__ == "InterruptException":
        return error
    location = _location_of(error, call)
    if isinstance(error, SeeknalError):
        if error.location is None:
            error.location = location
        return error
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    package = _missing_package(error, call)
    if package == "pandas" and package not in text:
        text = f"{type(error).__name__}: No module named 'pandas', which .df() needs"
    help = _REF_HELP if _REF.search(text) else _advice(package)
    return NodeError(followable(text), code="SK0511", location=location, help=help)


_REF = Pattern(r"Function with name ref does not exist")
_REF_HELP = "here inputs are views of their own names: FROM orders, or ctx.ref('source.orders')"


def _missing_package(error: BaseException, call: Call) -> str | None:
    """What is to be installed: DuckDB asks for numpy where pandas is what is wanted."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(call.file.parent)]
    if error.name == "numpy" and own and _FRAMES.search(own[-1].line or ""):
        return "pandas"
    return error.name.partition(".")[0]


def _advice(package: str | None) -> str | None:
    if package is None:
        return None
    return (
        f"install {package} where seeknal runs, or list it in a '# /// script' header of"
        f" the file: dependencies = [{package!r}]"
    )


def _location_of(error: BaseException, call: Call) -> Location:
    """The innermost line of the project's code that was running."""
    folder = call.file.parent
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
    if not own:
        return Location(call.file.relative_to(call.root).as_posix())
    file = Path(own[-1].filename).relative_to(call.root).as_posix()
    return Location(file, own[-1].lineno or 0)
