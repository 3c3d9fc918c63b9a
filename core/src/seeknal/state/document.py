"""The text of ``run_state.json``: entries, one a line, under a version and a checksum."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Literal

from attrs import frozen

from seeknal.state.migrations import schema_version
from seeknal.state.sealed import Entry, parse_object, seal, unseal

_HEADER = re.compile(rb'\{"schema_version": (\d+), "sha256": "([0-9a-f]{64})", "entries": \[\n')
_VERSION = re.compile(rb'"schema_version"\s*:\s*(\d+)')


@frozen(kw_only=True)
class Document:
    """What a state file holds. ``damaged``: only the entries that vouch for themselves."""

    form: Literal["intact", "damaged", "legacy"]
    version: int
    entries: tuple[Entry, ...] = ()


def write_document(entries: Iterable[Entry]) -> bytes:
    """The file that `read_document` gives ``entries`` back from; it is one JSON object."""
    body = ",\n".join(seal(entry) for entry in entries) + "\n]}\n"
    digest = sha256(body.encode()).hexdigest()
    header = f'{{"schema_version": {schema_version()}, "sha256": "{digest}", "entries": [\n'
    return (header + body).encode()


def read_document(data: bytes) -> Document:
    """What ``data`` holds, whatever was done to it. Never raises."""
    header = _HEADER.match(data)
    if header and sha256(data[header.end() :]).hexdigest() == header[2].decode():
        sealed = json.loads(data)["entries"]
        entries = tuple(item["entry"] for item in sealed)
        return Document(form="intact", version=max(1, int(header[1])), entries=entries)
    text = data.decode("utf-8", errors="replace")
    parsed = parse_object(text)
    if parsed is not None and "schema_version" not in parsed and "nodes" in parsed:
        return Document(form="legacy", version=schema_version())
    version = _VERSION.search(data[:4096])
    salvaged = _from_lines(text) or _from_object(parsed or {})
    return Document(
        form="damaged",
        version=max(1, int(version[1])) if version else schema_version(),
        entries=tuple(salvaged),
    )


def _from_lines(text: str) -> list[Entry]:
    """The whole lines of a file that is cut or has lost some of its bytes."""
    lines = (unseal(line.removesuffix(",")) for line in text.splitlines())
    return [entry for entry in lines if entry is not None]


def _from_object(parsed: dict[str, Any]) -> list[Entry]:
    """The true entries of a file that something wrote anew in a form of its own."""
    items = parsed.get("entries")
    if not isinstance(items, list):
        return []
    return [item["entry"] for item in items if _is_true(item)]


def _is_true(item: object) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("entry"), dict):
        return False
    return parse_object(seal(item["entry"])) == item
