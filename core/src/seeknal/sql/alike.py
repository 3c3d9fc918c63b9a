"""Texts that DuckDB cuts into the same words as the dialect of SQL that they are in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.sql.functions import DATE_WORDS, VOLATILE_WORDS
from seeknal.sql.translating.pairs import between

if TYPE_CHECKING:
    from seeknal.values.dialects import Pairs

_SAME_WORDS = re.compile(
    r"""(?:
        [ \t\r\n(),.;*+<>=!|]++
      | (?<=[ \t\n])%(?=[ \t\n])
      | [A-Za-z_][A-Za-z0-9_]*+(?!')
      | [0-9]++(?:\.[0-9]*+)?+(?![A-Za-z_'])
      | -(?!-)
      | --(?=[ \t\n])[^\r\n]*+
      | /(?![/*])
      | '[^'\\\r\n]*+'(?!')
    )*+""",
    re.VERBOSE,
)
"""Each dialect has its own quotes of names, backslashes, further comments, prefixes of texts."""

_MAY_BE_NOW = re.compile(r"\b(?:current_|local|sys|utc_)\w*", re.IGNORECASE)
"""Words that some dialects read as a function without brackets."""


def is_cut_alike(sql: str, dialect: str, pairs: Pairs) -> bool:
    """Whether DuckDB's words tell what a text reads, which is translated once types are known.

    Where nothing is known of the dialect it is translated at once, and it does not matter.
    """
    declared = between(pairs, dialect, "duckdb")
    return declared is not None and (declared.read_alike or _has_same_words(sql))


def _has_same_words(sql: str) -> bool:
    return _SAME_WORDS.fullmatch(sql) is not None and all(
        word.lower() in VOLATILE_WORDS or word.lower() in DATE_WORDS
        for word in _MAY_BE_NOW.findall(sql)
    )
