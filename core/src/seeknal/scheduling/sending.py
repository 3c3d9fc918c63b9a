"""Sends one message to one channel: a signed request, or the standard input of a command.

Requests are signed as Standard Webhooks 1.0 says, https://www.standardwebhooks.com: an HMAC with
SHA-256 of the message's id, the moment of the attempt and the body.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from attrs import evolve

from seeknal.builtin.restwire import Wire
from seeknal.host import clock
from seeknal.project.profile.notifications import key_of
from seeknal.scheduling.commands import Commands
from seeknal.values.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seeknal.scheduling.outbox import Message
    from seeknal.values.notifications import Channel

TIMEOUT = 10.0
"""Seconds in which a server has to begin to answer, and a connection to it has to stand."""
LONGEST = 20.0
"""Seconds after which nobody waits for the rest of what it has begun to say."""


def send_all(
    channels: Sequence[Channel], message: Message, root: Path, keep: Callable[[Message], None]
) -> dict[str, str]:
    """Let all channels have a message that have not got it; gives why some have not, by name.

    All are tried at once, and ``keep`` is given the message whenever one more has got it: a channel
    that hangs keeps it from no other, though the process be killed.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    commands = Commands()
    left = [channel for channel in channels if channel.name not in message.sent]
    errors: dict[str, str] = {}
    if not left:
        return errors
    pool = ThreadPoolExecutor(len(left))
    try:
        tried = {
            pool.submit(send, channel, message, root, commands): channel.name for channel in left
        }
        for each in as_completed(tried):
            name = tried[each]
            try:
                each.result()
            except RunError as error:
                errors[name] = error.message
            else:
                message = evolve(message, sent=(*message.sent, name))
                keep(message)
    finally:
        # Told to stop, it waits for nobody, and leaves nobody behind.
        commands.end()
        pool.shutdown(wait=False)
    return errors


def send(channel: Channel, message: Message, root: Path, commands: Commands | None = None) -> None:
    """Let a channel have a message. Raises RunError that says why it has not got it."""
    body = json.dumps(message.body).encode()
    if channel.webhook is None:
        (commands or Commands()).run(channel, body, root)
    else:
        _post(channel, message, body)


def signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    signed = b".".join((id.encode(), timestamp.encode(), body))
    return f"v1,{b64encode(hmac.digest(key_of(secret), signed, sha256)).decode()}"


def _post(channel: Channel, message: Message, body: bytes) -> None:
    assert channel.webhook is not None
    timestamp = str(int(clock.now().timestamp()))
    headers: dict[str, str] = {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": timestamp,
    }
    url = channel.webhook.reveal()
    if credentials := _credentials(url):
        headers["Authorization"] = f"Basic {credentials}"
    if channel.secret is not None:
        secret = channel.secret.reveal()
        headers["webhook-signature"] = signature(secret, message.id, timestamp, body)
    status = _status(channel.name, url, headers, body)
    # A redirect is no receipt, and what was signed for one address is not for another.
    if not 200 <= status < 300:
        raise RunError(f"{channel.name} answered with {status}", code="SK0850")


def _credentials(url: str) -> str | None:
    """The user and the password that an address names, as a header has them."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return b64encode(pair.encode()).decode()


def _status(name: str, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """What the server says to a request; the rest of its answer is not waited for."""
    from http.client import HTTPException
    from threading import Timer

    wire = Wire(TIMEOUT, None)
    late = Timer(LONGEST, wire.close)
    late.daemon = True
    late.start()
    try:
        return wire.status(url, headers, "POST", body)
    except OSError as error:
        why = str(error) or type(error).__name__
    except HTTPException as error:
        # Its text may hold the address, which is a secret.
        why = f"no answer in HTTP ({type(error).__name__})"
    finally:
        late.cancel()
        wire.close()
    raise RunError(f"{name} cannot be reached: {why}", code="SK0850")
