"""Writes what the reference pages say about the code, between their markers.

python docs/generate.py            rewrite docs/reference/*.md
python docs/generate.py --check    change nothing; exit 1 and name the pages that are out of date

A page is written by hand but for its blocks ``<!-- generated: NAME -->`` to
``<!-- end of generated -->``; each name is a function of this module.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
SOURCES = (
    "core/src/seeknal",
    "plugins/seeknal-audits/src/seeknal_audits",
    "plugins/seeknal-postgres/src/seeknal_postgres",
    "plugins/seeknal-iceberg/src/seeknal_iceberg",
    "plugins/seeknal-semantic/src/seeknal_semantic",
    "plugins/seeknal-starrocks/src/seeknal_starrocks",
)
ERRORS = DOCS / "reference" / "errors.txt"
EVERYWHERE = {"--project", "--debug", "--help"}
"""Options of every command."""

_BLOCK = re.compile(
    r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL
)
_CODE = re.compile(r"\bSK\d{4}\b")
_WORDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    object: "anything",
    type(None): "nothing",
}


def pages() -> list[Path]:
    """The pages that have generated blocks."""
    return [path for path in sorted(DOCS.rglob("*.md")) if _BLOCK.search(path.read_text())]


def rewritten(text: str) -> str:
    """``text`` with each generated block as the code says it now."""

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}\n{BLOCKS[match['name']]().strip()}\n\n{match[3]}"

    return _BLOCK.sub(block, text)


def hooks() -> str:
    """Each hook with its exact signature and docstring."""
    from seeknal.kernel import hookspecs

    marked = [
        (name, function)
        for name, function in vars(hookspecs).items()
        if hasattr(function, f"{hookspecs.NAME}_spec")
    ]
    return "\n\n".join(_hook(name, function) for name, function in marked)


def _hook(name: str, function: Callable[..., Any]) -> str:
    return f"### `{name}`\n\n```python\n{signature(function)}\n```\n\n{_prose(function)}"


def signature(function: Callable[..., Any]) -> str:
    """``def name(argument: Type) -> Type`` on one line, as the source annotates it."""
    return f"def {function.__name__}{str(inspect.signature(function)).replace(chr(39), '')}"


def _prose(thing: object) -> str:
    return _markdown(inspect.getdoc(thing) or "")


def _markdown(text: str) -> str:
    """Docstrings quote code with two backquotes; Markdown with one."""
    return text.replace("``", "`")


def plugin_api() -> str:
    """What plugins may import, with the first paragraph of what each says of itself."""
    return _exported("seeknal.plugin")


def python_api() -> str:
    """What pipelines and scripts may import, then what an opened project can do."""
    from seeknal.query.opened import OpenedProject

    methods = [
        (_code(f"project.{name}"), _first_paragraph(inspect.getdoc(method)))
        for name, method in vars(OpenedProject).items()
        if not name.startswith("_")
    ]
    opened = table(("method", "what it does"), methods)
    return f"{_exported('seeknal', 'seeknal.pipeline')}\n\nOf an opened project:\n\n{opened}"


def testing_api() -> str:
    return _exported("seeknal.testing")


def starrocks_testing() -> str:
    return _exported("seeknal_starrocks.testing")


def starrocks_switches() -> str:
    """What the stand-in for StarRocks and its faults can be told."""
    from seeknal_starrocks.testing import Faults, StandIn

    rows = [
        (f"`{shown}.{name}`", _first_paragraph(method.__doc__))
        for shown, kind in (("server", StandIn), ("server.faults", Faults))
        for name, method in vars(kind).items()
        if inspect.isfunction(method) and not name.startswith("_")
    ]
    return table(("call", "what it does"), rows)


def _exported(*modules: str) -> str:
    """Every name that the modules export, with what it is."""
    found = {
        name: summary_of(module, name)
        for module in modules
        for name in import_module(module).__all__
    }
    return table(("name", "what it is"), [(_code(name), found[name]) for name in sorted(found)])


_VALUES = {
    "ALIKE_RULES": "rules of a `DialectTable` for what means the same in every dialect of core",
    "BYTEWISE_RULES": "the same for dialects that compare texts byte by byte, as DuckDB does",
    "LONG_RULES": "rules for dialects of which every whole number has 64 bits, and sums have more",
    "__version__": "the version of seeknal",
    "HTTP_POINTS": "the points of `POINTS` that requests by HTTP have, as `be load half`",
    "MOMENTS": "of a request: when it can go wrong",
    "OPERATIONS": "requests by HTTP: a Stream Load, and those of its transactions",
    "POINTS": "where a server can be told to go wrong",
    "STATEMENT_POINTS": "the points of `POINTS` that connections and statements have",
    "Rows": "what a hook may answer as a node's rows",
}
"""What Python keeps no docstring of."""


def summary_of(module: str, name: str) -> str:
    """The first paragraph of what an exported thing says of itself; empty when it says nothing."""
    thing = getattr(import_module(module), name)
    if get_origin(thing) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(thing))
    if name in _VALUES:
        return _VALUES[name]
    return _first_paragraph(_own_doc(thing))


def _own_doc(thing: object) -> str | None:
    """A docstring that was written for it, not one of a base class or of attrs."""
    return thing.__dict__.get("__doc__") if inspect.isclass(thing) else inspect.getdoc(thing)


def _first_paragraph(text: str | None) -> str:
    return _markdown(inspect.cleandoc(text or "").split("\n\n")[0])


def selectors() -> str:
    """What may stand before a colon in a selection."""
    from seeknal.graph.selection import SELECTORS

    rows = [(_code(f"{name}:"), meaning) for name, meaning in SELECTORS.items()]
    return table(("selector", "nodes"), rows)


def commands() -> str:
    """Each command with its help and its options."""
    from seeknal.cli.app import App

    return "\n\n".join(_command(path, command) for path, command in every_command(App()))


def every_command(group: Any, path: tuple[str, ...] = ("seeknal",)) -> Iterator[tuple[str, Any]]:
    """Each command that can be run, with how it is called."""
    import click

    context = click.Context(group, info_name=path[-1])
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def _command(path: str, command: Any) -> str:
    import click

    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [
        (_code(options.strip()), help.strip())
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and not EVERYWHERE.intersection(parameter.opts)
        if (record := parameter.get_help_record(context)) is not None
        for options, help in [record]
    ]
    help = inspect.cleandoc((command.help or "").partition("\f")[0].replace("\b\n", ""))
    return f"### `{path}`\n\n    {usage}\n\n{help}\n\n{table(('option', 'meaning'), rows)}"


def old_spellings() -> str:
    """The options that still work under another name, and what they are called now."""
    from seeknal.cli.app import App

    found: dict[str, dict[str, list[str]]] = {}
    shown: set[str] = set()
    for path, command in every_command(App()):
        for parameter in command.params:
            hidden = getattr(parameter, "hidden", False)
            now = parameter.help.rstrip(".") if hidden else _code(max(parameter.opts, key=len))
            old = parameter.opts if hidden else getattr(parameter, "also", ())
            shown.update(() if hidden else parameter.opts)
            for word in old:
                found.setdefault(word, {}).setdefault(now, []).append(path.partition(" ")[2])
    rows = []
    for old, meanings in sorted(found.items()):
        unclear = old in shown or len(meanings) > 1
        of = {now: f" of {', '.join(map(_code, paths))}" for now, paths in meanings.items()}
        now = "; ".join(f"{now}{of[now] if unclear else ''}" for now in meanings)
        rows.append((_code(old), now))
    return table(("spelling", "now"), rows)


def common_keys() -> str:
    from seeknal.project.keys import CommonKeys, InputKeys

    return _options(CommonKeys) + "\n\nAn entry of `inputs:`\n\n" + _options(InputKeys)


def profile_keys() -> str:
    from seeknal.project.profile.notifications import NotificationOptions
    from seeknal.project.profile.profiles import ProfileOptions

    entry = _options(NotificationOptions)
    return f"{_options(ProfileOptions)}\n\nAn entry of `notifications:`\n\n{entry}"


def target_keys() -> str:
    from seeknal.project.keys import TargetKeys

    return _options(TargetKeys)


def audit_keys() -> str:
    from seeknal.project.keys import AuditKeys

    return _options(AuditKeys)


def project_keys() -> str:
    from seeknal.project.settings import ProjectOptions

    return _options(ProjectOptions)


def kinds() -> str:
    """Each kind with the keys that core adds for it and those that it declares."""
    from seeknal.project.keys import added_keys

    parts = []
    for name, kind in _plugins().kinds.items():
        keys = [_options(cls) for cls in (added_keys(kind), kind.options)]
        text = "\n\n".join(filter(None, keys)) or "(it adds no keys)"
        parts.append(f"## `{name}`\n\n{_sentence(kind.summary)}\n\n{text}")
    return "\n\n".join(parts)


SEMANTIC_EXAMPLES = DOCS / "reference" / "semantic-examples.yml"
SEMANTIC_KINDS = ("semantic_model", "metric", "saved_query", "time_spine")
_WIDEST_EXAMPLE = 90


def semantic_keys() -> str:
    """The keys of each kind of the semantic layer and of what stands in them, with examples."""
    examples = semantic_examples()
    parts = []
    for name in SEMANTIC_KINDS:
        kind = _plugins().kinds[name]
        parts.append(f"## `{name}`\n\n{_sentence(kind.summary)}")
        for cls, within in _classes_of(kind.options).items():
            if within:
                *first, last = map(_code, within)
                named = f"{', '.join(first)} and {last}" if first else last
                parts.append(f"### In {named} of `{name}`")
            parts.append(_with_examples(cls, examples))
    return "\n\n".join(parts)


def semantic_examples() -> dict[tuple[type, str], object]:
    """The first value that the examples give to each key of each options class."""
    import yaml

    found: dict[tuple[type, str], object] = {}
    for document in yaml.load_all(SEMANTIC_EXAMPLES.read_text(), Loader=yaml.BaseLoader):
        _note(_plugins().kinds[document["kind"]].options, document, found)
    return found


def _note(cls: type, data: Mapping[str, object], found: dict[tuple[type, str], object]) -> None:
    from seeknal.kernel.options import fields_of

    for field in fields_of(cls):
        value = data.get(field.key)
        if value is not None:
            found.setdefault((cls, field.key), value)
        entries = value if isinstance(value, list) else [value]
        for nested in _classes(field.type):
            for entry in entries:
                if isinstance(entry, Mapping):
                    _note(nested, entry, found)


def _classes_of(cls: type, path: str = "") -> dict[type, list[str]]:
    """An options class and those nested in it, with the keys in which they stand."""
    from seeknal.kernel.options import fields_of

    found: dict[type, list[str]] = {cls: [path] if path else []}
    for field in fields_of(cls):
        for nested in _classes(field.type):
            for each, keys in _classes_of(nested, field.key).items():
                known = found.setdefault(each, [])
                known += [key for key in keys if key not in known]
    return found


def _with_examples(cls: type, examples: Mapping[tuple[type, str], object]) -> str:
    from seeknal.kernel.options import fields_of

    rows = [
        (
            _keys(field),
            kind_of(field.type),
            _default(field),
            field.summary,
            _example(field.key, examples.get((cls, field.key))),
        )
        for field in fields_of(cls)
    ]
    return table(("key", "value", "default", "meaning", "example"), rows)


def _example(key: str, value: object) -> str:
    text = f"{key}: {_flow(value)}"
    if len(text) > _WIDEST_EXAMPLE and isinstance(value, list):
        text = f"{key}: [{_flow(value[0])}, ...]"
    return _code(text) if value is not None and len(text) <= _WIDEST_EXAMPLE else "below"


def _flow(value: object) -> str:
    """A value as it stands in YAML, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    text = str(value)
    return text if re.fullmatch(r"[\w.()'/ -]+", text) and text[:1] != " " else f'"{text}"'


