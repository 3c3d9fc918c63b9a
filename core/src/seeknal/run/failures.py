"""From whatever a node raised to an error that says what happened, where, and what to do."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.sql.advice import followable, help_for
from seeknal.values.errors import NodeError, ProjectError, SeeknalError
from seeknal.values.location import Location
from seeknal.values.pii import only_kind, type_of, without_values
from seeknal.values.secret import scrub

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.node import Node
    from seeknal.values.project import Project
    from seeknal.values.snapshot import Snapshot

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_CARET = re.compile(r"^(?P<text>LINE \d+: .*)\n(?P<space> *)\^", re.MULTILINE)
_STORING = re.compile(r"\s*^LINE \d+: COPY \(.*", re.MULTILINE | re.DOTALL)
"""Where DuckDB shows the statement that stores a node's rows, which is nobody's SQL."""
_STREAMED = re.compile(
    r"Python exception: Traceback [^\n]*\n(?: [^\n]*\n)*(?P<kind>[\w.]+): (?P<text>.*)", re.DOTALL
)
"""How DuckDB quotes Arrow quoting Python, when an iterator of rows fails."""
_OF_COLUMN = re.compile(r"column '(?P<name>[^'.\[]+)[^']*': ")
"""How what reads files says which column a value is of."""
_SOURCE_COLUMN = re.compile(r"from source column (?:\"(?P<quoted>[^\"]+)\"|(?P<bare>\w+))")
_TIMES = ("time_column", "application_date_col", "features")
_FULL = ("No space left on device", "Out of disk space", "failed to offload data block")
_BY_FUNCTION = "SK0511"
_OF_ITS_ROWS = ("SK0516", "SK0533", "SK0535")
"""What is wrong with rows that a function returns, which names a value of them."""
_PLACE = re.compile(r"row [\d,]+(?:, column '[^']*')?: ")
_ABOUT_CODE = ("ModuleNotFoundError", "ImportError", "NameError", "UnboundLocalError")
"""What Python raises about a function itself, which names no values of rows."""
_NO_SUCH_NAME = re.compile(
    r"""
    (?:Binder|Catalog)Exception:[ ].*?
    (?: Referenced[ ](?:column|table)[ ]"(?P<quoted>[^"\n]+)" | with[ ]name[ ](?P<bare>\w+)[ ]does )
    | AttributeError:[ ](?:'\w+'[ ]object|module[ ]'[\w.]+')[ ]has[ ]no[ ]attribute[ ]'(?P<own>\w+)'
    """,
    re.VERBOSE,
)
_WRONG_SQL = ("SK0706", "SK0708")
_CONTRACT = "SK0713"


def explain(
    error: BaseException,
    node: Node,
    folder: Path,
    private: Collection[str] = (),
    code: Path | None = None,
) -> SeeknalError:
    """``error`` as a SeeknalError of ``node``'s; what is one already keeps its words.

    What DuckDB or a function says does not show values where any column is ``private``, nor does
    what a reader says of such a column. ``code`` is the function's file, whose words are told.
    """
    found = _explained(error, node, folder, private)
    if found.code == _BY_FUNCTION and private:
        found.message = _of_function(found.message, private, code)
    named = _OF_COLUMN.search(found.message)
    if named is not None and named["name"].lower() in private:
        told = f"a value does not fit; it is not shown, for {named['name']} has pii: true"
        found.message = f"{found.message[: named.end()]}{told}"
    elif private and node.python is not None and found.code in _OF_ITS_ROWS:
        # The column may be one that the function has made of them.
        place = _PLACE.match(found.message)
        kind = f"{place[0]}it does not fit" if place else found.message.partition(":")[0]
        found.message = only_kind(kind, private)
    return found


def _explained(
    error: BaseException, node: Node, folder: Path, private: Collection[str]
) -> SeeknalError:
    if isinstance(error, ProjectError):
        return _from_problems(error)
    if isinstance(error, SeeknalError):
        if node.python is not None and error.location in (None, Location(node.location.file)):
            error.location = node.location
        return error
    text = scrub(str(error)).strip()
    if disk_full(error):
        return _disk_full(text, node, folder)
    if isinstance(error, OSError):
        return NodeError(f"{node.id}: {text}", code="SK0704", location=node.location)
    if type(error).__module__.split(".")[0] in ("duckdb", "_duckdb"):
        return _from_duckdb(error, text, node, private)
    name = type(error).__name__
    said = only_kind(name, private) if private else f"{name}: {text}"
    return NodeError(said if text else name, code="SK0705", location=node.location)


def _of_function(text: str, private: Collection[str], code: Path | None) -> str:
    """What a function raised, without its words: it may have put any value that it read there."""
    kind = text.partition(":")[0].strip()
    if kind in _ABOUT_CODE or kind == text:
        return text
    # What DuckDB says of SQL shows some of it, which the function may have made of values.
    named = _NO_SUCH_NAME.match(text)
    if named is not None and code is not None and _has(code, named[named.lastgroup or 0]):
        return text.partition("\nLINE ")[0].strip()
    return only_kind(kind, private)


def _has(code: Path, name: str) -> bool:
    """Whether a file has a name as a word of its own."""
    try:
        text = code.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _from_problems(error: ProjectError) -> SeeknalError:
    """What was found wrong only now (a variable that a connection needs), told as one error."""
    first = error.problems[0]
    return NodeError(
        "; ".join(problem.message for problem in error.problems),
        code=first.code,
        location=first.location,
        help=first.help,
    )


def disk_full(error: BaseException) -> bool:
    """Whether ``error`` says that a disk has no room left."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(phrase in str(error) for phrase in _FULL)


