"""A MariaDB that the network leads to, with accounts and TLS: what real servers do on the wire."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from tests.unpacked import environment, unpacked

PACKAGES = ("mariadb-server-core", "libmariadb3", "mariadb-common", "liburing2", "libaio1")
PASSWORD = "m4r1a-s3cret"
WAIT = 60


@frozen
class MariaDb:
    """Its user ``reader`` has ``PASSWORD``, and all rights."""

    port: int
    socket: Path
    host: str = "127.0.0.1"

    def execute(self, *statements: str, database: str | None = "shop") -> list[Any]:
        """The rows of the last statement, as root by the socket."""
        import pymysql

        connection = pymysql.connect(
            unix_socket=str(self.socket), user="root", database=database, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


@contextmanager
def mariadb(certificate: Path | None = None, key: Path | None = None) -> Iterator[MariaDb]:
    """Raises NotToBeHad where its programs, Debian's, are not to be had."""
    root = unpacked("mariadb", PACKAGES)
    shared = root / "usr/share/mysql"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "data").mkdir()
        port = _free_port()
        given = [
            "--no-defaults",
            f"--datadir={place / 'data'}",
            f"--socket={place / 'socket'}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--lc-messages-dir={shared}",
            f"--character-sets-dir={shared / 'charsets'}",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=64M",
            "--max-allowed-packet=128M",
            "--skip-name-resolve",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]
        if certificate is not None:
            given += [f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        _make(root, given)
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [root / "usr/sbin/mariadbd", *given],
                env=environment(root),
                stdout=log,
                stderr=log,
            )
        try:
            _wait(place / "socket", process, place / "log")
            yield MariaDb(port=port, socket=place / "socket")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _make(root: Path, given: list[str]) -> None:
    """The tables of the server itself, with an account for who comes by the network."""
    scripts = root / "usr/share/mysql"
    tables = [
        (scripts / name).read_text()
        for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
    ]
    statements = (
        "CREATE DATABASE mysql;\nUSE mysql;\n"
        + "\n".join(tables)
        + "\nFLUSH PRIVILEGES;\nCREATE DATABASE shop;\n"
        f"CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO reader@'%';\n"
        "CREATE USER other@'%';\nGRANT SELECT ON shop.* TO other@'%';\n"
    )
    subprocess.run(
        [root / "usr/sbin/mariadbd", *given, "--bootstrap", "--skip-networking"],
        env=environment(root),
        input=statements.encode(),
        check=True,
        capture_output=True,
    )


def _wait(place: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + WAIT
    while not place.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"MariaDB did not start: {log.read_text(errors='replace')[-900:]}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
