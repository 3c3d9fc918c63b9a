"""From a mapping in a project file to an attrs class, with every problem found on the way.

A plugin declares its options as a frozen attrs class; this module reads it as a description:
types say what is accepted, `option` adds other spellings and a summary. The same description
gives the JSON Schema that editors use (`seeknal.kernel.json_schema`).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from seeknal.values.durations import Duration
from seeknal.values.errors import did_you_mean, nearest
from seeknal.values.marks import Marks
from seeknal.values.names import NodeId
from seeknal.values.problems import Problems
from seeknal.values.secret import Secret

if TYPE_CHECKING:
    from seeknal.values.problems import Problem

T = TypeVar("T")

UNKNOWN_KEY = "SK0201"
MISSING_KEY = "SK0202"
WRONG_VALUE = "SK0203"
MISREAD = "SK0107"
_READ_DIFFERENTLY = ("on", "off", "yes", "no")
"""Words that the YAML of some readers takes for true or false."""

Role = Literal[
    "location", "schema", "path", "outside", "table", "key", "hook", "column", "condition", "sql"
]
"""What core has to know of an option beside its type; `option` says what each means."""

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    NodeId: "the name of a node",
}


def option(
    default: Any = attrs.NOTHING,
    *,
    aliases: tuple[str, ...] = (),
    summary: str = "",
    validator: Callable[[Any, Any, Any], None] | None = None,
    factory: Callable[[], Any] | None = None,
    functional: bool = True,
    role: Role | None = None,
) -> Any:
    """A field of an options class.

    ``aliases`` are other spellings of its key; ``summary`` is its line in the reference and in
    editors; a ``validator`` (as of attrs) raises ValueError with what is wrong; ``functional``
    is False for what cannot change rows, such as a description. A field name that ends in ``_``
    stands for the key without it (``from_`` for ``from``).

    An option of a kind that is a `NodeId`, at any depth, names a node, as ``inputs:`` does: the
    node's kind reads it, and finds the full id there.

    ``role`` is what the option is to core:

    - of a connection, ``location``: where it leads. Its sources are read again when that changes,
      and two connections that lead to one place are one to those who deliver. A connection type
      of which no option has that role is taken to lead elsewhere when any option changes that
      is functional and no secret. Of a `Secret` it is what follows the last ``@`` of its URL.
    - of a connection, ``schema``: where a table without a schema is.
    - of a source or a target, ``path``: a file or several; they lie below the project, but for
      targets of which the option with the role ``outside`` is true.
    - of a target, ``table``: the table that it writes; of a source, the one in its file.
    - of a target, ``key``: the columns that make a row one; ``hook``: statements that are run in
      the transaction of a delivery. Their templates are filled in, but ``{{ this }}`` is left for
      `with_this`. Another hook is no other target: nothing is delivered again for it.
    - of an audit, ``column``: columns that it looks at; ``condition``: an expression over the
      rows, and ``sql``: a query, which may look at any column. One that has none of these may too.
    """
    metadata = {"aliases": aliases, "summary": summary, "functional": functional, "role": role}
    if factory is not None:
        return attrs.field(factory=factory, validator=validator, metadata=metadata)
    return attrs.field(default=default, validator=validator, metadata=metadata)


@frozen(kw_only=True)
class Field:
    """One option as its class declares it."""

    name: str
    key: str
    type: Any
    required: bool
    aliases: tuple[str, ...]
    summary: str
    default: Any
    functional: bool = True
    role: Role | None = None

    @property
    def is_secret(self) -> bool:
        return self.type is Secret or Secret in get_args(self.type)


def fields_of(cls: type[Any]) -> tuple[Field, ...]:
    """The options that ``cls`` declares, in order."""
    if cls not in _fields:
        hints = get_type_hints(cls)
        _fields[cls] = tuple(_field(entry, hints[entry.name]) for entry in attrs.fields(cls))
    return _fields[cls]


_fields: dict[type[Any], tuple[Field, ...]] = {}


def _field(attribute: Any, hint: Any) -> Field:
    return Field(
        name=attribute.name,
        key=attribute.name.removesuffix("_"),
        type=hint,
        required=attribute.default is attrs.NOTHING,
        aliases=attribute.metadata.get("aliases", ()),
        summary=attribute.metadata.get("summary", ""),
        default=attribute.default,
        functional=attribute.metadata.get("functional", True),
        role=attribute.metadata.get("role"),
    )


def keys_of(cls: type) -> tuple[str, ...]:
    """Every accepted key of ``cls``, aliases included."""
    return tuple(key for entry in fields_of(cls) for key in (entry.key, *entry.aliases))


def convert(
    cls: type[T],
    data: Mapping[str, object],
    marks: Marks,
    problems: Problems,
    *,
    node: NodeId | None = None,
    what: str = "key",
) -> T | None:
    """An instance of ``cls`` from ``data``; None when something was wrong.

    Everything wrong is appended to ``problems``, each with its place. ``what`` is the word for
    a key in messages (``option``, ``parameter``).
    """
    reader = _Reader(marks, problems, node, what)
    return reader.instance(cls, data, ())


def salvage(cls: type[T], data: Mapping[str, object], marks: Marks) -> T | None:
    """An instance from what of ``data`` is right by itself; None when what is required is not."""
    required = {key for entry in fields_of(cls) if entry.required for key in _keys(entry)}
    given = {key: value for key, value in data.items() if key in required}
    for key, value in data.items():
        if (
            key not in required
            and convert(cls, {**given, key: value}, marks, Problems()) is not None
        ):
            given[key] = value
    return convert(cls, given, marks, Problems())


def loose_options(cls: type[T], data: Mapping[str, object], marks: Marks) -> T | None:
    """An instance that also holds what is refused in ``data``, where its type fits.

    Of the rest, entries of lists and mappings that cannot be read are left out. What `salvage`
    gives where that cannot be an instance.
    """
    found = _LooseReader(marks, Problems(), None, "key").instance(cls, data, ())
    return salvage(cls, data, marks) if found is None else found


def _keys(entry: Field) -> tuple[str, ...]:
    return (entry.key, *entry.aliases)


def structure(cls: type[T], data: Mapping[str, object]) -> T:
    """`convert` for data that was converted before. Raises ValueError when it no longer fits."""
    problems = Problems()
    instance = convert(cls, data, Marks("", {}, {}), problems)
    if instance is None:
        raise ValueError("; ".join(problem.message for problem in problems))
    return instance


def unstructure(value: object, *, functional_only: bool = False) -> Any:
    """What `structure` takes back, of plain JSON values. Raises TypeError for a Secret.

    ``functional_only`` leaves out what cannot change rows.
    """
    if isinstance(value, Secret):
        raise TypeError("a Secret is never serialised")
    if isinstance(value, Duration):
        return str(value)
    if attrs.has(type(value)):
        return {
            entry.key: unstructure(getattr(value, entry.name), functional_only=functional_only)
            for entry in fields_of(type(value))
            if entry.functional or not functional_only
        }
    if isinstance(value, Mapping):
        items = value.items()
        return {str(key): unstructure(each, functional_only=functional_only) for key, each in items}
    if isinstance(value, tuple | list):
        return [unstructure(item, functional_only=functional_only) for item in value]
    return value


def compact(options: object) -> Any:
    """Options as `unstructure` has them, without keys that have no value."""
    plain = unstructure(options)
    if not isinstance(plain, dict):
        return plain
    return {key: value for key, value in plain.items() if value is not None}


def _entries(value: object) -> Iterator[tuple[tuple[Any, ...], object]]:
    """A value, or each of several with its place."""
    if isinstance(value, tuple | list):
        yield from (((number,), each) for number, each in enumerate(value))
    else:
        yield (), value


class _Mismatch(Exception):
    """A value is not of the wanted type; the message says what was expected.

    ``entry`` is the path and the value of an entry of a list, where that is what does not fit.
    """

    def __init__(self, expected: str, entry: tuple[tuple[Any, ...], object] | None = None) -> None:
        super().__init__(expected)
        self.entry = entry


class _Reader:
    """One conversion: where it reads and what it found wrong."""

    def __init__(self, marks: Marks, problems: Problems, node: NodeId | None, what: str) -> None:
        self.marks = marks
        self.problems = problems.of(node)
        self.what = what

    def report(
        self, code: str, message: str, path: tuple[Any, ...], help: str | None, key: bool = False
    ) -> None:
        location = self.marks.key(*path) if key else self.marks.value(*path)
        self.problems.add(code, message, location, help)

    def instance(self, cls: type[T], data: Mapping[str, object], path: tuple[Any, ...]) -> T | None:
        before = len(self.problems)
        known = {key: entry for entry in fields_of(cls) for key in (entry.key, *entry.aliases)}
        given: dict[str, object] = {}
        spelt: dict[str, str] = {}
        misspelt: set[str] = set()
        wrong: set[str] = set()
        for key, value in data.items():
            entry = known.get(key)
            if entry is None:
                self.unknown(key, known, path)
                misspelt.update(known[name].name for name in nearest(key, known))
            elif entry.name in given:
                text = f"{self.what} {key!r} says again what {entry.key!r} says"
                self.report(WRONG_VALUE, text, (*path, key), "keep one of them", key=True)
            elif value is not None or not _has_default(entry):
                told = len(self.problems)
                given[entry.name] = self.value(entry.type, value, (*path, key), key)
                spelt[entry.name] = key
                if len(self.problems) > told:
                    wrong.add(entry.name)
        self.missing(cls, given.keys() | misspelt, path)
        if len(self.problems) == before:
            return self.build(cls, given, path, spelt)
        readable = {name: value for name, value in given.items() if name not in wrong}
        self.refuse_each(cls, readable, path, spelt)
        return None

    def unknown(self, key: str, known: Mapping[str, Field], path: tuple[Any, ...]) -> None:
        names = [entry.key for entry in known.values()]
        help = did_you_mean(key, known) or f"known: {', '.join(dict.fromkeys(names)) or 'none'}"
        self.report(UNKNOWN_KEY, f"unknown {self.what} {key!r}", (*path, key), help, key=True)

    def missing(self, cls: type, given: Collection[str], path: tuple[Any, ...]) -> None:
        for entry in fields_of(cls):
            if entry.required and entry.name not in given:
                help = entry.summary or None
                self.report(MISSING_KEY, f"missing {self.what} {entry.key!r}", path, help)

    def build(
        self,
        cls: type[T],
        given: Mapping[str, object],
        path: tuple[Any, ...],
        spelt: Mapping[str, str],
    ) -> T | None:
        names = {attribute.name: attribute.alias for attribute in attrs.fields(cls)}  # type: ignore[arg-type]
        try:
            return cls(**{names[name]: value for name, value in given.items()})
        except (ValueError, TypeError) as error:
            if not self.refuse_each(cls, given, path, spelt):
                self.refuse(error, cls, given, path, spelt)
            return None

    def refuse_each(
        self,
        cls: type,
        given: Mapping[str, object],
        path: tuple[Any, ...],
        spelt: Mapping[str, str],
    ) -> bool:
        """Report each value that is refused whatever the others are; whether there was one."""
        before = len(self.problems)
        for attribute in attrs.fields(cls):
            if attribute.validator is not None and attribute.name in given:
                value = given[attribute.name]
                try:
                    attribute.validator(None, attribute, value)
                except (ValueError, TypeError) as error:
                    self.refuse(error, cls, {attribute.name: value}, path, spelt)
                except AttributeError:
                    # It looks at the other values too, which are not all there.
                    continue
        return len(self.problems) > before

    def refuse(
        self,
        error: Exception,
        cls: type,
        given: Mapping[str, object],
        path: tuple[Any, ...],
        spelt: Mapping[str, str],
    ) -> None:
        text = str(error.args[0] if error.args else error)
        words = set(text.replace(",", " ").split())
        # Of two that do not go together the one written last.
        of = {each.name: {each.name, each.key, *each.aliases} for each in fields_of(cls)}
        named = [(spelt[name],) for name in given if words & of[name]]
        quoted = [
            (spelt[name], *at)
            for name in given
            for at, value in _entries(given[name])
            if isinstance(value, str) and value and repr(value) in text
        ]
        only = [(spelt[name],) for name in given] if len(given) == 1 else []
        meant = [*only, *named, *quoted][-1:]
        self.report(WRONG_VALUE, text, (*path, *(part for at in meant for part in at)), None)

    def value(self, wanted: Any, value: object, path: tuple[Any, ...], key: str) -> object:
        try:
            return self.read(wanted, value, path)
        except _Mismatch as mismatch:
            where, found = mismatch.entry or (path, value)
            each = "" if mismatch.entry is None else f"entry {where[-1] + 1} of "
            text = f"{each}{self.what} {key!r} expects {mismatch}, not {describe(found)}"
            self.report(WRONG_VALUE, text, where, _hint(wanted, found))
            return None

    def read(self, wanted: Any, value: object, path: tuple[Any, ...]) -> object:
        origin = get_origin(wanted)
        if wanted in (object, Any):
            return value
        if origin in (Union, types.UnionType):
            return self.union(get_args(wanted), value, path)
        if origin is Literal:
            found = _one_of(get_args(wanted), value)
            if isinstance(value, str) and value in _READ_DIFFERENTLY:
                # Where that is one of the words, who wrote it has meant the word.
                self.problems.note_meant(MISREAD, self.marks.value(*path))
            return found
        if origin in (tuple, list) or origin is Sequence:
            return self.sequence(get_args(wanted)[0], value, path)
        if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
            return self.mapping(get_args(wanted)[1], value, path)
        if attrs.has(wanted) and wanted is not Duration:
            return self.nested(wanted, value, path)
        return _scalar(wanted, value)

    def union(self, members: tuple[Any, ...], value: object, path: tuple[Any, ...]) -> object:
        if value is None and type(None) in members:
            return None
        expected: list[str] = []
        entry: tuple[tuple[Any, ...], object] | None = None
        faults: list[Problem] = []
        before = len(self.problems)
        for member in members:
            if member is type(None):
                continue
            try:
                result = self.read(member, value, path)
            except _Mismatch as mismatch:
                expected.append(str(mismatch))
                entry = mismatch.entry
                continue
            if len(self.problems) == before:
                return result
            # Its shape fits, so what is wrong inside says more than that the others do not fit.
            taken = self.problems.take(before)
            faults = faults or taken
        if not faults:
            raise _Mismatch(
                " or ".join(dict.fromkeys(expected)), entry if len(expected) == 1 else None
            )
        self.problems += faults
        return None

    def sequence(self, item: Any, value: object, path: tuple[Any, ...]) -> object:
        if isinstance(value, str | int | float | bool):
            return (self.read(item, value, path),)
        if not isinstance(value, Sequence):
            raise _Mismatch("a list")
        return tuple(self.entry(item, entry, (*path, n)) for n, entry in enumerate(value))

    def entry(self, item: Any, value: object, path: tuple[Any, ...]) -> object:
        try:
            return self.read(item, value, path)
        except _Mismatch as mismatch:
            raise _Mismatch(str(mismatch), mismatch.entry or (path, value)) from None

    def mapping(self, item: Any, value: object, path: tuple[Any, ...]) -> object:
        if not isinstance(value, Mapping):
            raise _Mismatch("a mapping")
        return {str(key): self.read(item, entry, (*path, key)) for key, entry in value.items()}

    def nested(self, cls: type, value: object, path: tuple[Any, ...]) -> object:
        if not isinstance(value, Mapping):
            raise _Mismatch("a mapping")
        return self.instance(cls, value, path)


class _LooseReader(_Reader):
    """A conversion that goes on with what it can read."""

    def instance(self, cls: type[T], data: Mapping[str, object], path: tuple[Any, ...]) -> T | None:
        known = {key: entry for entry in fields_of(cls) for key in (entry.key, *entry.aliases)}
        made = cls.__new__(cls)
        for attribute in attrs.fields(cls):  # type: ignore[arg-type]
            if isinstance(attribute.default, attrs.Factory):  # type: ignore[arg-type]
                object.__setattr__(made, attribute.name, attribute.default.factory())
            elif attribute.default is not attrs.NOTHING:
                object.__setattr__(made, attribute.name, attribute.default)
        for key, value in data.items():
            if (entry := known.get(key)) is not None and value is not None:
                told = len(self.problems)
                read = self.value(entry.type, value, (*path, key), key)
                if len(self.problems) == told and read is not None:
                    object.__setattr__(made, entry.name, read)
        try:
            getattr(made, "__attrs_post_init__", tuple)()
        except (ValueError, TypeError, AttributeError):
            return None
        return made if all(hasattr(made, entry.name) for entry in fields_of(cls)) else None

    def union(self, members: tuple[Any, ...], value: object, path: tuple[Any, ...]) -> object:
        for member in members:
            try:
                return self.read(member, value, path)
            except _Mismatch:
                continue
        raise _Mismatch("another value")

    def sequence(self, item: Any, value: object, path: tuple[Any, ...]) -> object:
        found: Any = super().sequence(item, value, path)
        return tuple(each for each in found if each is not None)

    def mapping(self, item: Any, value: object, path: tuple[Any, ...]) -> object:
        found: Any = super().mapping(item, value, path)
        return {key: each for key, each in found.items() if each is not None}


def _scalar(wanted: Any, value: object) -> object:
    if wanted is Secret and isinstance(value, str | Secret):
        return value if isinstance(value, Secret) else Secret(value)
    if wanted is Duration:
        return _duration(value)
    if wanted is NodeId and isinstance(value, str):
        return NodeId(value)
    if wanted is float and type(value) in (int, float):
        return float(value)  # type: ignore[arg-type]
    if type(value) is wanted or (wanted is str and isinstance(value, str)):
        return value
    raise _Mismatch(_WORDS.get(wanted, getattr(wanted, "__name__", str(wanted))))


def _duration(value: object) -> Duration:
    if isinstance(value, Duration):
        return value
    if type(value) is int and value >= 0:
        return Duration(value, "day")
    try:
        return Duration.parse(str(value))
    except ValueError:
        raise _Mismatch("a duration such as 3d or 1 month") from None


def _one_of(choices: tuple[Any, ...], value: object) -> object:
    if any(value == choice and type(value) is type(choice) for choice in choices):
        return value
    known = " or ".join(str(choice) for choice in choices)
    near = did_you_mean(str(value), [str(choice) for choice in choices])
    raise _Mismatch(f"{known}" + (f" ({near})" if near else ""))


def _has_default(entry: Field) -> bool:
    return not entry.required


def _hint(wanted: Any, value: object) -> str | None:
    takes_text = wanted is str or str in get_args(wanted)
    takes_several = takes_text and get_origin(wanted) in (tuple, list, Sequence)
    if takes_several and isinstance(value, Mapping):
        # As dbt has hooks.
        below = "what stands below sql:, as " if isinstance(value.get("sql"), str) else ""
        return f"write {below}a text or a list of texts"
    if takes_text and isinstance(value, bool | int | float):
        return f"write it as text: '{describe_plain(value)}'"
    return None


def describe_plain(value: object) -> str:
    """A scalar as it stands in YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe(value: object) -> str:
    """What a value is, for messages: ``the text 'abc'``, ``a list``, ``5``."""
    if isinstance(value, Secret):
        return "a secret"
    if isinstance(value, str):
        return f"{value!r}" if len(value) < 60 else f"{value[:57]!r}..."
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return "nothing" if value is None else describe_plain(value)
