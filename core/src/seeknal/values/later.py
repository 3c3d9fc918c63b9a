"""Values that are made when they are first asked for: most commands ask for few of many."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen


@frozen
class Later:
    """A value that is not made yet; ``plain`` is what it is made of: texts, numbers, lists."""

    _make: Callable[[], object]
    plain: object
    _made: list[object] = field(factory=list)

    @property
    def value(self) -> object:
        if not self._made:
            self._made.append(self._make())
        return self._made[0]


def value_of(options: object) -> object:
    """What is meant by options, which may be `Later`."""
    return options.value if isinstance(options, Later) else options
