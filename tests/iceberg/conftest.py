from pathlib import Path

import pytest


@pytest.fixture
def lake():
    """Opens a table of a project's own catalog with PyIceberg alone."""

    def table(made, name):
        from pyiceberg.catalog import load_catalog

        folder = Path(made.path) / ".seeknal" / "iceberg"
        first, *rest = name.split(".")
        catalog = load_catalog(
            first,
            type="sql",
            uri=f"sqlite:///{folder / 'catalog.db'}",
            warehouse=(folder / "warehouse").as_uri(),
        )
        return catalog.load_table(tuple(rest))

    return table
