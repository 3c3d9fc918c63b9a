"""Where histories deliver to: real tables, and ways to put them out of reach."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.deliveries.model import Row, Rows, Spec, rows

OPTIONS = {
    "append": "",
    "full": "",
    "upsert_by_key": ", unique_keys: [id]",
    "incremental_by_time": ", time_column: day",
    "overwrite_partitions": ", partition_by: [part]",
}


class Postgres:
    """A database of its own; out of reach behind a port that nobody listens to."""

    name = "postgres"
    restores = False
    """Whether a rollback puts a table back to a version of its own."""
    specs = (
        *("appended", "grouped", "merged", "timed", "newest"),
        *("strict", "both_appended", "both_merged"),
    )
    ways = ("port",)

    def __init__(self, database) -> None:
        self.database = database

    def prepare(self, root: Path) -> None:
        self.database.run(
            "CREATE SCHEMA out; CREATE TABLE out.strict"
            " (id int, day date, part text, v int, word varchar(6))"
        )
        self.up(root)

    def target(self, spec: Spec) -> str:
        table = f"type: postgresql, connection: pg, table: out.{spec.name}"
        return f"{{{table}, mode: {spec.mode}{OPTIONS[spec.mode]}}}"

    def up(self, root: Path) -> None:
        (root / "profiles.yml").write_text(self.database.profile)

    def down(self, root: Path, way: str) -> None:
        port = f"port: {self.database.parameters['port']}"
        profile = self.database.profile.replace(port, "port: 1")
        (root / "profiles.yml").write_text(profile + "    connect_timeout: 2\n")

    def rows(self, root: Path, spec: Spec, environment: str = "") -> Rows:
        table = f"out{environment and f'__{environment}'}.{spec.name}"
        if self.database.value("SELECT to_regclass(%s)", table) is None:
            return ()
        return rows(map(plain, self.database.rows(f"SELECT * FROM {table}")))

    def settle(self) -> None:
        """Close what this process has open, and wait until what a killed one has begun ends."""
        from seeknal_postgres.pool import close_idle

        close_idle()
        others = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with self.database.connect() as connection:
            while connection.execute(others).fetchone() != (0,):
                time.sleep(0.01)


class HookedPostgres(Postgres):
    """The same, with statements before and after the rows of each delivery, which count it."""

    name = "hooked"
    _counted = "INSERT INTO public.counted VALUES ('{}', '{{{{ this }}}}')"

    def prepare(self, root: Path) -> None:
        self.database.run("CREATE TABLE public.counted (what text, place text)")
        super().prepare(root)

    def target(self, spec: Spec) -> str:
        plain = super().target(spec).removesuffix("}")
        before, after = (self._counted.format(what) for what in ("before", "after"))
        return f'{plain}, pre_hook: "{before}", post_hook: ["{after}", "ANALYZE {{{{ this }}}}"]}}'

    def rows(self, root: Path, spec: Spec, environment: str = "") -> Rows:
        found = super().rows(root, spec, environment)
        self.settle()
        suffix = f"__{environment}" if environment else ""
        ledger, table = f"seeknal{suffix}.deliveries", f"out{suffix}.{spec.name}"
        made = self.database.value("SELECT to_regclass(%s)", ledger) is not None
        count = f"SELECT count(*) FROM {ledger} WHERE table_name = %s"
        recorded = self.database.value(count, table) if made else 0
        place = f'"out{suffix}"."{spec.name}"'
        counted = "SELECT count(*) FROM public.counted WHERE what = %s AND place = %s"
        ran = [self.database.value(counted, what, place) for what in ("before", "after")]
        assert ran == [recorded, recorded], f"{table}: {recorded} deliveries, hooks ran {ran}"
        return found


class Iceberg:
    """The project's own catalog; out of reach when something else stands in its place."""

    name = "iceberg"
    restores = True
    specs = (
        *("appended", "grouped", "merged", "timed", "parted", "newest"),
        *("both_appended", "both_merged"),
    )
    ways = ("catalog", "folder", "warehouse")

    def prepare(self, root: Path) -> None:
        (root / ".seeknal/iceberg").mkdir(parents=True)

    def target(self, spec: Spec) -> str:
        table = f"type: iceberg, table: atlas.out.{spec.name}"
        return f"{{{table}, mode: {spec.mode}{OPTIONS[spec.mode]}}}"

    def down(self, root: Path, way: str) -> None:
        place, away = self.paths(root, way)
        if place.exists():
            place.rename(away)
        if way == "catalog":
            place.mkdir()
        else:
            place.write_text("in the way")

    def up(self, root: Path) -> None:
        for way in self.ways:
            place, away = self.paths(root, way)
            if way == "catalog" and place.is_dir():
                shutil.rmtree(place)
            elif way != "catalog" and place.is_file():
                place.unlink()
            if away.exists():
                away.rename(place)
        (root / ".seeknal/iceberg").mkdir(exist_ok=True)

    def paths(self, root: Path, way: str) -> tuple[Path, Path]:
        folder = root / ".seeknal/iceberg"
        named = {"catalog": folder / "catalog.db", "warehouse": folder / "warehouse"}
        place = named.get(way, folder)
        return place, place.with_name(f"{place.name}.away")

    def rows(self, root: Path, spec: Spec, environment: str = "") -> Rows:
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import NoSuchTableError

        folder = root / ".seeknal/iceberg"
        if not (folder / "catalog.db").is_file():
            return ()
        catalog = load_catalog(
            "atlas",
            type="sql",
            uri=f"sqlite:///{folder / 'catalog.db'}",
            warehouse=(folder / "warehouse").as_uri(),
        )
        namespace = f"out{environment and f'__{environment}'}"
        try:
            found = catalog.load_table((namespace, spec.name)).scan().to_arrow().to_pylist()
        except NoSuchTableError:
            return ()
        finally:
            catalog.close()
        return rows(plain(row.values()) for row in found)

    def settle(self) -> None: ...


