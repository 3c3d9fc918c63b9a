"""Texts that DuckDB cuts into the same words as the dialect of SQL that they are in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.sql.functions import DATE_WORDS, VOLATILE_WORDS
from seeknal.sql.translating.pairs import between

if TYPE_CHECKING:
    from seeknal.values.dialects import Pairs

_WORDS = r"""
        [ \t\r\n(),.;*+<>=!|]++ | ::
      | (?<=[ \t\n])%(?=[ \t\n])
      | [A-Za-z_][A-Za-z0-9_]*+(?!['"`])
      | [0-9]++(?>(?:\.[0-9]*+)?)(?>(?:[eE][+-]?[0-9]++)?)(?![A-Za-z_.'"`])
      | -(?!-)
      | --(?=[ \t\n])[^\r\n`]*+
      | /(?![/*])
      | (?<!\|)/\*(?![!+*/])[^*/`]*+\*/
      | '[^'\\\r\n`]*+'(?!['"`A-Za-z_])
      | `[A-Za-z0-9_ ]++`(?!['"`A-Za-z_])
"""
"""Each dialect has its own backslashes, quotes in quotes, further comments, prefixes of texts."""

_NAMES = r"""| "[^"\\\r\n`]++"(?!['"`A-Za-z_])"""
_SAME_WORDS = {
    named: re.compile(f"(?>(?:{_WORDS}{_NAMES if named else ''})*)", re.VERBOSE)
    for named in (True, False)
}
"""With names in double quotes, which are texts in some dialects, and without."""

_MAY_BE_NOW = re.compile(
    r"\b(?:(?:current_|local|sys|utc_)\w*|cur(?:date|time)|getdate|unix_timestamp)\b", re.IGNORECASE
)
"""Words that some dialects read as the time of the query, many of them without brackets."""


def cut_alike(sql: str, dialect: str, pairs: Pairs) -> str | None:
    """The text with DuckDB's quotes, character for character, where its words tell what it reads.

    None where the dialect may cut it otherwise, and where nothing is known of the dialect: then
    it is translated at once.
    """
    declared = between(pairs, dialect, "duckdb")
    if declared is None:
        return None
    if declared.read_alike:
        return sql
    same = _SAME_WORDS[declared.names_in_double_quotes].fullmatch(sql) is not None
    return sql.replace("`", '"') if same and not _may_be_now(sql) else None


def _may_be_now(sql: str) -> bool:
    found = (word.lower() for word in _MAY_BE_NOW.findall(sql))
    return any(word not in VOLATILE_WORDS and word not in DATE_WORDS for word in found)
