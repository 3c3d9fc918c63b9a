"""From a project, tables and a query to rows."""

from dataclasses import dataclass
from difflib import get_close_matches

from tests.semantic.reference.asked import Asked
from tests.semantic.reference.calendar import zone
from tests.semantic.reference.evaluate import evaluate
from tests.semantic.reference.language import names, walk
from tests.semantic.reference.metrics import own_fill, typed_fill, values_of
from tests.semantic.reference.paths import Rows, resolve
from tests.semantic.reference.project import Project, read_project, texts
from tests.semantic.reference.refusal import Reason, Refused, refuse
from tests.semantic.reference.simple import filled

KEYS = (
    *("metrics", "dimensions", "filter", "order_by", "limit", "start", "end", "timezone"),
    "saved_query",
)


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query; in order only if it asked for one.

    ``beyond`` are the rows that its limit left out and that tie with the last one.
    """

    columns: tuple
    rows: list
    beyond: list


def answer(documents, tables: dict, columns: dict, query: dict, settings: dict) -> Answer:
    """What a query gives; ``Refused`` when it has no answer, ``Unjudged`` when none is right."""
    zone_name = query.get("timezone") or saved_zone(documents, query) or settings.get("timezone")
    if zone_name is not None:
        zone(zone_name)
    project = read_project(documents, tables, columns, {**settings, "timezone": zone_name})
    query = with_saved(project, query)
    metrics = tuple(query.get("metrics", ()))
    items = tuple(query.get("dimensions", ()))
    check(query, metrics, items)
    filters = texts(query.get("filter"))
    if metrics:
        rows = metric_rows(project, query, metrics, items, filters)
    else:
        rows = distinct_rows(project, query, items, filters)
    header = (*items, *metrics)
    order = query.get("order_by") or ()
    names = [order] if isinstance(order, str) else list(order)
    kept, beyond = limited(ordered(rows, header, names), header, names, query.get("limit"))
    return Answer(header, kept, beyond)


def saved_zone(documents, query):
    name = query.get("saved_query")
    found = [one for one in documents if one["kind"] == "saved_query" and one["name"] == name]
    return found[0].get("timezone") if found else None


def with_saved(project: Project, query: dict) -> dict:
    """The query, on top of the saved one that it names."""
    name = query.get("saved_query")
    if name is None:
        return query
    saved = project.saved.get(name)
    if saved is None:
        near = get_close_matches(name, list(project.saved), 1)
        refuse(Reason.UNKNOWN_NAME, f"no saved query {name!r}; near: {near}")
    result = {**saved, **query}
    for key in ("metrics", "dimensions", "filter"):
        result[key] = [*listed(saved.get(key)), *listed(query.get(key))]
    return result


def listed(value) -> list:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def check(query: dict, metrics, items) -> None:
    if not metrics and not items:
        refuse(Reason.BAD_QUERY, "the query names no metric and no dimension")
    limit = query.get("limit")
    if limit is not None and (not isinstance(limit, int) or limit < 0):
        refuse(Reason.BAD_QUERY, f"limit {limit!r} is no number of rows")
    both = (*metrics, *items)
    twice = [one for one in both if both.count(one) > 1]
    if twice:
        refuse(Reason.DUPLICATE_NAME, f"{twice[0]} stands twice in the query")


def metric_rows(project: Project, query, metrics, items, filters) -> list[tuple]:
    """One row for each group of any metric, groups equal when NULLs are."""
    found = [project.metric(name) for name in metrics]
    asked = Asked(project, metrics, items, filters, query.get("start"), query.get("end"))
    values = [values_of(asked, metric) for metric in found]
    groups = {group: None for one in values for group in one}
    fills = [typed_fill(asked, metric.name, own_fill(metric)) for metric in found]
    return [
        (*group, *(filled(one.get(group), fill) for one, fill in zip(values, fills, strict=True)))
        for group in groups
    ]


def distinct_rows(project: Project, query, items, filters) -> list[tuple]:
    """Distinct values of dimensions, from the model that reaches them with the fewest joins."""
    if (
        query.get("start")
        or query.get("end")
        or any(one.startswith("metric_time") for one in items)
    ):
        refuse(Reason.NEEDS_TIME, "metric_time, start and end need a metric")
    ways, refusals = {}, []
    wanted = [*items, *(name for tree in filters for name in names(tree))]
    if any(node[:2] == ("call", "metric") for tree in filters for node in walk(tree)):
        refuse(Reason.BAD_FILTER, "metric() needs a metric in the query")
    for model in project.models.values():
        try:
            places = {name: resolve(project, model, name) for name in wanted}
        except Refused as error:
            refusals.append(error)
            continue
        ways[model.name] = places
    if not ways:
        raise min(refusals, key=lambda one: one.reason is Reason.UNKNOWN_NAME)
    hops = {
        name: len({hop for place in places.values() for hop in place.hops})
        for name, places in ways.items()
    }
    nearest = [name for name, count in hops.items() if count == min(hops.values())]
    if len(nearest) > 1:
        refuse(Reason.AMBIGUOUS_PATH, f"{', '.join(items)} may be of {', '.join(nearest)}")
    places = ways[nearest[0]]
    if any(place.needs_time for place in places.values()):
        refuse(Reason.NEEDS_TIME, "a dimension that is valid for a while needs a metric")
    rows = Rows(project)
    found = {}
    for row in project.tables[project.models[nearest[0]].table]:

        def lookup(name, row=row):
            return rows.at(places[name], row, None)

        if all(evaluate(tree, lookup) is True for tree in filters):
            found[tuple(lookup(name) for name in items)] = None
    return list(found)


def ordered(rows: list[tuple], header, order) -> list[tuple]:
    """Rows by the query's order, NULLs last in both directions."""
    for name in reversed(list(order)):
        plain = name.removeprefix("-")
        if plain not in header:
            near = get_close_matches(plain, header, 1)
            refuse(Reason.UNKNOWN_NAME, f"order by {plain!r}: near {near}; there are {header}")
        at = header.index(plain)
        there = sorted(
            (row for row in rows if row[at] is not None),
            key=lambda row: row[at],
            reverse=name.startswith("-"),
        )
        rows = there + [row for row in rows if row[at] is None]
    return rows


def limited(rows: list[tuple], header, order, limit):
    """The first rows, and those after them that tie with the last.

    Without an order any will do, which the caller compares so.
    """
    if not (limit and order):
        return rows, []
    columns = [header.index(name.removeprefix("-")) for name in order]
    kept = rows[:limit]
    last = [kept[-1][at] for at in columns] if kept else None
    return kept, [row for row in rows[limit:] if [row[at] for at in columns] == last]
