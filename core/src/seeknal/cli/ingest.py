"""``ingest``: rows of any source into a lake and a warehouse, without a project."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command
from seeknal.cli.common import (
    explicit,
    identifiers,
    lock_timeout_option,
    project_or_folder,
    scalar,
)
from seeknal.cli.ending import at_the_end
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import CLEAR, is_terminal, say, warn
from seeknal.kernel.command_options import (
    connection_option,
    force_option,
    format_option,
    profile_option,
)
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.ingesting.loading import Result


@click.command("ingest", cls=Command)
@click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path), help="Options in a file."
)
@connection_option
@click.option("--source", metavar="TYPE", help="The source's type, where nothing else says it.")
@click.option("--path", multiple=True, metavar="PATH|URL", help="Files or a URL to read.")
@click.option("--table", metavar="TABLE", help="The table to read.")
@click.option("--query", metavar="SQL", help="The query whose rows are read; the source runs it.")
@click.option("--tables", multiple=True, metavar="PATTERN", help="Load each table that matches.")
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="Of the source's type.")
@click.option(
    "--column-type",
    "columns",
    multiple=True,
    metavar="NAME=TYPE",
    help="The type of a column; the others come as they are.",
)
@click.option("--name", metavar="NAME", help="What the load is called; else the table's name.")
@click.option("--into", metavar="CONNECTION[:TABLE]", help="The warehouse and the table.")
@click.option(
    "--lake", metavar="DIR", show_default="lake", help="The folder that files land in first."
)
@click.option(
    "--pipeline", metavar="NAME", show_default="default", help="What the load belongs to."
)
@click.option(
    "--mode",
    metavar="append|full|upsert",
    type=click.Choice(("append", "full", "upsert")),
    show_default="append",
    help="Add rows, replace all, or replace those with the same keys.",
)
@click.option("--keys", multiple=True, metavar="COLUMNS", help="Match rows by these columns.")
@click.option("--incremental", metavar="COLUMN", help="Read only rows from the last mark on.")
@click.option(
    "--lag", metavar="DURATION|N", help="Read again so far below the mark, for rows that are late."
)
@click.option(
    "--schema-change",
    metavar="evolve|freeze|fail",
    type=click.Choice(("evolve", "freeze", "fail")),
    show_default="evolve",
    help="New columns are added, left out, or refused.",
)
@click.option(
    "--from-lake", multiple=True, metavar="PATH", help="Load landed files, folders or patterns."
)
@force_option
@lock_timeout_option
@profile_option
@format_option("text", "json")
def ingest_command(config: Path | None, format_: str, **given: Any) -> int:
    """Load rows of any source into a lake and a warehouse, without a project.

    CONNECTION is one of profiles.yml, a URL or a connector file. Rows land in the lake first, as
    Parquet, and the table is made where there is none. The warehouse keeps
    what was loaded in etl_audit_log. With --incremental only new rows are read: those at the mark
    are neither lost nor doubled, and it moves when the warehouse has them.
    """
    from seeknal.ingesting.options import read_options
    from seeknal.ingesting.places import refuse_password, refuse_secret, split_into
    from seeknal.ingesting.several import Ingestion

    refuse_password(given["connection"])
    refuse_password(split_into(given["into"])[0] if given["into"] else None)
    for path in given["path"]:
        refuse_password(path)
    for entry in given["params"]:
        refuse_secret(entry)
    options = read_options(_given(given), config)
    results: list[Result] = []
    began = time.monotonic()
    ingestion = Ingestion(options, _Progress(), Path.cwd(), project_or_folder())
    # Until all is said and the process ends, whoever waits for it does not know what it did.
    at_the_end(ingestion.call.close)
    try:
        for result in ingestion.results():
            results.append(result)
            if result.error is not None:
                from seeknal.cli.failures import message

                error = result.error
                text = f"{result.name}: {error.message}"
                say(message("error", error.code, text, error.location, error.help))
    except BaseException as error:
        if format_ == "json":
            _answer_failure(error, time.monotonic() - began)
        raise
    return _answer(results, bool(options.tables), format_)


def _given(flags: dict[str, Any]) -> dict[str, object]:
    """The options that stand on the command line, as a file would say them."""
    found: dict[str, object] = {}
    for name, value in flags.items():
        if not explicit(name) or value in (None, ()):
            continue
        if name in ("params", "columns"):
            found[name] = dict(_pair(entry, name) for entry in value)
        elif name == "keys":
            found[name] = list(identifiers(value))
        elif name in ("path", "tables", "from_lake"):
            found[name] = list(value)
        elif name == "lock_timeout":
            found[name] = f"{ceil(value)}s"
        else:
            found[name] = str(value) if isinstance(value, Path) else value
    return found


def _pair(entry: str, name: str) -> tuple[str, object]:
    key, equals, value = entry.partition("=")
    if not equals or not key:
        option = "--param" if name == "params" else "--column-type"
        raise UsageError(f"{option} {entry!r} is not KEY=VALUE", code="SK1602")
    return key, scalar(value) if name == "params" else value


def _answer(results: Sequence[Result], several: bool, format_: str) -> int:
    from seeknal.ingesting.call import answer_of

    failed = [entry for entry in results if entry.error is not None]
    if format_ == "json":
        from seeknal.cli.answers import answered

        found = answer_of(list(results), several=several)
        status = "failed" if failed else "success"
        if several:
            found["loads"] = [
                {**told, **_error_of(entry)}
                for told, entry in zip(found["loads"], results, strict=True)
            ]
        print_json(answered(status, **{key: found[key] for key in found if key != "status"}))
    return 1 if failed else 0


def _error_of(result: Result) -> dict[str, Any]:
    from seeknal.cli.answers import error_answer

    if result.error is None:
        return {"error": None}
    error = result.error
    return {"status": "failed", "error": error_answer(error.message, error.code, error.help)}


def _answer_failure(error: BaseException, seconds: float) -> None:
    from seeknal.cli.answers import failure_answer

    if not isinstance(error, Exception):
        return
    nothing = {"rows_loaded": 0, "parquet_files": 0, "files": []}
    print_json(
        {
            **failure_answer(error, "--debug shows where"),
            **nothing,
            "duration_seconds": round(seconds, 3),
        }
    )


class _Progress:
    """Tells people on stderr how loads go on, a line at its foot where that is a terminal."""

    def __init__(self) -> None:
        import sys

        self._live = is_terminal(sys.stderr)
        self._began = 0.0
        self._shown = 0.0

    def began(self, name: str, table: str) -> None:
        self._foot(f"{name}: reading")

    def fetched(self, name: str, rows: int, seconds: float) -> None:
        self._began = time.monotonic()
        if seconds:
            self._say(f"{name}: read {count(rows, 'row')} in {_time(rows, seconds)}")

    def sent(self, name: str, rows: int, total: int) -> None:
        now = time.monotonic()
        if now - self._shown < (0.2 if self._live else 10):
            return
        self._shown = now
        rate = rows / max(now - self._began, 1e-3)
        text = f"{name}: {rows:,} of {count(total, 'row')}, {rate:,.0f} rows/s"
        if self._live:
            self._foot(text)
        elif now - self._began > 10:
            say(text)

    def loaded(self, name: str, rows: int, seconds: float, detail: str) -> None:
        told = f", {detail}" if detail else ""
        self._say(f"{name}: loaded {count(rows, 'row')} in {_time(rows, seconds)}{told}")

    def note(self, level: int, text: str) -> None:
        self._clear()
        if level >= 30:
            warn(text)
        else:
            say(text)

    def _say(self, text: str) -> None:
        self._clear()
        say(text)

    def _foot(self, text: str) -> None:
        import sys

        if self._live:
            sys.stderr.write(f"{CLEAR}{text}")
            sys.stderr.flush()

    def _clear(self) -> None:
        self._foot("")


def _time(rows: int, seconds: float) -> str:
    return f"{seconds:.1f} s ({rows / max(seconds, 1e-3):,.0f} rows/s)"
