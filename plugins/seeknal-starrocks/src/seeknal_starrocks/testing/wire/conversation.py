"""One connection, from its greeting to its end."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.testing.armed import Dropped
from seeknal_starrocks.testing.engine.results import Done
from seeknal_starrocks.testing.engine.sessions import Session
from seeknal_starrocks.testing.engine.variables import MOST_BYTES_OF_PACKET
from seeknal_starrocks.testing.faults import LOGIN
from seeknal_starrocks.testing.log import Asked, Log
from seeknal_starrocks.testing.refusing import Refused, access_denied
from seeknal_starrocks.testing.wire import packets as wire
from seeknal_starrocks.testing.wire.columns import definition, encoder
from seeknal_starrocks.testing.wire.greeting import greet

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.results import Rows
    from seeknal_starrocks.testing.engine.world import World
    from seeknal_starrocks.testing.wire.greeting import Login
    from seeknal_starrocks.testing.wire.packets import Packets

_QUIT, _USE, _QUERY, _FIELDS, _PING, _RESET = 0x01, 0x02, 0x03, 0x04, 0x0E, 0x1F
_PREPARED = range(0x16, 0x1D)
_CLOSE_PREPARED = 0x19
_WITH_MICROSECONDS = (3, 3, 5)


@frozen(kw_only=True)
class Listening:
    """What every connection of a server shares."""

    world: World
    users: Mapping[str, str]
    tls: ssl.SSLContext | None
    log: Log
    requires_tls: bool = False


def converse(packets: Packets, listening: Listening, id: int) -> None:
    """Serve a client until it goes. Raises Dropped where a fault ends the connection."""
    faults = listening.world.faults
    faults.armed.meet("connected")
    try:
        login = greet(packets, id, listening.users, listening.tls)
        if login is None:
            return
        session = _logged_in(login, listening, id)
    except Refused as refused:
        packets.write(wire.error(refused.code, refused.state, refused.message))
        packets.flush()
        return
    packets.write(wire.done())
    packets.flush()
    sessions = listening.world.sessions
    sessions[id] = session
    try:
        _serve(packets, session, listening)
    finally:
        del sessions[id]


def _logged_in(login: Login, listening: Listening, id: int) -> Session:
    faults = listening.world.faults
    listening.log.add(
        Asked(how="login", text=login.user, user=login.user, encrypted=login.encrypted)
    )
    fault = faults.armed.meet("login")
    if faults.armed.reach(LOGIN) is not None or (listening.requires_tls and not login.encrypted):
        raise access_denied(login.user, with_password=True)
    if fault is not None:
        raise Refused(fault.message)
    session = Session(listening.world, user=login.user, id=id)
    if login.database is not None:
        session.use(login.database)
    return session


def _serve(packets: Packets, session: Session, listening: Listening) -> None:
    while (payload := packets.read()) is not None:
        command, argument = payload[0], payload[1:]
        if command == _QUIT:
            return
        if command == _CLOSE_PREPARED:
            continue
        try:
            _carry_out(packets, session, listening, command, argument)
        except Refused as refused:
            packets.write(wire.error(refused.code, refused.state, refused.message))
        packets.flush()


def _carry_out(
    packets: Packets, session: Session, listening: Listening, command: int, argument: bytes
) -> None:
    if len(argument) > MOST_BYTES_OF_PACKET:
        said = "Got a packet bigger than 'max_allowed_packet' bytes"
        raise Refused(said, code=1153, state="08S01")
    if command == _QUERY:
        _statement(packets, session, listening, _decoded(argument))
    elif command == _USE:
        session.use(_decoded(argument))
        packets.write(wire.done())
    elif command == _PING:
        packets.write(wire.done())
    elif command == _RESET:
        session.reset()
        packets.write(wire.done())
    elif command == _FIELDS:
        packets.write(wire.end())
    elif command in _PREPARED:
        said = "This command is not supported in the prepared statement protocol yet"
        raise Refused(said, code=1295)
    else:
        raise Refused("Unknown command", code=1047, state="08S01")


def _decoded(argument: bytes) -> str:
    try:
        return argument.decode()
    except UnicodeDecodeError:
        raise Refused("A statement is UTF-8, and this is not") from None


def _statement(packets: Packets, session: Session, listening: Listening, sql: str) -> None:
    faults = listening.world.faults
    listening.log.add(Asked(how="statement", text=sql, user=session.user))
    if (fault := faults.armed.meet("asked")) is not None:
        raise Refused(fault.message)
    result = session.execute(sql)
    faults.armed.meet("carried out")
    if isinstance(result, Done):
        packets.write(wire.done(result.affected, result.message))
    else:
        _send(packets, result, session.world)


def _send(packets: Packets, result: Rows, world: World) -> None:
    microseconds = world.version >= _WITH_MICROSECONDS
    encoders = [encoder(type, microseconds=microseconds) for type in result.types]
    packets.write(wire.length(len(result.names)))
    for name, type in zip(result.names, result.types, strict=True):
        packets.write(definition(name, type))
    packets.write(wire.end())
    if (fault := world.faults.armed.reach("columns")) is not None:
        packets.flush()
        raise Dropped if fault.what == "drop" else Refused(fault.message)
    for sent, row in enumerate(result.rows):
        if world.faults.armed.reach("rows", sent) is not None:
            packets.flush()
            raise Dropped
        values = (
            b"\xfb" if value is None else wire.text(encode(value))
            for encode, value in zip(encoders, row, strict=True)
        )
        packets.write(b"".join(values))
    if world.faults.armed.reach("last row") is not None:
        packets.flush()
        raise Dropped
    packets.write(wire.end())