def is_deterministic(error: SeeknalError) -> bool:
    """Whether trying again would fail again: wrong SQL, failed audits, a missing column."""
    return error.code in _DETERMINISTIC or error.code.startswith("SK09")


def may_be_wrong(error: SeeknalError) -> bool:
    """Whether looking at the node could tell what it is: of values, only its own literals do."""
    return is_deterministic(error) or error.code == "SK0708"


_DETERMINISTIC = (
    *("SK0706", "SK0711", "SK0712", "SK0713", "SK0730", "SK0734"),
    *("SK0740", "SK0741", "SK0755", "SK0757"),
)


def _disk_full(text: str, node: Node, folder: Path) -> NodeError:
    free = shutil.disk_usage(folder).free
    return NodeError(
        f"no space left on the disk of {folder} ({free / 2**20:,.0f} MiB free): {text}",
        code="SK0707",
        location=node.location,
        help="make room and run again; what was published before is untouched",
    )


def _from_duckdb(
    error: BaseException, text: str, node: Node, private: Collection[str]
) -> NodeError:
    if streamed := _STREAMED.search(text):
        own = streamed["kind"].startswith("seeknal.")
        said = streamed["text"].strip()
        if not own:
            said = without_values(error, private) if private else f"{streamed['kind']}: {said}"
        return NodeError(said, code="SK0708", location=node.location)
    text = _STORING.sub("", text)
    kind = type(error).__name__
    wrong_sql = kind in ("ParserException", "BinderException", "CatalogException")
    help = help_for(text)
    text = followable(text)
    if kind == "OutOfMemoryException":
        help = "raise execution.memory_limit in seeknal_project.yml, or run with --workers 1"
    said = without_values(error, private) if private and not wrong_sql else text
    said = type_of(said, bool(private))
    return NodeError(
        scrub(said).strip(),
        code="SK0706" if wrong_sql else "SK0708",
        location=_location_of(text, node),
        help=help,
    )


def _location_of(text: str, node: Node) -> Location:
    """The line of the project file that DuckDB's ``LINE n`` stands for."""
    line = _LINE.search(text)
    if node.sql is None or line is None:
        return node.location
    start = node.sql.location
    return Location(start.file, start.line + int(line[1]) - 1, 0)


def as_checked(
    error: SeeknalError,
    node: Node,
    project: Project,
    plugins: Plugins,
    snapshots: Mapping[NodeId, Snapshot],
) -> SeeknalError:
    """``error`` as `seeknal validate` tells it, where it is of the node over these inputs."""
    known = {
        id: columns
        for id in node.waits_for
        if (found := snapshots.get(id)) is not None and (columns := found.columns)
    }
    return as_checked_over(error, node, project, plugins, known)


def as_checked_over(
    error: SeeknalError,
    node: Node,
    project: Project,
    plugins: Plugins,
    columns: Mapping[NodeId, Sequence[Column]],
) -> SeeknalError:
    """The same over inputs of these columns."""
    from seeknal.lineage.binding import Binder
    from seeknal.lineage.fitting import Fitter
    from seeknal.lineage.schemas import Schema

    if node.source is not None:
        return _of_source(error, node, project)
    if node.python is not None:
        return error
    schemas = {id: Schema(columns=tuple(known)) for id, known in columns.items()}
    with closing(Binder(project, plugins)) as binder:
        problems = Fitter(binder).fit(node, schemas).problems
    alike = [problem for problem in problems if problem.code == error.code]
    if len(alike) > 1 and error.code == _CONTRACT:
        # A run tells all that is broken in one message.
        return error
    if not alike and error.code in _WRONG_SQL:
        alike = [problem for problem in problems if problem.code in _WRONG_SQL]
    if alike and error.message.startswith(f"{alike[0].message}; "):
        # So it does of a node's audits; the location is that of the first.
        return evolve(alike[0], message=error.message).as_error(NodeError)
    return alike[0].as_error(NodeError) if alike else _placed(error, node, project.root)


def _placed(error: SeeknalError, node: Node, root: Path) -> SeeknalError:
    """An error of a value, where the column stands that DuckDB says it is of."""
    from seeknal.sql.positions import place_in
    from seeknal.sql.tokens import tokenize
    from seeknal.values.spots import find_word

    named = _SOURCE_COLUMN.search(error.message)
    if named is None or error.location != node.location:
        return error
    name = named["quoted"] or named["bare"]
    if node.sql is None:
        error.location = find_word(root, node.location, name, *_TIMES)
        return error
    tokens = tokenize(node.sql.executable)
    found = [t for t in tokens if t.kind in ("word", "name") and t.name.lower() == name.lower()]
    if found:
        error.location = place_in(root, node.sql, found[0].start)
    return error


def _of_source(error: SeeknalError, node: Node, project: Project) -> SeeknalError:
    """What a source's plugin says, where that is written which it says it of."""
    from seeknal.host.makers import FileMakers
    from seeknal.lineage.sourcefaults import told

    if error.location in (None, node.location) and node.python is None:
        problem = told(project.root, node, error, FileMakers(project.root))
        error.location, error.help = problem.location, problem.help
    return error
