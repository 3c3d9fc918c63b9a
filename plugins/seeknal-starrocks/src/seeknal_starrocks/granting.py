"""Rights on a table: SWAP takes them along with the rows, so they are given to the twin before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seeknal.plugin import DeliveryError
from seeknal_starrocks.server import Lost, text

if TYPE_CHECKING:
    from seeknal_starrocks.server import Server
    from seeknal_starrocks.tablename import Table
    from seeknal_starrocks.work import Work

_RIGHT = re.compile(r"[A-Z][A-Z ]*")
_USER = re.compile(r"'(?:[^'\\]|\\.)*'@'(?:[^'\\]|\\.)*'")


def carry(work: Work, server: Server, twin: Table) -> None:
    """Give the rights on the table to the twin too; a warning says where that fails."""
    try:
        for kind in ("USER", "ROLE"):
            for grantee, right, grantable in granted(server, work.table, kind, "TABLE"):
                further = " WITH GRANT OPTION" if grantable else ""
                server.ask(f"GRANT {right} ON TABLE {twin.quoted} TO {kind} {grantee}{further}")
    except Lost:
        raise
    except DeliveryError:
        database = work.table.database
        work.context.log.warning(
            "rights that were given on %s alone could not be read, and may be gone: its rows are"
            " those of another table now; GRANT ... ON ALL TABLES IN DATABASE %s stays",
            work.table,
            database,
        )


def granted(server: Server, table: Table, kind: str, what: str) -> list[tuple[str, str, bool]]:
    """To whom which right is given on it alone, and whether that may be passed on.

    ``kind`` is USER or ROLE, ``what`` TABLE or MATERIALIZED VIEW. Raises DeliveryError.
    """
    rows = server.ask(
        "SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE"
        f" FROM sys.grants_to_{kind.lower()}s WHERE OBJECT_TYPE = {text(what)}"
        f" AND OBJECT_DATABASE = {text(table.database)} AND OBJECT_NAME = {text(table.name)}"
        " AND OBJECT_CATALOG = 'default_catalog'"
    )
    found = []
    for grantee, right, grantable in rows:
        named = str(grantee) if kind == "USER" else text(str(grantee))
        for each in str(right).split(","):
            known = _RIGHT.fullmatch(each.strip()) and (kind == "ROLE" or _USER.fullmatch(named))
            if not known:
                raise DeliveryError(f"a right that is not understood: {each} of {named}")
            found.append((named, each.strip(), str(grantable).upper() in ("YES", "TRUE", "1")))
    return found
