"""Plays one story alone."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.deliveries.places import Iceberg, Postgres
from tests.deliveries.telling import Teller


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    from tests.postgres.server import Database, start

    server = start(folder / "postgres")
    try:
        yield Postgres(Database(server))
    finally:
        server.stop()


@contextlib.contextmanager
def iceberg(folder: Path) -> Iterator[Iceberg]:
    yield Iceberg()


def main(name: str, text: str) -> int:
    story = json.loads(text)
    makers = {"postgres": postgres, "iceberg": iceberg}
    with tempfile.TemporaryDirectory() as folder:
        teller = Teller(lambda: makers[name](Path(folder)), Path(folder) / "stories")
        why = teller.told(story["targets"], story["actions"])
    print(why or "holds")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
