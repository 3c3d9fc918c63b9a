"""Copies of CSV files that DuckDB can read: in UTF-8, with one kind of line end, no remarks."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from seeknal.builtin.csvchecks import DELIMITERS, codec
from seeknal.plugin import NodeError

if TYPE_CHECKING:
    from seeknal.plugin import Context

_CHUNK = 2**22
_HEAD = 2**16


def is_native(encoding: str | None) -> bool:
    """Whether DuckDB reads files of an encoding as they are."""
    return (encoding or "utf-8").lower() in ("utf-8", "utf8")


def hides_name(file: str, options: Any) -> bool:
    """Whether a byte order mark stands before a name in quotes that are needed: DuckDB takes the
    mark for text before them."""
    if not is_native(options.encoding) or file.endswith(".zst"):
        return False
    quote = ('"' if options.quote is None else options.quote).encode()
    opener: Any = gzip.open if options.compression == "gzip" or file.endswith(".gz") else open
    with opener(file, "rb") as opened:
        head = opened.read(_HEAD)
    if not quote or not head.startswith(codecs.BOM_UTF8 + quote):
        return False
    name = head[len(codecs.BOM_UTF8 + quote) :].split(quote)[0].decode(errors="replace")
    return any(mark in name for mark in f"{DELIMITERS}{options.delimiter or ''}\r\n")


def transcoded(file: str, options: Any, context: Context, number: int) -> str:
    """The file in UTF-8. Raises NodeError for bytes that are not of the encoding."""
    copy = place_of(context, f"text-{number}", file)
    with _text(file, options) as text, copy.open("w", encoding="utf-8", newline="") as out:
        try:
            while chunk := text.read(_CHUNK):
                out.write(chunk)
        except UnicodeError as error:
            raise NodeError(
                f"{Path(file).name} is not {options.encoding or 'utf-8'}: {error}",
                code="SK0742",
                help="params: {encoding: ...} says how its text is encoded",
            ) from error
    return str(copy)


def cleaned(file: str, options: Any, delimiter: str, copy: Path) -> str:
    """The file with ``\\n`` at the end of each record and without the lines of remarks."""
    fields = Fields(options, delimiter)
    with _text(file, options) as text, copy.open("w", encoding="utf-8", newline="") as out:
        for line in fields.without_remarks(text):
            body = line.rstrip("\r\n")
            fields.take(body)
            out.write(line if fields.open else body + "\n")
    return str(copy)


def place_of(context: Context, folder: str, original: str) -> Path:
    """Where a copy goes: below the folders that are columns of the original."""
    path = Path(original)
    columns = [part for part in path.parts[:-1] if "=" in part]
    copy = context.workdir.joinpath(folder, *columns, path.name.removesuffix(".gz"))
    copy.parent.mkdir(parents=True, exist_ok=True)
    return copy


def _text(file: str, options: Any) -> IO[str]:
    opener: Any = gzip.open if options.compression == "gzip" or file.endswith(".gz") else open
    found: IO[str] = opener(file, "rt", encoding=codec(options), newline="")
    return found


class Fields:
    """Follows quotes from line to line: whether a line's end is inside of a field."""

    def __init__(self, options: Any, delimiter: str) -> None:
        self.quote = '"' if options.quote is None else options.quote
        self.escape = options.escape or self.quote
        self.comment = options.comment
        self.delimiter = delimiter
        self.open = False

    def without_remarks(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines but those that begin, outside of a field, with the mark of a remark."""
        for line in lines:
            if self.open or not self.comment or not line.startswith(self.comment):
                yield line

    def take(self, body: str) -> None:
        """Go on to the end of a line."""
        if not self.quote or (not self.open and self.quote not in body):
            return
        place = 0
        while place <= len(body):
            if not self.open:
                start = place
                while body.startswith(" ", start):
                    start += 1
                if not body.startswith(self.quote, start):
                    found = body.find(self.delimiter, place)
                    if found < 0:
                        return
                    place = found + len(self.delimiter)
                    continue
                self.open, place = True, start + 1
            place = self._past_quote(body, place)
            if self.open:
                return
            found = body.find(self.delimiter, place)
            if found < 0:
                return
            place = found + len(self.delimiter)

    def _past_quote(self, body: str, place: int) -> int:
        """Where the field that is open ends in this line, if it does."""
        while place < len(body):
            if body[place] == self.escape and body[place + 1 : place + 2] in (
                self.quote,
                self.escape,
            ):
                place += 2
            elif body[place] == self.quote:
                self.open = False
                return place + 1
            else:
                quote = body.find(self.quote, place + 1)
                escape = body.find(self.escape, place + 1)
                ahead = [at for at in (quote, escape) if at >= 0]
                place = min(ahead) if ahead else len(body)
        return place
