"""What a server was asked, in the order in which it came."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen


@frozen(kw_only=True)
class Asked:
    """A login, a statement, or a request by HTTP."""

    how: Literal["login", "statement", "request"]
    text: str
    """The statement; method and path of a request; the user who logs in."""
    user: str = ""
    node: Literal["fe", "be"] = "fe"
    """Of a request: whether it came to the frontend or to a backend."""
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    """Of a request, as they came, the authorization too."""
    encrypted: bool = False


class Log:
    """What was asked; ``clear`` forgets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: list[Asked] = []

    def add(self, asked: Asked) -> None:
        with self._lock:
            self._asked.append(asked)

    def clear(self) -> None:
        with self._lock:
            self._asked.clear()

    @property
    def all(self) -> list[Asked]:
        with self._lock:
            return list(self._asked)

    @property
    def statements(self) -> list[str]:
        return [asked.text for asked in self.all if asked.how == "statement"]

    @property
    def requests(self) -> list[Asked]:
        return [asked for asked in self.all if asked.how == "request"]
