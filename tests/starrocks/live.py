"""A StarRocks that runs somewhere, in place of the one that stands in for it.

``SEEKNAL_TEST_STARROCKS=host:port`` names its frontend. ``SEEKNAL_TEST_STARROCKS_USER``, else
root, makes the database ``shop`` anew for each test, with ``SEEKNAL_TEST_STARROCKS_PASSWORD``.
One of a single backend has to make tables of one replica: ``ADMIN SET FRONTEND CONFIG
("default_replication_num" = "1")``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest


class Live:
    """Where it is, and what is asked there without the plugin."""

    def __init__(self, place: str) -> None:
        self.host, _, port = place.rpartition(":")
        self.port = int(port)
        self.user = os.environ.get("SEEKNAL_TEST_STARROCKS_USER", "root")
        self.password = os.environ.get("SEEKNAL_TEST_STARROCKS_PASSWORD", "")
        self.execute("DROP DATABASE IF EXISTS shop FORCE")
        self.execute("CREATE DATABASE shop")

    def execute(self, sql: str, database: str | None = None) -> list[Any]:
        """The rows of a statement."""
        import pymysql

        connection = pymysql.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=database,
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        pytest.skip(f"only the stand-in has {name!r}")


def live() -> Live | None:
    place = os.environ.get("SEEKNAL_TEST_STARROCKS")
    return Live(place) if place else None
