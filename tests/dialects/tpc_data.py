"""Make the data and queries of TPC-H or TPC-DS: ``PYTHON tpc_data.py tpch|tpcds SCALE FOLDER``.

PYTHON has DuckDB 1.5.5 and its extensions, whose wheels exist for no newer one. The folder gets
a Parquet file for each table, and ``queries.json``.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb


def main(suite, scale, folder):
    wheel = Path(find_spec(f"duckdb_extension_{suite}").submodule_search_locations[0])
    extension = next(wheel.glob(f"extensions/*/{suite}.duckdb_extension"))
    generate = {"tpch": "dbgen", "tpcds": "dsdgen"}[suite]
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"CALL {generate}(sf = {float(scale)})")
        queries = connection.execute(f"SELECT query_nr, query FROM {suite}_queries()").fetchall()
        for (name,) in connection.execute("SHOW TABLES").fetchall():
            connection.execute(f"COPY {name} TO '{folder}/{name}.parquet' (FORMAT parquet)")
    (Path(folder) / "queries.json").write_text(json.dumps(dict(queries)))


if __name__ == "__main__":
    main(*sys.argv[1:])
