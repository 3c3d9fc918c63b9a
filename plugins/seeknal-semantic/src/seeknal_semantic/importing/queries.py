"""Saved queries: what they ask for, not where dbt exports it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from seeknal_semantic.importing.config import check_config, description, tags_of
from seeknal_semantic.importing.entries import NotCarried
from seeknal_semantic.importing.metrics import said
from seeknal_semantic.importing.pieces import Piece
from seeknal_semantic.importing.templates import read_name

if TYPE_CHECKING:
    from seeknal_semantic.importing.entries import Entry, Report
    from seeknal_semantic.importing.metrics import Metrics


@frozen(kw_only=True)
class SavedQueries:
    """Makes saved queries of dbt's."""

    report: Report
    metrics: Metrics
    file: str

    def query(self, entry: Entry) -> Piece:
        """One entry of ``saved_queries:``."""
        entry.check_keys(
            *("name", "description", "label", "config", "query_params", "exports", "group", "tags")
        )
        name = entry.needed("name")
        words = f"saved query {name}"
        self.report.notes(words, entry, "exports")
        params = entry.below("query_params")
        params.check_keys("metrics", "group_by", "where", "order_by", "limit")
        needs: set[str] = set()
        metrics = [text for text, _ in params.texts("metrics")]
        needs.update(f"metric {each}" for each in metrics)
        limit = params.number("limit")
        if isinstance(limit, float):
            raise NotCarried(params.place("limit"), "limit is no whole number")
        if limit == 0:
            raise NotCarried(params.place("limit"), "limit 0 gives no rows there, and all here")
        config = check_config(entry, self.report, words)
        tags = tags_of(entry)
        made = {
            "description": description(entry, self.report, words),
            "label": entry.text("label"),
            **({"tags": tags} if tags else {}),
            **config,
            "metrics": metrics,
            "dimensions": self.dimensions(params, needs),
            "filter": self.metrics.filter(params, needs, "where"),
            "order_by": self.order(params),
            "limit": limit,
        }
        return Piece(
            kind="saved_query",
            name=name,
            keys=said(**made),
            place=entry.place("name"),
            file=self.file,
            needs=frozenset(needs),
        )

    def dimensions(self, params: Entry, needs: set[str]) -> list[str]:
        found = []
        for text, place in params.texts("group_by"):
            named = read_name(text, place)
            if named.call == "Metric":
                raise NotCarried(place, "a metric that is grouped by")
            if named.is_bare_time:
                self.metrics.times.check(place, grouped=True)
            needs.update(named.needs)
            found.append(named.text)
        return found

    def order(self, params: Entry) -> list[str]:
        found = []
        for text, place in params.texts("order_by"):
            named = read_name(text, place)
            if named.call == "Metric" and named.group_by:
                raise NotCarried(place, "a metric of other groups than the query's")
            found.append(f"-{named.text}" if named.descending else named.text)
        return found
