"""StarRocks' types, as DDL writes them, and what DuckDB keeps their values in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeknal_starrocks.testing.refusing import analysis

if TYPE_CHECKING:
    from seeknal_starrocks.testing.ddl.reader import Reader

PLAIN = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INT": "INTEGER",
    "BIGINT": "BIGINT",
    "LARGEINT": "HUGEINT",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "STRING": "VARCHAR",
    "VARBINARY": "BLOB",
    "JSON": "JSON",
}
"""Types without arguments. BITMAP, HLL and PERCENTILE keep what only their functions give."""
_SAME = {"INTEGER": "INT", "BINARY": "VARBINARY", "TEXT": "STRING"}
STATES = frozenset(("BITMAP", "HLL", "PERCENTILE"))
_INTEGERS = ("TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "LARGEINT")
LONGEST_TEXT = 1_048_576
LONGEST_STRING = 65_533
"""STRING is VARCHAR of this length, which is not the longest."""
LONGEST_CHAR = 255
MOST_DIGITS = 38
"""Of a DECIMAL. Those of up to 76 digits, which are newer, are refused."""
_NO_KEYS = ("FLOAT", "DOUBLE", "JSON", "VARBINARY", "ARRAY", "MAP", "STRUCT", *STATES)


def read_type(reader: Reader) -> str:
    """A type, as information_schema writes it. Raises Refused for one that there is not."""
    token = reader.next
    name = token.word
    known = {*PLAIN, *_SAME, *STATES, "DECIMAL", "CHAR", "VARCHAR", "ARRAY", "MAP", "STRUCT"}
    if name not in known:
        reader.unexpected("a type")
    reader.expect(name)
    if name == "ARRAY":
        (inner,) = _inner(reader, 1)
        return f"array<{inner}>"
    if name == "MAP":
        key, value = _inner(reader, 2)
        return f"map<{key},{value}>"
    if name == "STRUCT":
        return f"struct<{', '.join(_fields(reader))}>"
    if name == "DECIMAL":
        return _decimal(reader)
    if name in ("CHAR", "VARCHAR"):
        return _text(reader, name)
    if name in _INTEGERS and reader.accept("("):
        # A width, as MySQL has it, says nothing.
        reader.whole()
        reader.expect(")")
    return _SAME.get(name, name).lower()


def _inner(reader: Reader, count: int) -> list[str]:
    reader.expect("<")
    found = [read_type(reader)]
    while len(found) < count:
        reader.expect(",")
        found.append(read_type(reader))
    reader.close_angle()
    return found


def _fields(reader: Reader) -> list[str]:
    reader.expect("<")
    found = []
    while True:
        name = reader.name()
        found.append(f"{name} {read_type(reader)}")
        if not reader.accept(","):
            break
    reader.close_angle()
    return found


def _decimal(reader: Reader) -> str:
    if not reader.accept("("):
        return "decimal(10,0)"
    digits = reader.whole()
    scale = reader.whole() if reader.accept(",") else 0
    reader.expect(")")
    if not 1 <= digits <= MOST_DIGITS:
        raise analysis(f"DECIMAL's precision should range from 1 to {MOST_DIGITS}")
    if scale > digits:
        raise analysis("DECIMAL's scale should be less than or equal to its precision")
    return f"decimal({digits},{scale})"


def _text(reader: Reader, name: str) -> str:
    longest = LONGEST_CHAR if name == "CHAR" else LONGEST_TEXT
    if not reader.accept("("):
        return "char(1)" if name == "CHAR" else f"varchar({LONGEST_TEXT})"
    length = reader.whole()
    reader.expect(")")
    if not 1 <= length <= longest:
        raise analysis(f"{name.title()} size must be between 1 and {longest}")
    return f"{name.lower()}({length})"


def may_be_key(type: str) -> bool:
    """Whether rows can be told apart, ordered and spread by it."""
    return _head(type) not in _NO_KEYS


def may_be_primary(type: str) -> bool:
    return may_be_key(type) and _head(type) not in ("DECIMAL", "CHAR")


def bytes_of_text(type: str) -> int | None:
    """The most bytes that a text of this type has; None for what is no text."""
    if type == "string":
        return LONGEST_STRING
    if _head(type) in ("CHAR", "VARCHAR"):
        return int(type.partition("(")[2].rstrip(")"))
    return None


def _head(type: str) -> str:
    return type.partition("(")[0].partition("<")[0].upper()


def duckdb_type(type: str) -> str:
    """What DuckDB keeps values of this type in."""
    from seeknal_starrocks.testing.ddl.reader import Reader

    return _duckdb(Reader(type))


def _duckdb(reader: Reader) -> str:
    from seeknal.plugin import quote_identifier

    name = reader.next.word
    reader.expect(name)
    if name in ("ARRAY", "MAP", "STRUCT"):
        reader.expect("<")
        parts = []
        while True:
            field = f"{quote_identifier(reader.name())} " if name == "STRUCT" else ""
            parts.append(field + _duckdb(reader))
            if not reader.accept(","):
                break
        reader.close_angle()
        return f"{parts[0]}[]" if name == "ARRAY" else f"{name}({', '.join(parts)})"
    arguments = tuple(map(str, reader.listed(reader.whole))) if reader.ahead("(") else ()
    if name == "DECIMAL":
        return f"DECIMAL({', '.join(arguments)})"
    return PLAIN.get(name, "VARCHAR")