def source_types() -> str:
    return _declared(_plugins().source_types, "it has no options")


def target_types() -> str:
    return _declared(_plugins().target_types, "it has no options")


def connection_types() -> str:
    return _declared(_plugins().connection_types, "it has no options")


def audit_types() -> str:
    return _declared(_plugins().audit_types, "it has no parameters")


def _plugins() -> Any:
    from seeknal.kernel.plugins import load_plugins

    return load_plugins()


def _declared(declared: Mapping[str, Any], without: str) -> str:
    """A section for each declaration; its aliases are in its first line, not sections."""
    parts = []
    for name, entry in declared.items():
        if name != entry.name:
            continue
        aliases = getattr(entry, "aliases", ())
        also = f" Also spelt {', '.join(map(_code, aliases))}." if aliases else ""
        modes = getattr(entry, "modes", ())
        also += f" Modes: {', '.join(map(_code, modes))}." if modes else ""
        if getattr(entry, "own_keys", False):
            also += " An exposure says these keys, and `connection`, beside its others."
        keys = _options(entry.options) or f"({without})"
        parts.append(f"### `{name}`\n\n{_sentence(entry.summary)}{also}\n\n{keys}")
    return "\n\n".join(parts)


def ingest_options() -> str:
    from seeknal.ingesting.options import IngestOptions

    return _options(IngestOptions)


