"""What ``seeknal ingest`` is asked: the same options as flags, in a file and in Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from seeknal.kernel.options import convert, option
from seeknal.project.text_files import read_text
from seeknal.project.yaml_files import read_documents
from seeknal.values.durations import Duration
from seeknal.values.errors import ProjectError, UsageError
from seeknal.values.loads import LoadMode, SchemaChange
from seeknal.values.marks import Marks
from seeknal.values.problems import Problems

FLAGS = "the options"
"""Where a value stands that is in no file."""
_LONGEST_NAME = 128


@frozen(kw_only=True)
class IngestOptions:
    """What is loaded, where from and where to."""

    into: str | None = option(None, summary="CONNECTION:TABLE, where the rows go")
    lake: str = option("lake", summary="the folder that files land in")
    name: str | None = option(None, summary="what the load is called; else the table's name")
    connection: str | None = option(
        None, summary="where rows come from: a connection of profiles.yml, a URL or a file"
    )
    source: str | None = option(
        None, summary="the type of the source, where the connection or the path does not say it"
    )
    path: str | tuple[str, ...] | None = option(None, summary="the files or the URL to read")
    table: str | None = option(None, summary="the table to read")
    query: str | None = option(None, summary="the query whose rows are read, run by the source")
    tables: tuple[str, ...] = option((), summary="patterns of tables, each loaded by its own name")
    params: Mapping[str, object] = option(factory=dict, summary="options of the source's type")
    columns: Mapping[str, str] = option(
        factory=dict, summary="types of columns; the others come as they are"
    )
    pipeline: str = option("default", summary="what the load belongs to, in the log and the marks")
    mode: LoadMode = option("append", summary="append, full or upsert")
    keys: tuple[str, ...] = option((), summary="upsert: the columns that make a row one")
    incremental: str | None = option(
        None, summary="the column by which only new rows are read; it grows from row to row"
    )
    lag: str | int | None = option(
        None, summary="how far below the mark rows are read again: 2h, or a number"
    )
    schema_change: SchemaChange = option("evolve", summary="what becomes of new columns")
    from_lake: tuple[str, ...] = option(
        (), summary="files, folders or patterns of the lake to load instead of a source"
    )
    force: bool = option(False, summary="load what may have been loaded before")
    profile: str | None = option(None, summary="the profiles.yml to use")
    lock_timeout: Duration | None = option(
        None, summary="how long to wait for another load of the same name"
    )


def read_options(given: Mapping[str, object], file: Path | None = None) -> IngestOptions:
    """Options of a file, with those that are ``given`` over them.

    Raises ProjectError for what is wrong in the file, UsageError for what is wrong in the rest.
    """
    problems = Problems()
    written, marks = _of_file(file) if file is not None else ({}, Marks(FLAGS, {}, {}))
    merged = {**written, **given}
    found = convert(IngestOptions, merged, marks, problems, what="option")
    if found is None:
        of_file = [entry for entry in problems if entry.location and entry.location.line]
        if of_file:
            raise ProjectError(of_file)
        first = next(iter(problems))
        raise UsageError(first.message, code=first.code, help=first.help)
    check(found)
    return found


def _of_file(path: Path) -> tuple[dict[str, object], Marks]:
    problems = Problems()
    text = read_text(path, str(path), problems)
    documents, found = read_documents(text or "", str(path))
    problems += found
    if len(problems):
        raise ProjectError(problems)
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise UsageError(
            f"{path} does not hold the options of one load",
            code="SK1601",
            help="one mapping of options, such as name: orders",
        )
    return dict(documents[0].data), documents[0].marks


def check(options: IngestOptions) -> None:
    """Raise UsageError for options that do not go together."""
    for wrong, message, help in _contradictions(options):
        if wrong:
            raise UsageError(message, code="SK1602", help=help)
    for what, text in (("name", options.name), ("pipeline", options.pipeline)):
        if text is not None and (fault := fault_of(text)):
            raise UsageError(f"{what} {text!r} {fault}", code="SK1603", help=f"--{what} orders")


def _contradictions(options: IngestOptions) -> list[tuple[object, str, str]]:
    several, landed = options.tables, options.from_lake
    reads = options.connection or options.source or options.path
    one = options.table or options.query
    return [
        (not options.into, "it does not say where rows go", "--into CONNECTION:SCHEMA.TABLE"),
        (
            not (reads or landed),
            "it does not say where rows come from",
            "--connection NAME with --table or --query, --path FILE, or --from-lake PATH",
        ),
        (
            landed and (reads or one or several),
            "--from-lake loads files: it takes no source beside them",
            "leave out --connection, --source, --path, --table, --tables and --query",
        ),
        (
            options.table and options.query,
            "--table and --query exclude each other",
            "keep one of them",
        ),
        (
            several and (one or options.name or options.path),
            "--tables names what is loaded: --table, --query, --path and --name say it again",
            "keep --tables, or load one table",
        ),
        (several and not options.connection, "--tables needs --connection", "--connection NAME"),
        (
            options.mode == "upsert" and not options.keys,
            "--mode upsert needs --keys",
            "--keys order_id",
        ),
        (
            options.keys and options.mode != "upsert",
            f"--keys is for --mode upsert, not {options.mode}",
            "--mode upsert, or leave out --keys",
        ),
        (
            options.incremental and options.mode == "full",
            "--mode full replaces all rows, and --incremental reads only new ones",
            "--mode append or upsert",
        ),
        (
            options.incremental and landed,
            "--from-lake reads no source that --incremental could ask",
            "leave out --incremental",
        ),
        (
            options.lag is not None and not options.incremental,
            "--lag is for --incremental",
            "--incremental COLUMN",
        ),
    ]


def fault_of(name: str) -> str | None:
    """Why nothing can be called so: files and marks lie in folders of that name."""
    if not name or name.startswith(".") or len(name.encode()) > _LONGEST_NAME:
        return f"is no name: 1 to {_LONGEST_NAME} bytes that do not begin with a dot"
    if any(sign in "/\\" or ord(sign) < 32 for sign in name):
        return "is no name of a folder: it has a slash or an invisible sign in it"
    return None
