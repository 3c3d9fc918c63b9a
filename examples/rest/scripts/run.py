"""Starts the API, runs the project against it, and stops the API.

Run it from the example's folder: ``seeknal python scripts/run.py``.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading

from api import serve


def main() -> int:
    token = secrets.token_urlsafe()
    with serve(token) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        environment = {**os.environ, "SHOP_URL": url, "SHOP_TOKEN": token}
        done = subprocess.run([sys.executable, "-m", "seeknal", "run"], env=environment)
        server.shutdown()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