def _options(cls: type) -> str:
    """The keys of an options class, then those of the classes nested in it."""
    from seeknal.kernel.options import fields_of

    fields = fields_of(cls)
    if not fields:
        return ""
    rows = [(_keys(field), kind_of(field.type), _default(field), field.summary) for field in fields]
    parts = [table(("key", "value", "default", "meaning"), rows)]
    for field in fields:
        for nested in _classes(field.type):
            parts.append(f"Below `{field.key}`:\n\n{_options(nested)}")
    return "\n\n".join(parts)


def _keys(field: Any) -> str:
    aliases = "".join(f", {_code(alias)}" for alias in field.aliases)
    return f"{_code(field.key)}{aliases}"


def _default(field: Any) -> str:
    import attrs

    if field.required:
        return "required"
    value = field.default
    if value is None or value == () or isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        return ""
    return _code(str(value).lower() if isinstance(value, bool) else str(value))


def _classes(hint: Any) -> Iterator[type]:
    """The options classes inside a type."""
    import attrs

    if get_args(hint):
        seen = dict.fromkeys(cls for part in get_args(hint) for cls in _classes(part))
        yield from seen
    elif isinstance(hint, type) and attrs.has(hint) and hint.__name__ != "Duration":
        yield hint


def kind_of(hint: Any) -> str:
    """A type in the words of the people who write the files."""
    arguments = [part for part in get_args(hint) if part is not type(None) and part is not ...]
    origin = get_origin(hint)
    if origin is Literal:
        return " / ".join(_code(str(value)) for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind_of(part) for part in arguments))
    if origin is tuple:
        return f"list of {kind_of(arguments[0])}" if arguments else "list"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "mapping"
    if origin is not None and issubclass(origin, Sequence):
        return "list"
    if hint in _WORDS:
        return _WORDS[hint]
    return {"Duration": "duration", "Secret": "secret text", "NodeId": "node"}.get(
        getattr(hint, "__name__", ""), "mapping"
    )


