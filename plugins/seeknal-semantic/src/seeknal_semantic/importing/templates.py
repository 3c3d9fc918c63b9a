"""What dbt's filters and queries name by templates: ``{{ Dimension('order__status') }}``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seeknal.plugin import SqlRefused
from seeknal_semantic.conditions import MetricOf, Name, leaves
from seeknal_semantic.filters import parse_filter
from seeknal_semantic.grains import FISCAL, GRAINS, PARTS
from seeknal_semantic.importing.entries import TEMPLATES, NotCarried
from seeknal_semantic.paths import METRIC_TIME

if TYPE_CHECKING:
    from seeknal.plugin import Location

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PLACE = re.compile(r"\bname_\d+\b")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ARGUMENTS = {
    "Dimension": ("name", "entity_path"),
    "TimeDimension": (
        *("time_dimension_name", "time_granularity_name", "entity_path"),
        *("descending", "date_part_name"),
    ),
    "Entity": ("entity_name", "entity_path"),
    "Metric": ("metric_name", "group_by"),
}
_METHODS = ("grain", "date_part", "descending")


@frozen(kw_only=True)
class Named:
    """What a template names. ``grain`` and ``part`` are those of a time dimension."""

    call: str
    name: str
    path: tuple[str, ...] = ()
    grain: str | None = None
    part: str | None = None
    group_by: tuple[str, ...] = ()
    descending: bool = False

    @property
    def text(self) -> str:
        """The same as filters and queries here name it."""
        if self.call == "Metric":
            if not self.group_by:
                return self.name
            words = [f"'{each}'" for each in (self.name, *self.group_by)]
            return f"metric({', '.join(words)})"
        ending = [f"extract_{self.part}"] if self.part else [self.grain] if self.grain else []
        return "__".join([*self.path, self.name, *ending])

    @property
    def needs(self) -> set[str]:
        """The metric, or the dimensions and entities, without which it means nothing."""
        words = [word for each in self.group_by for word in each.split("__")]
        own = {f"metric {self.name}"} if self.call == "Metric" else set()
        names = [] if own else [*self.path, *self.name.split("__")]
        # What dbt does not have by itself is a grain of the project's own, or nothing.
        grains = {self.grain or "", *names[-1:]} & {*FISCAL, self.grain or ""} - {"", *GRAINS}
        own |= {f"grain {grain}" for grain in grains}
        return own | {f"dimension {word}" for word in (*words, *names)}

    @property
    def is_bare_time(self) -> bool:
        """Whether it is ``metric_time`` without a grain, which dbt takes for a day or more."""
        return self.name.lower() == METRIC_TIME and not self.grain and not self.part


@frozen(kw_only=True)
class Filter:
    """A filter as it is written here, and what it names.

    ``bare`` has a column in the place of each name: ``name_0`` and so on.
    """

    text: str
    bare: str
    named: tuple[Named, ...] = field(factory=tuple)

    def told(self, why: str) -> str:
        """What is said of `bare`, with the names in their places."""
        names = {column_of(number): each.text for number, each in enumerate(self.named)}
        return _PLACE.sub(lambda found: names.get(found[0], found[0]), why)


def read_filter(text: str, place: Location) -> Filter:
    """The filter that dbt's says. Raises NotCarried for one that has no exact equal."""
    found: list[Named] = []

    def name(match: re.Match[str]) -> str:
        found.append(read_call(match[1], place))
        return _in_sql(found[-1].text)

    filled = _TEMPLATE.sub(name, text).strip()
    if any(begin in filled for begin in TEMPLATES):
        raise NotCarried(place, f"a filter with a template that is no name: {_short(text)}")
    if "\\" in filled:
        raise NotCarried(place, f"a backslash means other things elsewhere: {_short(text)}")
    try:
        condition = parse_filter(filled)
    except SqlRefused as error:
        raise NotCarried(place, f"{error} ({_short(text)})") from None
    known = {each.text for each in found}
    for leaf in leaves(condition):
        if isinstance(leaf, Name) and leaf.text not in known:
            raise NotCarried(place, f"{leaf.text} is named without a template ({_short(text)})")
    if len([leaf for leaf in leaves(condition) if isinstance(leaf, Name | MetricOf)]) < len(found):
        raise NotCarried(place, f"a name stands within a text: {_short(text)}")
    numbers = iter(range(len(found)))
    bare = _TEMPLATE.sub(lambda _: column_of(next(numbers)), text).strip()
    return Filter(text=_on_one_line(filled), bare=bare, named=tuple(found))


