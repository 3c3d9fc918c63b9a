"""Reads GRANT and REVOKE on tables."""

from __future__ import annotations

from attrs import frozen

from seeknal_starrocks.testing.ddl.reader import Reader

ROLE = "ROLE "
"""Stands before the name of a role, which is no user's."""
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "REFRESH", "EXPORT")


@frozen(kw_only=True)
class Grant:
    rights: tuple[str, ...]
    name: tuple[str, ...]
    user: str
    revoked: bool


def read_grant(sql: str) -> Grant:
    """Raises Refused."""
    reader = Reader(sql)
    revoked = reader.one_of("GRANT", "REVOKE") == "REVOKE"
    rights = [reader.one_of(*RIGHTS)]
    while reader.accept(","):
        rights.append(reader.one_of(*RIGHTS))
    reader.expect("ON")
    if reader.accept("MATERIALIZED"):
        reader.expect("VIEW")
    else:
        reader.one_of("TABLE", "VIEW")
    name = reader.names()
    reader.expect("FROM" if revoked else "TO")
    if reader.accept("ROLE"):
        user = f"{ROLE}{reader.name_or_text()}"
    else:
        reader.accept("USER")
        user = reader.name_or_text()
        if reader.accept("@"):
            reader.name_or_text()
    reader.end()
    return Grant(rights=tuple(rights), name=name, user=user, revoked=revoked)
