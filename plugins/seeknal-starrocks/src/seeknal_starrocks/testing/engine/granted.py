"""The tables of sys: rights that were given, made anew each time that one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from seeknal_starrocks.testing.engine.rights import ROLE

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Table
    from seeknal_starrocks.testing.engine.world import World

    MaySee = Callable[[Table], bool]

_NAMES = (
    "GRANTEE OBJECT_CATALOG OBJECT_DATABASE OBJECT_NAME OBJECT_TYPE PRIVILEGE_TYPE IS_GRANTABLE"
)
COLUMNS = {"grants_to_users": _NAMES, "grants_to_roles": _NAMES}


def granted_rows(world: World, name: str, may_see: MaySee) -> Iterator[tuple[object, ...]]:
    """Rights on tables and views, those of one user or role on one of them in a row."""
    to_roles = name == "grants_to_roles"
    for user, id in sorted({(user, id) for user, _, id in world.grants}):
        found = next(((p, t) for p, t in [*world.tables.items()] if t.id == id), None)
        # It may have been dropped meanwhile.
        if found is None or not may_see(found[1]) or user.startswith(ROLE) != to_roles:
            continue
        place, table = found
        rights = sorted(right for u, right, of in world.grants if (u, of) == (user, id))
        grantee = user.removeprefix(ROLE) if to_roles else f"'{user}'@'%'"
        yield grantee, *place, table.kind, ", ".join(rights), "NO"
