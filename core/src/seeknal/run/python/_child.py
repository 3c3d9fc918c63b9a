"""The other end of `seeknal.project.python.uv`: answers one job in a process with its own packages.

Runs as a script. Of seeknal only the source files are at hand, not what is installed beside them.
"""

from __future__ import annotations

import importlib.machinery
import json
import logging
import os
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

EVENT = "\x1e"
"""What lines for the parent begin with."""


class OurPackage:
    """Finds the package ``seeknal`` where the parent has it."""

    def __init__(self, folder: str) -> None:
        self.folder = str(Path(folder).parent)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        where = [self.folder] if path is None else path
        if name.partition(".")[0] == "seeknal":
            return importlib.machinery.PathFinder.find_spec(name, where, target)
        return None


def main(question: Path) -> None:
    job = json.loads(question.read_text(encoding="utf-8"))
    threading.Thread(target=end_with_parent, daemon=True).start()
    # Each line goes out when it is written: the parent shows it.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    tell({"ready": True})
    sys.meta_path.insert(0, OurPackage(job["seeknal"]))
    answer = describe(job) if job["do"] == "describe" else run(job)
    path = Path(job["answer"])
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(answer), encoding="utf-8")
    temporary.replace(path)


def tell(event: dict[str, Any]) -> None:
    """Send the parent a line of our own among those that the function prints."""
    os.write(1, f"{EVENT}{json.dumps(event)}\n".encode())


def end_with_parent() -> None:
    """The parent keeps our standard input open for as long as it lives."""
    # Not by sys.stdin: a thread that holds its lock when Python ends is a fatal error.
    while os.read(0, 1 << 16):
        pass
    os._exit(1)


def describe(job: dict[str, Any]) -> dict[str, Any]:
    """What the file's decorators declare, learned by importing it."""
    from seeknal.project.python.pipelines import imported_declarations

    return imported_declarations(Path(job["file"]), Path(job["root"]))


class Told(logging.Handler):
    """Tells the parent what the function logs."""

    def emit(self, record: logging.LogRecord) -> None:
        tell({"level": record.levelno, "text": record.getMessage()})


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Call the node's function and store what it returns."""
    from seeknal.run.frozen import frozen_clock
    from seeknal.values.errors import NodeError

    captured: list[str] = []
    answer: dict[str, Any] = {"sql": captured}
    try:
        with frozen_clock(moment_of(job["frozen"])):
            return answer | result(job, captured)
    except NodeError as error:
        location = error.location
        return answer | {
            "error": {
                "message": error.message,
                "code": error.code,
                "help": error.help,
                "file": location.file if location else "",
                "line": location.line if location else 0,
            }
        }


def result(job: dict[str, Any], captured: list[str]) -> dict[str, Any]:
    import duckdb

    from seeknal.run.engine import define_views, open_instance, write_rows
    from seeknal.run.frozen import freeze_instance
    from seeknal.run.python.function import call_function
    from seeknal.run.python.tabular import Workspace
    from seeknal.values.errors import NodeError
    from seeknal.values.names import NodeId

    cursor = open_instance()
    define_views(cursor, {NodeId(id): f"FROM {scan}" for id, scan in job["inputs"].items()})
    for instance in (cursor, duckdb.default_connection()):
        freeze_instance(instance, moment_of(job["frozen"]))
    call = call_of(job, captured)
    storing = open_instance()
    workspace, outside = (
        Workspace(lambda: cursor, call.workdir),
        Workspace(lambda: storing, call.workdir),
    )
    scan = call_function(call, workspace, outside)
    if scan is None:
        return {}
    try:
        rows, columns = write_rows(storing, scan, Path(job["result"]))
    except duckdb.Error as error:
        raise NodeError(str(error), code="SK0516") from error
    return {"rows": rows, "columns": [[column.name, column.type] for column in columns]}


def moment_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def call_of(job: dict[str, Any], captured: list[str]) -> Any:
    from seeknal.run.python.context import Call
    from seeknal.sql.quote import quote_name
    from seeknal.values.columns import Column
    from seeknal.values.names import NodeId
    from seeknal.values.relations import Interval

    logger = logging.Logger("seeknal.node", logging.INFO)
    logger.addHandler(Told(logging.INFO))
    ends = [datetime.fromisoformat(text) for text in job["interval"] or ()]
    return Call(
        node=NodeId(job["node"]),
        file=Path(job["file"]),
        root=Path(job["root"]),
        workdir=Path(job["workdir"]),
        inputs={NodeId(id): quote_name(*id.split(".", 1)) for id in job["inputs"]},
        source=job["source"],
        this=job["this"],
        columns=tuple(Column(name, type) for name, type in job["columns"]),
        contract=job["contract"],
        params=job["params"],
        variables=job["variables"],
        interval=Interval(start=ends[0], end=ends[1]) if ends else None,
        environment=job["environment"],
        run_id=job["run_id"],
        log=logger,
        capture=captured.append,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
