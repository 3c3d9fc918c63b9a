"""Write what engines give into the corpus: ``python -m tests.dialects.record postgres spark``.

It prints what has changed, what was given before in brackets. Look at it before you commit it.
"""

from __future__ import annotations

import sys

from attrs import evolve

from tests.dialects.corpus import ERROR, UNSAID, Entry, asked, load, save
from tests.dialects.engines import ENGINES, Answer, Engine, Failed, engine
from tests.dialects.servers import NoEngine


def main(dialects: list[str]) -> int:
    if unknown := sorted(set(dialects) - set(ENGINES)):
        print(f"no engine for {', '.join(unknown)}; known: {', '.join(ENGINES)}", file=sys.stderr)
        return 2
    for dialect in dialects or ENGINES:
        try:
            with engine(dialect) as opened:
                save(dialect, [recorded(entry, opened) for entry in load(dialect)])
        except NoEngine as error:
            print(f"{dialect}: not recorded: {error}", file=sys.stderr)
            return 1
    return 0


def recorded(entry: Entry, opened: Engine) -> Entry:
    """The entry with what its engine gives now; what documentation says stays."""
    if entry.source:
        return entry
    found = asked(entry, opened)
    if isinstance(found, Failed) and found.unknown:
        print(f"{entry.dialect}: {entry.sql}\n    is not valid there: {found}", file=sys.stderr)
        return entry
    new = _with(entry, found)
    # Many floats have two texts that mean the same here.
    if entry.gives != UNSAID and not _differs(entry, found):
        return entry
    told = f"error: {found}" if isinstance(found, Failed) else new.gives
    print(f"{entry.dialect}: {entry.sql}\n    {told}  [{entry.gives}]")
    return new


def _differs(entry: Entry, found: Answer | Failed) -> bool:
    if isinstance(found, Failed):
        return not entry.fails
    return bool(entry.wrong(found)) or bool(entry.query and entry.columns != found.columns)


def _with(entry: Entry, found: Answer | Failed) -> Entry:
    if isinstance(found, Failed):
        return evolve(entry, gives=ERROR, columns=())
    if entry.query:
        return evolve(entry, gives=found.rows, columns=found.columns)
    values = [row[0] for row in found.rows]
    return evolve(entry, gives=values if entry.over else values[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
