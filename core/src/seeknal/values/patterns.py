"""Regular expressions that are compiled when they are first used: most commands need few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

Match = re.Match[str]


class Pattern:
    """What `re.compile` gives, later; as far as it is used."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text = text
        self.flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.text, self.flags)

    def search(self, text: str) -> Match | None:
        return self.compiled.search(text)

    def match(self, text: str, at: int = 0) -> Match | None:
        return self.compiled.match(text, at)

    def fullmatch(self, text: str) -> Match | None:
        return self.compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[Match]:
        return self.compiled.finditer(text)

    def findall(self, text: str) -> list[Any]:
        return self.compiled.findall(text)

    def sub(self, by: str | Callable[[Match], str], text: str) -> str:
        return self.compiled.sub(by, text)
