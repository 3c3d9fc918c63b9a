"""``notifications:`` of a profile: whom to tell that nodes fail, and that they have recovered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from attrs import frozen

from seeknal.kernel.options import convert, option
from seeknal.project.profile.variables import VARIABLE, VariableExpander, all_set
from seeknal.values.notifications import Channel
from seeknal.values.problems import Problems
from seeknal.values.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seeknal.project.profile.profiles import Profile
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problem

_TYPES = {
    "failure": ("run.failed", "freshness.failed"),
    "recovery": ("run.recovered", "freshness.recovered"),
}
_SECRET = ("webhook", "secret")
_LONG = 8
"""Characters of a piece of an address that stand in other texts by no chance."""


@frozen(kw_only=True)
class NotificationOptions:
    """One entry of ``notifications:``."""

    webhook: Secret | None = option(
        None, summary="an address that messages are posted to as JSON; it may be a secret itself"
    )
    secret: Secret | None = option(
        None, summary="what signs that is posted, as Standard Webhooks says: whsec_..."
    )
    command: tuple[str, ...] = option(
        (), summary="a program with its arguments; the message is its standard input, as JSON"
    )
    events: tuple[Literal["failure", "recovery"], ...] = option(
        ("failure", "recovery"), summary="what it is told of"
    )
    name: str | None = option(None, summary="what it is called in messages about it")


def channels_of(profile: Profile, problems: Problems) -> tuple[Channel, ...]:
    """Whom a profile names; what is wrong with an entry goes to ``problems``."""
    return _channels_of(profile, [*enumerate(profile.options.notifications)], problems)


def _channels_of(
    profile: Profile, entries: Sequence[tuple[int, Mapping[str, object]]], problems: Problems
) -> tuple[Channel, ...]:
    """The same of some of the entries, each with its number."""
    found: list[Channel] = []
    for number, raw in entries:
        before, marks = len(problems), profile.marks.below("notifications", number)
        expander = VariableExpander(profile.environment, marks, problems, _SECRET)
        filled = {str(key): expander.value(value, str(key)) for key, value in raw.items()}
        if problems.has_errors(before):
            continue
        options = convert(NotificationOptions, filled, marks, problems)
        channel = _channel(options, number, marks, problems) if options is not None else None
        if channel is None:
            continue
        if any(other.name == channel.name for other in found):
            # By its name it is known who has got a message.
            text = f"two notifications are named {channel.name!r}"
            problems.add("SK0609", text, marks.value("name"), "give each its own name")
            continue
        found.append(channel)
    return tuple(found)


def notification_problems(profile: Profile) -> Iterator[Problem]:
    """What is wrong with what is written. Variables that are not set are so on other machines."""
    problems, entries = Problems(), enumerate(profile.options.notifications)
    known = [(number, raw) for number, raw in entries if all_set(raw, profile.environment)]
    _channels_of(profile, known, problems)
    yield from problems


def note_webhooks(data: object, environment: Mapping[str, str]) -> None:
    """Register addresses and keys to be masked, however wrong the rest of the file is."""
    entries = data.get("notifications") if isinstance(data, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        for key in _SECRET if isinstance(entry, dict) else ():
            if isinstance(text := entry.get(key), str):
                filled = VARIABLE.sub(lambda match: environment.get(match["name"], ""), text)
                for part in (text, filled, *_pieces(filled)):
                    Secret(part)


def note_commands(profile: Profile) -> None:
    """Register what variables bring into commands: one may be a token, which it may print.

    Only where commands are carried out: it may be a usual word as well.
    """
    for entry in profile.options.notifications:
        for match in VARIABLE.finditer(repr(entry.get("command"))):
            Secret(profile.environment.get(match["name"], ""))


def _pieces(address: str) -> list[str]:
    """What stands in an address and lets somebody in by itself, wherever it is quoted."""
    pieces = re.split(r"[/?&=#]", address.partition("://")[2].partition("/")[2])
    return [piece for piece in pieces if len(piece) >= _LONG]


def _channel(
    options: NotificationOptions, number: int, marks: Marks, problems: Problems
) -> Channel | None:
    if (options.webhook is None) == (not options.command):
        help = "webhook: an address, or command: [./tell.sh]"
        text = "a notification has either webhook: or command:"
        problems.add("SK0609", text, marks.value(), help)
        return None
    kind = "command" if options.command else "webhook"
    if options.webhook is not None and not _is_address(options.webhook.reveal()):
        help = "https://host/path, of ASCII and without blanks; quotes keep a # in it"
        problems.add("SK0609", "webhook: is no http or https address", marks.value("webhook"), help)
        return None
    if options.webhook is None and options.secret is not None:
        text = "secret: signs what is posted, and a command is posted nothing"
        problems.add("SK0609", text, marks.key("secret"), "leave it out")
        return None
    if options.secret is not None and not options.secret.reveal().strip():
        text, help = "secret: is empty", "leave it out, and what is posted is not signed"
        problems.add("SK0609", text, marks.value("secret"), help)
        return None
    if options.secret is not None and not is_key(options.secret.reveal()):
        text = "secret: begins with whsec_ and is no base64 after that"
        problems.add("SK0609", text, marks.value("secret"), "copy it again, as the receiver has it")
        return None
    if not options.events:
        help = "events: [failure], [recovery], or leave it out for both"
        text = "events: names nothing, so it would be told of nothing"
        problems.add("SK0609", text, marks.value("events"), help)
        return None
    return Channel(
        name=options.name or f"{kind} {number + 1}",
        webhook=options.webhook,
        secret=options.secret,
        command=options.command,
        events=tuple(type for each in options.events for type in _TYPES[each]),
    )


def key_of(secret: str) -> bytes:
    """The key that a signing secret is. Raises ValueError where it is none."""
    from base64 import b64decode

    if secret.startswith("whsec_"):
        return b64decode(secret.removeprefix("whsec_"), validate=True)
    return secret.encode()


def is_key(secret: str) -> bool:
    try:
        return bool(key_of(secret))
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
