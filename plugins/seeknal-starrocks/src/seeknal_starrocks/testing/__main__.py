"""Serves a stand-in until it is ended: ``python -m seeknal_starrocks.testing --port 9030``.

The first line that it prints has its ports. Ctrl-C and SIGTERM end it. With ``--statements`` it
carries out what it reads on its input, a statement each line, and ends with its input.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import threading
from contextlib import suppress

from seeknal_starrocks.testing.refusing import Refused
from seeknal_starrocks.testing.server import StandIn


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seeknal_starrocks.testing")
    parser.add_argument("--port", type=_port, default=0, help="of the MySQL protocol; any else")
    parser.add_argument("--http-port", type=_port, default=0, help="of loads; any else")
    parser.add_argument(
        "--version", type=_version, default="3.5.0", help="the StarRocks that it says to be"
    )
    parser.add_argument("--database", default="seeknal", help="that there is at first")
    parser.add_argument(
        "--statements",
        action="store_true",
        help="carry out those of the input, one on each line, and end with it",
    )
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server = StandIn(version=asked.version, port=asked.port, http_port=asked.http_port)
    except OSError as error:
        parser.error(f"port {asked.port}, http port {asked.http_port}: {error.strerror or error}")
    with server:
        server.add_database(asked.database)
        print(f"port {server.port}, http_port {server.http_port}, user root", flush=True)
        with suppress(KeyboardInterrupt):
            _serve(server, asked.database if asked.statements else None)
    return 0


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return int(text)


def _version(text: str) -> str:
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"{text} is no version such as 3.5.0")
    return text


def _serve(server: StandIn, database: str | None) -> None:
    """Until the input ends, of which statements are of ``database``; else for good."""
    if database is None:
        threading.Event().wait()
    for line in sys.stdin:
        _carry_out(server, line.strip(), database or "")


def _carry_out(server: StandIn, statement: str, database: str) -> None:
    if not statement:
        return
    try:
        for row in server.execute(statement, database):
            print(*row, sep="\t", flush=True)
    except Refused as refused:
        print(refused.message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
