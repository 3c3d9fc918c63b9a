"""From a REST API to a warehouse: page by page, with a token that stands nowhere.

Run it from the example's folder: ``seeknal python scripts/api.py``.
"""

from __future__ import annotations

import os
import secrets
import threading

from shop import serve

import seeknal


def main() -> None:
    os.environ["SHOP_TOKEN"] = token = secrets.token_urlsafe()
    os.environ["NO_PROXY"] = "127.0.0.1"
    with serve(token) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ["SHOP_URL"] = f"http://127.0.0.1:{server.server_port}"
        result = seeknal.ingest(
            connection="api",
            table="orders",
            params={"pagination": {"type": "link"}},
            columns={"total": "DECIMAL(10,2)"},
            into="warehouse:dw.orders",
            mode="upsert",
            keys=["id"],
        )
        server.shutdown()
    print(f"{result['table']}: {result['rows_loaded']} rows")


if __name__ == "__main__":
    main()
