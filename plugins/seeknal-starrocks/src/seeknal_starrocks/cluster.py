"""Which hosts belong to a cluster, so that the password goes to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.plugin import DeliveryError
from seeknal_starrocks.addresses import address_of
from seeknal_starrocks.connecting import tls_of
from seeknal_starrocks.http import Door
from seeknal_starrocks.server import Lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from seeknal_starrocks.http import Place
    from seeknal_starrocks.options import StarRocks
    from seeknal_starrocks.server import Server

_NODES = ("SHOW BACKENDS", "SHOW COMPUTE NODES")


def door_of(name: str, options: StarRocks, server: Server) -> Door:
    """How the cluster of a connection is asked by HTTP. Raises ConnectionFailed."""
    address = address_of(name, options)
    encrypted = options.ssl in ("required", "verify_ca", "verify_identity")
    return Door(
        frontend=(address.host, options.http_port),
        user=address.user,
        password=address.password,
        tls=tls_of(name, options) if encrypted else None,
        connect_timeout=max(1, int(options.connect_timeout.seconds)),
        # More than the server takes for a load, so that its own word comes first.
        timeout=int(options.query_timeout.seconds) + 30,
        may=_guard(address.host, options.load_hosts, server),
    )


def _guard(host: str, given: tuple[str, ...], server: Server) -> Callable[[Place], None]:
    known: list[set[Place]] = []

    def may(place: Place) -> None:
        if f"{place[0]}:{place[1]}" in {entry.strip().lower() for entry in given}:
            return
        if not known:
            known.append(_nodes(server))
        # Where nobody tells which nodes there are, they are those of the frontend's own host.
        if place in known[0] or (not known[0] and place[0] == host.lower()):
            return
        raise DeliveryError(
            f"the frontend sends the rows to {place[0]}:{place[1]}, which is no backend that is"
            " known: the password was not sent there",
            code="SK1939",
            help=f"if it is one: load_hosts: ['{place[0]}:{place[1]}'] of the connection",
        )

    return may


def _nodes(server: Server) -> set[Place]:
    """Those that the cluster names; none where the user may not ask."""
    found: set[Place] = set()
    for statement in _NODES:
        try:
            rows, names = server.ask_named(statement)
        except Lost:
            raise
        except DeliveryError:
            continue
        found |= {place for row in rows if (place := _place(dict(zip(names, row, strict=True))))}
    return found


def _place(row: dict[str, Any]) -> Place | None:
    host, port = row.get("IP") or row.get("Host"), str(row.get("HttpPort", ""))
    return (str(host).lower(), int(port)) if host and port.isdigit() else None
