"""Servers that only the recording of the corpus and long tests need: MariaDB and Apache Spark."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.unpacked import NotToBeHad, environment, unpacked

PACKAGES = ("mariadb-server-core", "libmariadb3", "mariadb-common", "liburing2", "libaio1")
WAIT = 90


class NoEngine(Exception):
    """An engine is not to be had on this machine."""


@contextmanager
def mariadb() -> Iterator[Path]:
    """A MariaDB without accounts that only its socket leads to; gives the socket.

    Its programs are Debian's, unpacked into a folder and not installed. Raises NoEngine where
    they are not to be had.
    """
    root = _mariadb_programs()
    shared = root / "usr/share/mysql"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "data").mkdir()
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    root / "usr/sbin/mariadbd",
                    "--no-defaults",
                    f"--datadir={place / 'data'}",
                    f"--socket={place / 'socket'}",
                    "--skip-networking",
                    "--skip-grant-tables",
                    f"--lc-messages-dir={shared}",
                    f"--character-sets-dir={shared / 'charsets'}",
                    "--innodb-log-file-size=8M",
                    "--innodb-buffer-pool-size=16M",
                    *(["--user=root"] if os.geteuid() == 0 else []),
                ],
                env=environment(root),
                stdout=log,
                stderr=log,
            )
        try:
            _wait(lambda: (place / "socket").exists(), process, place / "log")
            yield place / "socket"
        finally:
            _end(process)


def _mariadb_programs() -> Path:
    try:
        return unpacked("mariadb", PACKAGES)
    except NotToBeHad as error:
        raise NoEngine(str(error)) from None


@contextmanager
def spark_connect() -> Iterator[Any]:
    """A session of the Spark Connect server that the pyspark wheel contains, through ADBC.

    ``SEEKNAL_TEST_SPARK`` names a server that runs already (``sc://host:port``; Sail's starts
    faster, and gives other values in every sixth entry of the corpus), ``SPARK_HOME`` the folder
    of one to start. Raises NoEngine where there is neither.
    """
    try:
        from adbc_driver_spark import dbapi
    except ImportError as error:
        raise NoEngine("no adbc-driver-spark, which is in the dependency group engines") from error
    if address := os.environ.get("SEEKNAL_TEST_SPARK"):
        with dbapi.connect(address) as connection:
            yield connection
        return
    with _spark_server() as address, dbapi.connect(address) as connection:
        yield connection


@contextmanager
def _spark_server() -> Iterator[str]:
    home = _spark_home()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        port = _free_port()
        settings = {
            "spark.connect.grpc.binding.port": port,
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "true",
            "spark.sql.decimalOperations.allowPrecisionLoss": "false",
            "spark.sql.warehouse.dir": place / "warehouse",
            "spark.sql.shuffle.partitions": 1,
            # Else what ten thousands of queries leave behind fills its memory.
            "spark.sql.ui.retainedExecutions": 5,
            "spark.ui.retainedJobs": 5,
            "spark.ui.retainedStages": 5,
            "spark.ui.retainedTasks": 50,
            "spark.connect.ui.retainedStatements": 5,
        }
        options = [part for key, of in settings.items() for part in ("--conf", f"{key}={of}")]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    home / "bin/spark-submit",
                    *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
                    *("--master", "local[1]", "--driver-memory", "2g"),
                    *options,
                    *("--name", "corpus", "spark-internal"),
                ],
                env={**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_DIRS": folder},
                cwd=folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _wait(lambda: _listens(port), process, place / "log")
            yield f"sc://127.0.0.1:{port}"
        finally:
            _end(process)


def _spark_home() -> Path:
    if not shutil.which("java"):
        raise NoEngine("Spark needs a Java of 17 or newer")
    if home := os.environ.get("SPARK_HOME"):
        return Path(home)
    from importlib.util import find_spec

    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise NoEngine("no pyspark, which is in the dependency group engines")
    return Path(found.origin).parent


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + WAIT
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise NoEngine(f"it did not start: {log.read_text(errors='replace')[-600:]}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
