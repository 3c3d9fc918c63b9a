"""Which files a scan has to open, and the deletes that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyiceberg.table import DataScan, FileScanTask


def planned(scan: DataScan) -> list[FileScanTask]:
    """The files that the scan's filter does not exclude.

    PyIceberg 0.12 also works out what of the filter is left to ask of each file's rows, and fails
    at it where a partition is NULL. Nobody asks for that here: DuckDB holds rows to the filter.
    """
    if not scan._should_use_server_side_planning():
        planner: Any = scan._manifest_planner
        planner._build_residual_evaluator = lambda spec: lambda file: _Anything()
    return list(scan.plan_files())


class _Anything:
    def residual_for(self, partition: object) -> object:
        from pyiceberg.expressions import AlwaysTrue

        return AlwaysTrue()
