"""Runs the project with a StarRocks, and then a command: ``seeknal python scripts/run.py sql ...``.

The server is that of STARROCKS_URL. Without it one is started that stands in for StarRocks; what
that holds is gone when it ends, and so everything is run anew with each one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seed import seed

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def starrocks() -> Iterator[dict[str, str]]:
    """Variables that lead to a server."""
    if os.environ.get("STARROCKS_URL"):
        yield {}
        return
    from seeknal_starrocks.testing import StandIn

    shutil.rmtree(ROOT / "target", ignore_errors=True)
    password = secrets.token_urlsafe()
    with StandIn(users={"root": password}) as server:
        url = f"starrocks://root:{password}@{server.host}:{server.port}/shop"
        yield {"STARROCKS_URL": url, "STARROCKS_HTTP_PORT": str(server.http_port)}


def main(words: list[str]) -> int:
    with starrocks() as variables:
        environment = {**os.environ, **variables}
        seed(environment["STARROCKS_URL"])
        code = 0
        for command in (["run"], words):
            if command and code == 0:
                asked = [sys.executable, "-m", "seeknal", *command]
                code = subprocess.run(asked, cwd=ROOT, env=environment).returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
