"""The server: StarRocks' MySQL protocol, its catalogs, and what goes wrong with them."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from seeknal_starrocks.testing.engine import outside
from seeknal_starrocks.testing.engine.results import Rows
from seeknal_starrocks.testing.engine.sessions import ROOT, Session
from seeknal_starrocks.testing.engine.things import Catalog
from seeknal_starrocks.testing.engine.world import World
from seeknal_starrocks.testing.faults import Faults
from seeknal_starrocks.testing.http.loading import Loading
from seeknal_starrocks.testing.http.nodes import Backend, Frontend
from seeknal_starrocks.testing.http.requests import Node, Served
from seeknal_starrocks.testing.log import Log
from seeknal_starrocks.testing.wire.conversation import Listening, converse
from seeknal_starrocks.testing.wire.listener import Listener

if TYPE_CHECKING:
    from seeknal_starrocks.testing.http.requests import Request

HOST = "127.0.0.1"


class StandIn:
    """A server for tests, on the loopback address.

    It is stricter than StarRocks and never laxer. ``users`` have passwords; ``root`` may do
    everything, others what was granted to them. With ``certificate`` and ``key``, files in PEM,
    it takes TLS, and with ``requires_tls`` nothing else. ``backends`` is how many replicas a table
    can have. Use it in a ``with`` statement, or call ``close``.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        version: str = "3.5.0",
        backends: int = 3,
        certificate: Path | None = None,
        key: Path | None = None,
        requires_tls: bool = False,
        port: int = 0,
        http_port: int = 0,
    ) -> None:
        numbers = tuple(map(int, version.split(".")))
        self.users = dict(users if users is not None else {ROOT: ""})
        self.faults = Faults()
        """Switches that let it go wrong."""
        self.log = Log()
        """What it was asked."""
        self.world = World(version=numbers, backends=backends, faults=self.faults)
        listening = Listening(
            world=self.world,
            users=self.users,
            tls=_tls(certificate, key),
            log=self.log,
            requires_tls=requires_tls,
        )
        self._listener = Listener(HOST, port, lambda packets, id: converse(packets, listening, id))
        self._loading = Loading(self.world)
        self._backend = Served(HOST, 0, self._node(Backend, "be"))
        self.world.port_of_backend = self._backend.port
        self._frontend = Served(HOST, http_port, self._node(Frontend, "fe"))

    def _node(self, kind: type[Request], name: Literal["fe", "be"]) -> type[Request]:
        backend = f"{HOST}:{self._backend.port}" if name == "fe" else ""
        node = Node(
            name=name, loading=self._loading, users=self.users, log=self.log, backend=backend
        )
        return type(kind.__name__, (kind,), {"node": node})

    @property
    def host(self) -> str:
        return HOST

    @property
    def port(self) -> int:
        """Of the MySQL protocol."""
        return self._listener.port

    @property
    def http_port(self) -> int:
        """Of the frontend, which takes loads and sends them on."""
        return self._frontend.port

    @property
    def backend_port(self) -> int:
        """Of the backend, which carries them out."""
        return self._backend.port

    def close(self) -> None:
        """Ends every connection. What it held is gone."""
        self._listener.close()
        self._frontend.close()
        self._backend.close()
        self.world.close()

    def end_connections(self) -> None:
        """Ends every connection, as a server does that is started again; what it holds stays."""
        self._listener.end_connections()

    def execute(self, sql: str, database: str | None = None) -> list[tuple[object, ...]]:
        """The rows of a statement of root's, without a connection. Raises Refused."""
        session = Session(self.world)
        if database is not None:
            session.use(database)
        result = session.execute(sql)
        return [tuple(row) for row in result.rows] if isinstance(result, Rows) else []

    def add_database(self, name: str, catalog: str = "default_catalog") -> None:
        """Makes a database, unless there is one of this name."""
        self.world.create_database(catalog, name, if_not_exists=True)

    def add_catalog(self, name: str, type: str = "iceberg") -> None:
        """Makes an external catalog without a database. Raises Refused where there is one."""
        self.world.create_catalog(name, Catalog(properties={"type": type}))

    def add_table(
        self,
        name: str,
        columns: Mapping[str, str],
        rows: Iterable[Sequence[object]] = (),
        *,
        partitioned_by: Sequence[str] = (),
        evolved: bool = False,
    ) -> None:
        """Makes ``catalog.database.table`` of an external catalog, or another in its place.

        What is another is not seen before ``REFRESH EXTERNAL TABLE``: StarRocks keeps what it
        has read of a catalog.
        ``columns`` have StarRocks' types. ``partitioned_by`` are Iceberg's transforms, as
        ``day(at)``, or columns; ``evolved``: it was partitioned otherwise before. Raises Refused
        for a catalog that there is not.
        """
        outside.add(self.world, name, columns, rows, partitioned_by=partitioned_by, evolved=evolved)

    def publish(self) -> None:
        """Let the rows be seen of loads that are committed and whose publishing timed out."""
        with self.world.changing:
            self.world.loads.publish()

    def settle(self, database: str, label: str, *, commit: bool) -> None:
        """End a load that lingers: ``commit`` it, or let it be aborted.

        Raises ValueError where there is none.
        """
        self._loading.settle(database, label, commit=commit)

    def forget_labels(self) -> None:
        """Let labels be unknown of loads that have ended, as they are after some days."""
        with self.world.changing:
            self.world.loads.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
