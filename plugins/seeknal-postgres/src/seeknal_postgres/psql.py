"""psql, PostgreSQL's own client, on a connection of the project's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seeknal.plugin import ConnectionFailed
from seeknal_postgres.binaries import account, binaries

_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "gssencmode": "PGGSSENCMODE",
}


def run_psql(arguments: Sequence[str], given: Mapping[str, Any]) -> int:
    """Its exit code. The password goes by the environment, never by the command line."""
    own = {_VARIABLES[key]: str(value) for key, value in given.items() if key in _VARIABLES}
    return subprocess.run([_program(), *arguments], env={**os.environ, **own}).returncode


def _program() -> Path:
    try:
        return binaries(account()) / "psql"
    except ConnectionFailed:
        found = shutil.which("psql")
        if found is None:
            raise
        return Path(found)
