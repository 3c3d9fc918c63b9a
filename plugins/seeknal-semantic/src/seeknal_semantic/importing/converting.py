"""All files of dbt's that are taken over, from their mappings to nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from seeknal.plugin import did_you_mean
from seeknal_semantic.grains import GRAINS
from seeknal_semantic.importing.entries import Entry, NotCarried, titled
from seeknal_semantic.importing.metrics import Metrics, Times, simple_metric
from seeknal_semantic.importing.models import Models, dimension_names, is_simple, named_models
from seeknal_semantic.importing.named_types import NamedTypes
from seeknal_semantic.importing.queries import SavedQueries
from seeknal_semantic.options import SemanticModelKeys

if TYPE_CHECKING:
    from seeknal.plugin import Location, Marks, Node, NodeId
    from seeknal_semantic.importing.entries import Report
    from seeknal_semantic.importing.expressions import Expressions
    from seeknal_semantic.importing.metrics import Simple
    from seeknal_semantic.importing.pieces import Piece

KEYS = ("semantic_models", "metrics", "saved_queries", "models")
_FINER = GRAINS[: GRAINS.index("day")]


@frozen(kw_only=True)
class Taken:
    """A document of dbt's, and the file that what it defines goes to."""

    entry: Entry
    file: str

    @classmethod
    def of(cls, data: object, marks: Marks, file: str) -> Taken | None:
        """None for a document that says nothing of a semantic layer."""
        if not isinstance(data, Mapping) or not any(isinstance(data.get(k), list) for k in KEYS):
            return None
        lists = {key: value for key, value in data.items() if isinstance(value, list)}
        taken = cls(entry=Entry(data=lists, marks=marks), file=file)
        says = any(taken.entry.has(key) for key in KEYS[:3]) or any(taken.models())
        return taken if says else None

    def models(self) -> Iterator[tuple[str, Entry]]:
        return named_models(_mappings(self.entry, "models"))

    def metrics(self) -> Iterator[Entry]:
        """Those of models too, which the newer form has there."""
        for kind, model in self.models():
            if kind == "semantic_model":
                yield from _mappings(model, "metrics")
        yield from _mappings(self.entry, "metrics")


def _mappings(entry: Entry, key: str) -> Iterator[Entry]:
    """The mappings of a list; what else stands there is dbt's own to complain of."""
    for number, each in enumerate(value if isinstance(value := entry.data.get(key), list) else ()):
        if isinstance(each, Mapping):
            yield Entry(data=each, marks=entry.marks, path=(*entry.path, key, number))


def converted(
    taken: Iterable[Taken], nodes: Mapping[NodeId, Node], expressions: Expressions, report: Report
) -> list[Piece]:
    """What all documents define; what has no exact equal is told to ``report``."""
    every = list(taken)
    times = _times(every)
    found = _Converting(nodes, expressions, report, times)
    models = [list(found.models(one)) for one in every]
    measures = {name: each for one in every for entry in one.metrics() for name, each in _of(entry)}
    types = NamedTypes(
        columns=expressions.columns,
        models=tuple(piece for pieces in models for piece in pieces),
        measures=measures,
    )
    plain = found.metrics("", types)
    simple: dict[str, Simple] = {}
    for one in every:
        for kind, model in one.models():
            for entry in _mappings(model, "metrics") if kind == "semantic_model" else ():
                if (made := _simple(entry, plain)) is not None:
                    simple.setdefault(made.name, made)
    rest = [found.rest(one, evolve(plain, file=one.file, simple=simple)) for one in every]
    return [piece for pair in zip(models, rest, strict=True) for each in pair for piece in each]


def _of(entry: Entry) -> Iterator[tuple[str, str]]:
    """A simple metric's name, and its measure's."""
    name, params = entry.data.get("name"), entry.data.get("type_params")
    measure = params.get("measure") if isinstance(params, Mapping) else name
    measure = measure.get("name") if isinstance(measure, Mapping) else measure
    if is_simple(entry) and isinstance(name, str) and isinstance(measure, str):
        yield name.lower(), measure.lower()


