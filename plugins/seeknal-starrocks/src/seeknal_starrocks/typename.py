"""What project files and profiles call what is here."""

from __future__ import annotations

TYPE = "starrocks"
NAMES = (TYPE,)
MYSQL = "mysql"
MYSQL_ALIASES = ("mariadb",)
MYSQL_NAMES = (MYSQL, *MYSQL_ALIASES)
VIEW = "starrocks_materialized_view"