class StarRocks:
    """What stands in for StarRocks, in a process of its own; out of reach behind another port."""

    name = "starrocks"
    restores = False
    specs = ("merged", "timed", "newest", "both_merged")
    ways = ("port",)

    def __init__(self, port: int, http_port: int) -> None:
        self.ports = {"port": port, "http_port": http_port}

    def prepare(self, root: Path) -> None:
        self.up(root)

    def target(self, spec: Spec) -> str:
        table = f"type: starrocks, connection: sr, table: out.{spec.name}"
        return f"{{{table}, mode: {spec.mode}{OPTIONS[spec.mode]}}}"

    def up(self, root: Path, **without: int) -> None:
        ports = {**self.ports, **without}.items()
        given = "".join(f"    {name}: {port}\n" for name, port in ports)
        (root / "profiles.yml").write_text(
            "connections:\n  sr:\n    type: starrocks\n    host: 127.0.0.1\n    user: root\n"
            + given
        )

    def down(self, root: Path, way: str) -> None:
        self.up(root, **{way: 1})

    def rows(self, root: Path, spec: Spec, environment: str = "") -> Rows:
        import pymysql

        table = f"`out{environment and f'__{environment}'}`.{spec.name}"
        with (
            pymysql.connect(host="127.0.0.1", port=self.ports["port"], user="root") as server,
            server.cursor() as cursor,
        ):
            try:
                cursor.execute(f"SELECT id, day, part, v, word FROM {table}")
            except pymysql.MySQLError:
                return ()
            return rows(map(plain, cursor.fetchall()))

    def settle(self) -> None:
        """What a killed one has begun ends with its connections, soon."""
        time.sleep(0.05)


@contextlib.contextmanager
def served() -> Iterator[StarRocks]:
    """A server that holds nothing, in a process of its own: it outlives what is killed."""
    command = [sys.executable, "-m", "seeknal_starrocks.testing", "--statements"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield StarRocks(*map(int, re.findall(r"\d+", server.stdout.readline())))
        server.stdin.close()
        server.wait()


def plain(row) -> Row:
    """Numbers and text."""
    return tuple(None if v is None else v if isinstance(v, int) else str(v) for v in row)
