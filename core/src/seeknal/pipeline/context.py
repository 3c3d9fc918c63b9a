"""What a node's function is given, for annotations: ``def orders(ctx: PipelineContext)``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol


class PipelineContext(Protocol):
    """``ctx`` of a node's function."""

    @property
    def params(self) -> Mapping[str, object]: ...

    @property
    def vars(self) -> Mapping[str, object]: ...

    @property
    def interval(self) -> Any: ...

    @property
    def environment(self) -> str: ...

    @property
    def run_id(self) -> str: ...

    @property
    def log(self) -> logging.Logger: ...

    @property
    def duckdb(self) -> Any: ...

    def ref(self, id: str) -> Any: ...
