"""Plays one story alone."""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.deliveries.places import HookedPostgres, Iceberg, Postgres, StarRocks, served
from tests.deliveries.telling import Teller


@contextlib.contextmanager
def postgres(folder: Path, place: type[Postgres] = Postgres) -> Iterator[Postgres]:
    from tests.postgres.server import Database, start

    server = start(folder / "postgres")
    try:
        yield place(Database(server))
    finally:
        server.stop()


@contextlib.contextmanager
def iceberg(folder: Path) -> Iterator[Iceberg]:
    yield Iceberg()


@contextlib.contextmanager
def starrocks(folder: Path) -> Iterator[StarRocks]:
    with served() as place:
        yield place


def main(name: str, text: str) -> int:
    story = json.loads(text)
    makers = {
        "postgres": postgres,
        "hooked": partial(postgres, place=HookedPostgres),
        "iceberg": iceberg,
        "starrocks": starrocks,
    }
    with tempfile.TemporaryDirectory() as folder:
        teller = Teller(lambda: makers[name](Path(folder)), Path(folder) / "stories")
        why = teller.told(story["targets"], story["actions"])
    print(why or "holds")
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
