"""The header in which a Python file names the packages that it needs (PEP 723)."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


class BadHeader(ValueError):
    """The header is there but cannot be understood."""


def header_of(text: str) -> str | None:
    """The TOML of the file's ``script`` block, or None. Raises BadHeader."""
    blocks = [match for match in _BLOCK.finditer(text) if match["type"] == "script"]
    if len(blocks) > 1:
        raise BadHeader("the file has two '# /// script' blocks")
    if not blocks:
        if re.search(r"(?m)^# /// script\s*$", text):
            raise BadHeader("the '# /// script' block is not closed by a line '# ///'")
        return None
    lines = blocks[0]["content"].splitlines()
    content = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    _check(content)
    return content


def _check(content: str) -> None:
    import tomllib

    try:
        tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise BadHeader(f"the '# /// script' block is not TOML: {error}") from None