def errors() -> str:
    """Each code that the code raises, with what it means and what to do."""
    known = known_errors()
    rows = [(_anchor(code), *known[code]) for code in sorted(codes_in_source()) if code in known]
    return table(("code", "what happened", "what to do"), rows)


def known_errors() -> dict[str, tuple[str, str]]:
    """``errors.txt``: ``SK0123 | what happened | what to do``, a line each."""
    lines = [line for line in ERRORS.read_text().splitlines() if _CODE.match(line)]
    split = [[part.strip() for part in line.split("|")] for line in lines]
    return {code: (title, advice) for code, title, advice in split}


def codes_in_source() -> set[str]:
    """The codes that stand in the packages' source."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    return {code for path in files for code in _CODE.findall(path.read_text())}


def _anchor(code: str) -> str:
    return f'<a id="{code.lower()}"></a>`{code}`'


def _code(text: str) -> str:
    return f"`{text}`"


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in line) + " |"
        for line in lines
    )


def dialects() -> str:
    """What differs between two dialects, and what is written or why it is refused."""
    from seeknal.kernel.plugins import load_plugins
    from seeknal.sql.translating.differences import differences
    from seeknal.sql.translating.pairs import table_of

    return "\n".join(map(differences, map(table_of, load_plugins().dialect_pairs.values())))


BLOCKS: Mapping[str, Callable[[], str]] = {
    "dialects": dialects,
    "hooks": hooks,
    "plugin-api": plugin_api,
    "python-api": python_api,
    "testing-api": testing_api,
    "starrocks-testing": starrocks_testing,
    "starrocks-switches": starrocks_switches,
    "selectors": selectors,
    "profile-keys": profile_keys,
    "target-keys": target_keys,
    "audit-keys": audit_keys,
    "commands": commands,
    "old-spellings": old_spellings,
    "common-keys": common_keys,
    "project-keys": project_keys,
    "kinds": kinds,
    "semantic-keys": semantic_keys,
    "source-types": source_types,
    "target-types": target_types,
    "audit-types": audit_types,
    "connection-types": connection_types,
    "ingest-options": ingest_options,
    "errors": errors,
}


def main(arguments: Sequence[str]) -> int:
    stale = [path for path in pages() if rewritten(path.read_text()) != path.read_text()]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run python docs/generate.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(rewritten(path.read_text()))
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
