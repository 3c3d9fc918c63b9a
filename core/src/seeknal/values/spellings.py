"""A pattern that finds a text in every way in which programs write it.

Encoders disagree about what they escape, and one's output is often quoted by another (the repr of
a URL in a JSON answer), so each character is looked for in all its spellings.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from attrs import frozen

from seeknal.values.patterns import Pattern

_WRAPPED = r"(?:[ \t]*(?:\r?\n|\\+n)[ \t|]*)?"
"""Where a message may have been broken into lines."""
_SHORTEST_PIECE = 8
"""Of a secret that was cut off."""
_LONGEST_SPELLING = 12
"""Characters that one character is written with, at most."""
_ELLIPSIS = Pattern(r"\.\.\.|…")
_CONTROL = {"\n": "n", "\r": "r", "\t": "t", "\f": "f", "\b": "b", "\v": "v", "\a": "a"}


@frozen(kw_only=True)
class Spelled:
    """A text that is looked for. ``alone``: only as a word or number of its own."""

    text: str
    alone: bool = False

    def replaced_in(self, shown: Shown, mask: str) -> str:
        """What is shown, with ``mask`` for every spelling of the text."""
        if not any(hint in shown.forms for hint in _hints(self)):
            return shown.text
        text = _compiled(self).sub(mask, shown.text)
        return text if self.alone else _without_cut(text, self.text, mask)


@frozen
class Shown:
    """A text, and its ``forms`` without what encoders do to letters and digits."""

    text: str
    forms: str

    @classmethod
    def of(cls, text: str) -> Shown:
        parts = [text]
        if "\n" in text or r"\n" in text:
            parts.append(re.sub(r"(?:\s|\\+n)+(?:\|\s*)?", "", text))
        if "%" in text:
            parts += [unquote(part) for part in parts]
            parts += [unquote(part) for part in parts if "%" in part]
        return cls(text, "\n".join(parts))


@lru_cache(maxsize=1024)
def _hints(spelled: Spelled) -> tuple[str, ...]:
    """Some of these is in each text that has a spelling: patterns are made only when needed."""
    text = spelled.text
    if spelled.alone:
        return (_longest_word(text),)
    ends = (_longest_word(text[:_SHORTEST_PIECE]), _longest_word(text[-_SHORTEST_PIECE:]))
    return (
        _longest_word(text),
        *ends,
        *(re.split("[-_+/]", core)[0] for core in _cores(text)),
        text.encode("utf-8", "surrogatepass").hex()[:8],
    )


def _longest_word(text: str) -> str:
    return max(re.findall("[A-Za-z0-9]+", text), key=len, default="")


@lru_cache(maxsize=256)
def _compiled(spelled: Spelled) -> re.Pattern[str]:
    text = spelled.text
    parts = [_written(character) for character in text]
    if spelled.alone:
        before = r"(?<!\w)(?<!\d[.,])" if text[0].isalnum() else ""
        after = r"(?!\w|[.,]\d)" if text[-1].isalnum() else ""
        return re.compile(f"{before}{''.join(parts)}{after}")
    return re.compile("|".join((_WRAPPED.join(parts), *_coded(text))))


def _without_cut(text: str, secret: str, mask: str) -> str:
    """``text`` with ``mask`` for what is left of a secret where something wrote an ellipsis."""
    if len(secret) <= _SHORTEST_PIECE:
        return text
    kept, done = [], 0
    for ellipsis in _ELLIPSIS.finditer(text):
        reach = len(secret) * _LONGEST_SPELLING
        begin = _begun(text, max(done, ellipsis.start() - reach), ellipsis.start(), secret)
        end = _ended(text, ellipsis.end(), secret)
        kept += [text[done:begin], mask if begin < ellipsis.start() else "", ellipsis[0]]
        kept.append(mask if end > ellipsis.end() else "")
        done = end
    return "".join((*kept, text[done:]))


def _begun(text: str, first: int, end: int, secret: str) -> int:
    """Where the beginning of a secret begins that goes up to ``end``; else ``end``."""
    if _longest_word(secret[:_SHORTEST_PIECE]) not in text[first:end]:
        return end
    for start in range(first, end):
        place = start
        for number, character in enumerate(secret):
            match = _character(character).match(text, place, end)
            if match is None:
                break
            place = match.end()
            if place == end and number + 1 >= _SHORTEST_PIECE:
                return start
    return end


def _ended(text: str, start: int, secret: str) -> int:
    """Where the end of a secret ends that begins at ``start``; else ``start``."""
    reach = start + len(secret) * _LONGEST_SPELLING
    if _longest_word(secret[-_SHORTEST_PIECE:]) not in text[start:reach]:
        return start
    for first in range(1, len(secret) - _SHORTEST_PIECE + 1):
        place = start
        for character in secret[first:]:
            match = _character(character).match(text, place)
            if match is None:
                break
            place = match.end()
        else:
            return place
    return start


@lru_cache(maxsize=512)
def _character(character: str) -> re.Pattern[str]:
    return re.compile(_written(character))


def _coded(text: str) -> list[str]:
    """A text within base64, whatever stands before it there, and in hex."""
    found = [rf"(?i:{text.encode('utf-8', 'surrogatepass').hex()})"]
    for core in _cores(text):
        either = re.sub("[+/]", lambda sign: {"+": "[+-]", "/": "[/_]"}[sign[0]], core)
        found.append(rf"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]*{either}[A-Za-z0-9+/_-]*=*")
    return found


def _cores(text: str) -> list[str]:
    """The base64 of a text at its three places, without what depends on its neighbours."""
    from base64 import b64encode

    data = text.encode("utf-8", "surrogatepass")
    codes = [b64encode(b"\0" * before + data).decode().rstrip("=") for before in range(3)]
    cores = [
        code[(0, 2, 3)[before] : len(code) - bool((before + len(data)) % 3)]
        for before, code in enumerate(codes)
    ]
    return [core for core in cores if len(core) >= _SHORTEST_PIECE]


def _written(character: str) -> str:
    """One character: as it is, percent-encoded, escaped by JSON, repr, SQL, HTML or a shell."""
    from html.entities import codepoint2name

    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    percent = "".join(f"%(?:25)*{_digits(f'{byte:02x}')}" for byte in data)
    if character.isalnum() and character.isascii():
        return f"(?:{character}|{percent})"
    ways = [_escaped(character), percent]
    ways += [rf"\\+u(?i:{unit})" for unit in (_units(character),) if unit]
    ways += [rf"\\+x(?i:{code:02x})"] if code < 0x100 else []
    ways += ["".join(rf"\\+x(?i:{byte:02x})" for byte in data)] if code >= 0x80 else []
    ways += [rf"\\+U(?i:{code:08x})"] if code > 0xFFFF else []
    ways += [rf"&(?:\#{code}|\#[xX](?i:{code:x})|{codepoint2name.get(code, 'apos')});"]
    return f"(?:{'|'.join(ways)})"


def _digits(digits: str) -> str:
    """Hexadecimal digits, in capitals or not."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)


def _escaped(character: str) -> str:
    itself = re.escape(character)
    if character == " ":
        return r"\+|(?:\s|\\+n)+"
    if character in _CONTROL:
        return rf"\s+|{itself}|\\+{_CONTROL[character]}"
    if character == "\\":
        return r"\\+"
    if character == "'":
        # Doubled for SQL, or outside of the shell's quotes.
        return r"""'"'"'|'\\''|\\*'(?:\\*')?"""
    if character == '"':
        return r'\\*"(?:\\*")?'
    return rf"\\*{itself}" if character.isascii() else itself


def _units(character: str) -> str:
    """The digits of ``\\u`` escapes; those of two halves beyond the first 65,536."""
    data = character.encode("utf-16-be", "surrogatepass")
    return r"\\+u".join(data[at : at + 2].hex() for at in range(0, len(data), 2))
