"""The header in which a Python file names the packages that it needs (PEP 723)."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


class BadHeader(ValueError):
    """The header is there but cannot be understood. ``line``: where, 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def header_of(text: str) -> str | None:
    """The TOML of the file's ``script`` block, or None. Raises BadHeader."""
    blocks = [match for match in _BLOCK.finditer(text) if match["type"] == "script"]
    if len(blocks) > 1:
        line = _line(text, blocks[1].start())
        raise BadHeader("the file has two '# /// script' blocks", line)
    if not blocks:
        if opened := re.search(r"(?m)^# /// script\s*$", text):
            line = _line(text, opened.start())
            raise BadHeader("the '# /// script' block is not closed by a line '# ///'", line)
        return None
    lines = blocks[0]["content"].splitlines()
    content = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)
    _check(content, _line(text, blocks[0].start()))
    return content


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _check(content: str, line: int) -> None:
    import tomllib

    try:
        tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        inside = re.search(r"at line (\d+)", str(error))
        place = line + int(inside[1]) if inside else line
        raise BadHeader(f"the '# /// script' block is not TOML: {error}", place) from None
