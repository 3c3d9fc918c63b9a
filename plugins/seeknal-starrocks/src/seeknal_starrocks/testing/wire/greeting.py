"""Greets a client and lets it log in: TLS where both want it, and a native password."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import ssl
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_starrocks.testing.engine.variables import SERVER_VERSION
from seeknal_starrocks.testing.refusing import access_denied
from seeknal_starrocks.testing.wire.packets import read_length

if TYPE_CHECKING:
    from seeknal_starrocks.testing.wire.packets import Packets

_PLUGIN = b"mysql_native_password"
_CONNECT_WITH_DB, _SSL, _LENGTHS = 0x8, 0x800, 0x200000
_PLUGIN_AUTH, _SECURE = 0x80000, 0x8000
_CAPABILITIES = 0x4 | _CONNECT_WITH_DB | 0x200 | _SECURE | _PLUGIN_AUTH | 0x100000 | _LENGTHS
"""Several statements at once, compression and ends of results without EOF are not among them."""


@frozen(kw_only=True)
class Login:
    user: str
    database: str | None
    encrypted: bool


def greet(
    packets: Packets, id: int, users: Mapping[str, str], tls: ssl.SSLContext | None
) -> Login | None:
    """The login of a client; None when it goes away before. Raises Refused for a wrong one."""
    seed = bytes(secrets.choice(range(33, 127)) for _ in range(20))
    packets.write(_greeting(id, seed, encrypts=tls is not None))
    packets.flush()
    answer = packets.read()
    if answer is not None and len(answer) <= 32 and tls is not None:
        packets.encrypt(tls.wrap_socket(packets.connection, server_side=True))
        answer = packets.read()
    if answer is None:
        return None
    user, password, database, plugin = _answered(answer)
    if plugin not in (None, _PLUGIN):
        packets.write(b"\xfe" + _PLUGIN + b"\0" + seed + b"\0")
        packets.flush()
        if (again := packets.read()) is None:
            return None
        password = again
    expected = users.get(user)
    if expected is None or not hmac.compare_digest(_scrambled(expected, seed), password):
        raise access_denied(user, with_password=bool(password))
    encrypted = isinstance(packets.connection, ssl.SSLSocket)
    return Login(user=user, database=database, encrypted=encrypted)


def _greeting(id: int, seed: bytes, *, encrypts: bool) -> bytes:
    capabilities = _CAPABILITIES | (_SSL if encrypts else 0)
    return (
        b"\x0a" + SERVER_VERSION.encode() + b"\0" + struct.pack("<I", id) + seed[:8] + b"\0"
        + struct.pack("<HBHHB", capabilities & 0xFFFF, 33, 0, capabilities >> 16, len(seed) + 1)
        + bytes(10) + seed[8:] + b"\0" + _PLUGIN + b"\0"
    )  # fmt: skip


def _answered(payload: bytes) -> tuple[str, bytes, str | None, bytes | None]:
    """User, scrambled password, database and the plugin that scrambled it."""
    (capabilities,) = struct.unpack_from("<I", payload)
    end = payload.index(b"\0", 32)
    user, at = payload[32:end].decode(), end + 1
    if capabilities & _LENGTHS:
        count, at = read_length(payload, at)
    else:
        count, at = payload[at], at + 1
    password, at = payload[at : at + count], at + count
    database = plugin = None
    if capabilities & _CONNECT_WITH_DB:
        end = payload.index(b"\0", at)
        database, at = payload[at:end].decode() or None, end + 1
    if capabilities & _PLUGIN_AUTH and at < len(payload):
        plugin = payload[at:].partition(b"\0")[0]
    return user, password, database, plugin


def _scrambled(password: str, seed: bytes) -> bytes:
    if not password:
        return b""
    once = hashlib.sha1(password.encode()).digest()
    twice = hashlib.sha1(seed + hashlib.sha1(once).digest()).digest()
    return bytes(a ^ b for a, b in zip(once, twice, strict=True))
