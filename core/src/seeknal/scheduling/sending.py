"""Sends one message to one channel: a signed request, or the standard input of a command.

Requests are signed as Standard Webhooks 1.0 says, https://www.standardwebhooks.com: an HMAC with
SHA-256 of the message's id, the moment of the attempt and the body.
"""

from __future__ import annotations

import hmac
import json
import subprocess
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import evolve

from seeknal.builtin.restwire import Wire
from seeknal.host import clock
from seeknal.project.profile.notifications import key_of
from seeknal.values.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from seeknal.scheduling.outbox import Message
    from seeknal.values.notifications import Channel

TIMEOUT = 10.0
"""Seconds in which a server has to begin to answer, and a connection to it has to stand."""
COMMAND_TIMEOUT = 60.0


def send_all(
    channels: Sequence[Channel], message: Message, root: Path, keep: Callable[[Message], None]
) -> dict[str, str]:
    """Let all channels have a message that have not got it; gives why some have not, by name.

    All are tried at once, and ``keep`` is given the message whenever one more has got it: a channel
    that hangs keeps it from no other, though the process be killed.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    left = [channel for channel in channels if channel.name not in message.sent]
    errors: dict[str, str] = {}
    if not left:
        return errors
    with ThreadPoolExecutor(len(left)) as pool:
        tried = {pool.submit(send, channel, message, root): channel.name for channel in left}
        for each in as_completed(tried):
            name = tried[each]
            try:
                each.result()
            except RunError as error:
                errors[name] = error.message
            else:
                message = evolve(message, sent=(*message.sent, name))
                keep(message)
    return errors


def send(channel: Channel, message: Message, root: Path) -> None:
    """Let a channel have a message. Raises RunError that says why it has not got it."""
    body = json.dumps(message.body).encode()
    if channel.webhook is None:
        _run(channel, message, body, root)
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
    if channel.secret is not None:
        secret = channel.secret.reveal()
        headers["webhook-signature"] = signature(secret, message.id, timestamp, body)
    status = _status(channel, headers, body)
    # A redirect is no receipt, and what was signed for one address is not for another.
    if not 200 <= status < 300:
        raise RunError(f"{channel.name} answered with {status}", code="SK0850")


def _status(channel: Channel, headers: Mapping[str, str], body: bytes) -> int:
    """What the server says to a request; the rest of its answer is not waited for."""
    from http.client import HTTPException

    assert channel.webhook is not None
    wire = Wire(TIMEOUT, None)
    try:
        return wire.status(channel.webhook.reveal(), headers, "POST", body)
    except (OSError, HTTPException, ValueError) as error:
        raise RunError(
            f"{channel.name} cannot be reached: {error or type(error).__name__}", code="SK0850"
        ) from error
    finally:
        wire.close()


def _run(channel: Channel, message: Message, body: bytes, root: Path) -> None:
    try:
        done = subprocess.run(
            channel.command,
            cwd=root,
            input=body,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        text = f"{channel.name} took longer than {COMMAND_TIMEOUT:g} s"
        raise RunError(text, code="SK0850") from None
    except OSError as error:
        text = f"{channel.name} cannot be started: {error.strerror}"
        raise RunError(text, code="SK0850") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = f": {said[-1][:200]}" if said else ""
        raise RunError(f"{channel.name} ended with {done.returncode}{why}", code="SK0850")
