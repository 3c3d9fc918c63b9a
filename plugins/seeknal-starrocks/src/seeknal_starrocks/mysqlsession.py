"""The same conversation with MySQL, or MariaDB, whose session can change nothing."""

from __future__ import annotations

from seeknal_starrocks.session import ServerSession


class MySqlSession(ServerSession):
    """Implements `seeknal.plugin.Session`."""

    def describe(self) -> str:
        version = str(self._ask("SELECT version() AS version")[1][0][0])
        server = "MariaDB" if "mariadb" in version.lower() else "MySQL"
        return (
            f"{server} {version}; {self._in_database()}"
            f"as {self._address.user}, who has {self._rights()}"
        )
