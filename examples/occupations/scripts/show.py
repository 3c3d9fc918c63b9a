"""Prints the example's catalog, its layer transitions, and where each layer's rows are from.

Run it from the example's folder: ``seeknal python scripts/show.py``.
"""

from __future__ import annotations

import seeknal


def main() -> None:
    with seeknal.open_project(".") as project:
        print("Tables")
        for table in project.catalog.tables():
            names = ", ".join(column["name"] for column in table["columns"])
            print(
                f"  {table['layer']:<7} {table['table_name']}: {table['row_count']} rows of {names}"
            )

        print("Transitions")
        for step in reversed(project.catalog.transitions()):
            read = [found["node"] for found in step["reads"]] or step["source_files"]
            origin = ", ".join(step["source_layers"]) or "files"
            print(f"  {origin} -> {step['layer']}: {', '.join(read)} -> {step['node']}")

        print("Provenance")
        for node in project.list_tables():
            for file, rows, *_ in project.provenance(node).project("source_file, rows").fetchall():
                print(f"  {node}: {rows} rows from {file}")


if __name__ == "__main__":
    main()
