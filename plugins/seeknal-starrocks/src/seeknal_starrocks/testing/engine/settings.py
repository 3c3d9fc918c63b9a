"""Reads SET."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from seeknal_starrocks.testing.ddl.reader import Reader
from seeknal_starrocks.testing.refusing import Refused

CHARSETS = ("utf8", "utf8mb4", "utf8mb3", "binary", "latin1", "gbk")


@frozen(kw_only=True)
class Settings:
    variables: Mapping[str, str] = field(factory=dict)
    catalog: str | None = None


def read_settings(sql: str) -> Settings:
    """Raises Refused."""
    reader = Reader(sql)
    reader.expect("SET")
    if reader.accept("CATALOG"):
        catalog = reader.name_or_text()
        reader.end()
        return Settings(catalog=catalog)
    variables: dict[str, str] = {}
    while True:
        variables |= _one(reader)
        if not reader.accept(","):
            break
    reader.end()
    return Settings(variables=variables)


def _one(reader: Reader) -> dict[str, str]:
    if reader.accept("NAMES") or reader.accept("CHARACTER", "SET") or reader.accept("CHARSET"):
        return _charset(reader)
    scope = reader.accept("SESSION") or reader.accept("LOCAL") or reader.accept("GLOBAL")
    if reader.accept("TRANSACTION"):
        reader.rest()
        return {}
    if not scope and reader.accept("@@"):
        reader.accept("SESSION", ".") or reader.accept("GLOBAL", ".")
    name = reader.name().lower()
    reader.expect("=")
    return {name: _value(reader)}


def _charset(reader: Reader) -> dict[str, str]:
    name = reader.name_or_text().lower()
    if name not in CHARSETS:
        raise Refused(f"Unknown character set: '{name}'", code=1115, state="42000")
    if reader.accept("COLLATE"):
        reader.name_or_text()
    # Whatever is asked for: all texts are UTF-8.
    return {}


def _value(reader: Reader) -> str:
    token = reader.next
    if token.kind == "text":
        return reader.text()
    if token.kind in ("whole", "decimal"):
        reader.skip()
        return token.text
    for word, value in (("ON", "1"), ("OFF", "0"), ("TRUE", "true"), ("FALSE", "false")):
        if reader.accept(word):
            return value
    sign = "-" if reader.accept("-") else ""
    if sign or reader.next.kind == "whole":
        return f"{sign}{reader.whole()}"
    return reader.name()