def column_of(number: int) -> str:
    """The column in the place of a name in `Filter.bare`."""
    return f"name_{number}"


def _in_sql(name: str) -> str:
    """A name as it stands in a filter: in quotes where it is a word of SQL."""
    try:
        parse_filter(f"{name} IS NULL")
    except SqlRefused:
        return f'"{name}"'
    return name


def _on_one_line(text: str) -> str:
    """A filter without the lines that it was broken into; texts within it stay as they are."""
    return re.sub(r"('(?:[^']|'')*')|\s+", lambda found: found[1] or " ", text)


def read_name(text: str, place: Location) -> Named:
    """What a saved query groups or orders by: a call, or a name as it is typed in a query."""
    bare = text.strip().removeprefix("-")
    if _NAME.fullmatch(bare):
        return Named(call="Dimension", name=bare, descending=text.strip().startswith("-"))
    return read_call(text, place)


def read_call(text: str, place: Location) -> Named:
    """``Dimension('order__status').grain('month')`` and the like. Raises NotCarried."""
    refused = NotCarried(place, f"a template that is not known: {_short(text)}")
    try:
        tree: Any = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise refused from None
    methods: dict[str, Any] = {}
    while isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        if tree.func.attr not in _METHODS or len(tree.args) != 1 or tree.keywords:
            raise refused
        methods.setdefault(tree.func.attr, _constant(tree.args[0], refused))
        tree = tree.func.value
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise refused
    call = tree.func.id
    if call not in _ARGUMENTS or len(tree.args) > len(_ARGUMENTS[call]):
        raise refused
    given = dict(zip(_ARGUMENTS[call], (_constant(each, refused) for each in tree.args)))  # noqa: B905
    for keyword in tree.keywords:
        if keyword.arg not in _ARGUMENTS[call] or keyword.arg in given:
            raise refused
        given[keyword.arg] = _constant(keyword.value, refused)
    return _named(call, given, methods, refused)


def _named(call: str, given: dict[str, Any], methods: dict[str, Any], refused: NotCarried) -> Named:
    name = given.get(_ARGUMENTS[call][0])
    grain = methods.get("grain", given.get("time_granularity_name"))
    part = methods.get("date_part", given.get("date_part_name"))
    descending = methods.get("descending", given.get("descending")) or False
    path, group_by = given.get("entity_path") or (), given.get("group_by") or ()
    words = [name, *path, *group_by, *(each for each in (grain, part) if each is not None)]
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in words):
        raise refused
    assert isinstance(name, str)
    if call in ("Entity", "Metric") and (grain or part):
        raise refused
    if not isinstance(descending, bool) or (part and part.lower() not in PARTS):
        raise refused
    if call == "Metric":
        return Named(call=call, name=name, group_by=tuple(group_by), descending=descending)
    *links, last = name.split("__")
    if call == "Dimension" and not grain and not part and last.lower() in GRAINS and links:
        # dbt takes the grain of such a name for the dimension's.
        grain, (*links, last) = last, links
    if call == "TimeDimension" and last.lower() in GRAINS and links:
        if grain is not None and grain.lower() != last.lower():
            raise refused
        grain, (*links, last) = last, links
    whole = (*path, *links)
    if call != "Entity" and not whole and last.lower() != METRIC_TIME:
        why = f"{last!r} does not say of which entity it is, which dbt does not take"
        raise NotCarried(refused.place, why)
    return Named(
        call=call,
        name=last,
        path=whole,
        grain=grain.lower() if grain and grain.lower() in GRAINS else grain,
        part=part.lower() if part else None,
        descending=descending,
    )


def _constant(tree: Any, refused: NotCarried) -> Any:
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str | bool | None):
        return tree.value
    if isinstance(tree, ast.Name) and tree.id in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[tree.id]
    if isinstance(tree, ast.List | ast.Tuple):
        return tuple(_constant(each, refused) for each in tree.elts)
    raise refused


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) < 80 else f"{flat[:77]}..."
