"""Serves a stand-in until it is ended: ``python -m seeknal_starrocks.testing --port 9030``.

The first line that it prints has its ports. What it reads on its input it carries out, a statement
each line, and it ends with its input.
"""

from __future__ import annotations

import argparse
import sys

from seeknal_starrocks.testing.refusing import Refused
from seeknal_starrocks.testing.server import StandIn


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seeknal_starrocks.testing")
    parser.add_argument("--port", type=int, default=0, help="of the MySQL protocol; any else")
    parser.add_argument("--http-port", type=int, default=0, help="of loads; any else")
    parser.add_argument("--version", default="3.5.0", help="the StarRocks that it says to be")
    parser.add_argument("--database", default="seeknal", help="that there is at first")
    asked = parser.parse_args(arguments)
    with StandIn(version=asked.version, port=asked.port, http_port=asked.http_port) as server:
        server.add_database(asked.database)
        print(f"port {server.port}, http_port {server.http_port}, user root", flush=True)
        for line in sys.stdin:
            _carry_out(server, line.strip(), asked.database)
    return 0


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
