"""Fills the lake: writes data/subscriber_daily.csv to an Iceberg table, as another team would.

Run it from the example's folder: ``seeknal python scripts/seed_lake.py``. The catalog is the
project's own, below .seeknal/; PyIceberg alone writes it, so that seeknal finds a table that it did
not make.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
from pyiceberg.catalog import load_catalog

ROOT = Path(__file__).resolve().parent.parent
LAKE = ROOT / ".seeknal" / "iceberg"
TABLE = ("telco", "subscriber_daily")


def main() -> None:
    (LAKE / "warehouse").mkdir(parents=True, exist_ok=True)
    catalog = load_catalog(
        "atlas",
        type="sql",
        uri=f"sqlite:///{LAKE / 'catalog.db'}",
        warehouse=(LAKE / "warehouse").as_uri(),
    )
    rows = duckdb.sql(f"FROM '{ROOT / 'data' / 'subscriber_daily.csv'}'").to_arrow_table()
    catalog.create_namespace_if_not_exists(TABLE[0])
    table = catalog.create_table_if_not_exists(TABLE, rows.schema)
    write = table.append if table.current_snapshot() is None else table.overwrite
    write(rows)
    print(f"atlas.{'.'.join(TABLE)}: {rows.num_rows} rows")


if __name__ == "__main__":
    main()