def _simple(entry: Entry, metrics: Metrics) -> Simple | None:
    """None for what is no simple metric, or a wrong one, which is told where it is made."""
    try:
        return simple_metric(entry, metrics) if is_simple(entry) else None
    except NotCarried:
        return None


def _times(taken: Iterable[Taken]) -> Times:
    finer = own = False
    for one in taken:
        finer = finer or _says_finer(one.entry.data)
        own = own or any(entry.has("time_granularity") for entry in one.metrics())
    return Times(finer_than_day=finer, own_grain=own)


def _says_finer(value: object) -> bool:
    """Whether a granularity below is finer than a day."""
    if isinstance(value, list):
        return any(map(_says_finer, value))
    if not isinstance(value, Mapping):
        return False
    said = (value.get("time_granularity"), value.get("granularity"))
    return any(isinstance(each, str) and each.lower() in _FINER for each in said) or any(
        map(_says_finer, value.values())
    )


class _Converting:
    """One import: what is said of each thing once."""

    def __init__(
        self,
        nodes: Mapping[NodeId, Node],
        expressions: Expressions,
        report: Report,
        times: Times,
    ) -> None:
        self.nodes = nodes
        self.expressions = expressions
        self.report = report
        self.times = times
        self.seen: dict[tuple[str, str], Location] = {
            (node.kind, node.name.lower()): node.location for node in nodes.values()
        }
        models = (each.options for each in nodes.values() if each.kind == "semantic_model")
        self.measures = {
            measure.name.lower()
            for options in models
            if isinstance(options, SemanticModelKeys)
            for measure in options.measures
        }

    def metrics(self, file: str, types: NamedTypes) -> Metrics:
        return Metrics(
            report=self.report,
            times=self.times,
            expressions=self.expressions,
            types=types,
            file=file,
        )

    def models(self, one: Taken) -> Iterator[Piece]:
        """Semantic models and time spines, which the rest names."""
        models = Models(
            report=self.report,
            expressions=self.expressions,
            node_of=self.node_of,
            file=one.file,
        )
        for entry in _mappings(one.entry, "semantic_models"):
            yield from self.piece("semantic model", entry, models.older)
        for kind, entry in one.models():
            make = models.newer if kind == "semantic_model" else models.spine
            yield from self.piece(kind.replace("_", " "), entry, make)

    def rest(self, one: Taken, metrics: Metrics) -> Iterator[Piece]:
        """Metrics and saved queries."""
        queries = SavedQueries(report=self.report, metrics=metrics, file=one.file)
        for entry in one.metrics():
            yield from self.piece("metric", entry, metrics.metric)
        for entry in _mappings(one.entry, "saved_queries"):
            yield from self.piece("saved query", entry, queries.query)

    def piece(self, what: str, entry: Entry, make: Callable[[Entry], Piece]) -> Iterator[Piece]:
        words = titled(what, entry)
        try:
            found = make(entry)
        except NotCarried as refused:
            self.report.add(words, refused.place, refused.why)
            self.report.lost.update(dimension_names(entry))
            return
        key = (found.kind, found.name.lower())
        first = self.seen.setdefault(key, found.place)
        if first is not found.place:
            self.report.add(found.words, found.place, f"there is one of that name: {first}")
            self.report.lost.update(dimension_names(entry))
            return
        if found.kind == "metric" and found.name.lower() in self.measures:
            self.report.add(found.words, found.place, "the project has a measure of that name")
            return
        yield found

    def node_of(self, name: str, place: Location) -> NodeId:
        """The node whose rows a model of dbt's has here."""
        having = [node for node in self.nodes.values() if node.does in ("loads", "computes")]
        named = [node for node in having if node.name == name]
        # A model of dbt's is computed; a seed is loaded.
        chosen = [node for node in named if node.does == "computes"] or named
        if len(chosen) == 1:
            return chosen[0].id
        if chosen:
            several = ", ".join(str(node.id) for node in chosen)
            raise NotCarried(place, f"{name} may be any of {several}")
        near = did_you_mean(name, [node.name for node in having])
        why = f"the project has no node {name}; the rows come first"
        raise NotCarried(place, f"{why} ({near})" if near else why)
