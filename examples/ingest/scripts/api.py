"""From a REST API to a warehouse in one command: page by page, with a token that stands nowhere.

Run it from the example's folder: ``seeknal python scripts/api.py``.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading

from shop import serve


def main() -> int:
    token = secrets.token_urlsafe()
    with serve(token) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        environment = {**os.environ, "SHOP_URL": url, "SHOP_TOKEN": token}
        command = [sys.executable, "-m", "seeknal", "ingest", "--config", "orders.yml"]
        done = subprocess.run(command, env=environment)
        server.shutdown()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
