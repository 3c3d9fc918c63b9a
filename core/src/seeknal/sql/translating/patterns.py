"""Regular expressions: one engine's is read, and written so that another's matches the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import field, frozen

Ranges = frozenset[tuple[str, str]]
"""Letters, as the first and the last of each row of them."""

_LAST = "\U0010ffff"
_CLASSES: dict[str, Ranges] = {
    "d": frozenset((("0", "9"),)),
    "w": frozenset((("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))),
    "s": frozenset((("\t", "\n"), ("\f", "\r"), (" ", " "))),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_REPEATS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_MOST = 255


class Unsure(Exception):
    """Why a pattern may match something else there."""


@frozen
class Letter:
    """One letter of some, or one that is none of them."""

    ranges: Ranges
    negated: bool = False


@frozen
class End:
    """The begin of a text, or its end."""

    sign: str


@frozen
class Repeat:
    part: Letter | Group
    least: int
    most: int | None

    @property
    def varies(self) -> bool:
        return self.least != self.most


@frozen
class Group:
    """One of several rows of parts. ``number`` is that of what it captures, 0 for nothing."""

    branches: tuple[tuple[Part, ...], ...]
    number: int = 0


Part = Letter | End | Repeat | Group


@frozen(kw_only=True)
class Flavour:
    """How an engine reads: ``dots``, whether a dot is a line's end as well, and whether its short
    forms such as ``\\d`` are letters of ASCII alone."""

    dots: bool
    short: bool
    folded: bool
    """Whether K and S have a third form where no case is asked for."""


FLAVOURS = {
    "postgres": Flavour(dots=True, short=False, folded=False),
    "re2": Flavour(dots=False, short=True, folded=True),
}


def read(text: str, flavour: Flavour) -> Group:
    """The pattern that a text is. Raises Unsure for what engines read in several ways."""
    reader = _Reader(text=text, flavour=flavour)
    found = reader.group(0)
    if reader.place < len(text):
        raise Unsure("its brackets do not fit")
    return found


@frozen
class _Reader:
    text: str
    flavour: Flavour
    state: list[int] = field(factory=lambda: [0, 0])
    """The place, and how many groups have begun."""

    @property
    def place(self) -> int:
        return self.state[0]

    def group(self, number: int) -> Group:
        branches = [self.row(number == 0)]
        while self.take("|"):
            branches.append(self.row(number == 0))
        return Group(tuple(branches), max(number, 0))

    def row(self, outermost: bool) -> tuple[Part, ...]:
        found: list[Part] = []
        while self.next not in ("", "|", ")"):
            part = self.part()
            if isinstance(part, End) and not outermost:
                raise Unsure("^ and $ stand at its ends only")
            found.append(part)
        inner = [part for part in found[1:] if isinstance(part, End) and part.sign == "^"]
        inner += [part for part in found[:-1] if isinstance(part, End) and part.sign == "$"]
        if inner or not found:
            raise Unsure("^ and $ stand at its ends, and something between them")
        return tuple(found)

    @property
    def next(self) -> str:
        return self.text[self.place : self.place + 1]

    def take(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.place):
            return False
        self.state[0] += len(sign)
        return True

    def letter(self) -> str:
        self.state[0] += 1
        return self.text[self.place - 1 : self.place]

    def part(self) -> Part:
        sign = self.letter()
        found: Letter | Group
        if sign in "^$":
            return End(sign)
        if sign == "(":
            found = self.brackets()
        elif sign == "[":
            found = self.letters()
        elif sign == ".":
            found = Letter(frozenset() if self.flavour.dots else _one("\n"), negated=True)
        elif sign == "\\":
            found = self.escaped()
        elif sign in "*+?{}]":
            raise Unsure(f"what {sign} is there is not said")
        else:
            found = Letter(_one(sign))
        return self.repeated(found)

    def brackets(self) -> Group:
        if self.take("?:"):
            number = -1
        elif self.next == "?":
            raise Unsure("(? ) is read by other rules there")
        else:
            self.state[1] += 1
            number = self.state[1]
        found = self.group(number)
        if not self.take(")"):
            raise Unsure("its brackets do not fit")
        return found

    def escaped(self) -> Letter:
        sign = self.letter()
        if sign in _CONTROLS:
            return Letter(_one(_CONTROLS[sign]))
        if sign.lower() in _CLASSES and sign:
            if not self.flavour.short:
                raise Unsure(f"\\{sign} is up to a language: write the letters, such as [0-9]")
            return Letter(_CLASSES[sign.lower()], negated=sign.isupper())
        if not sign or sign.isalnum() or ord(sign) > 126:
            raise Unsure(f"\\{sign} is read by other rules there")
        return Letter(_one(sign))

    def letters(self) -> Letter:
        negated = self.take("^")
        found: set[tuple[str, str]] = set()
        while not self.take("]"):
            found |= self.range()
        if not found:
            raise Unsure("a row of no letters is read by other rules there")
        return Letter(frozenset(found), negated)

    def range(self) -> Ranges:
        sign = self.letter()
        if not sign or sign == "[" or self.text.startswith("&&", self.place):
            raise Unsure("[ ] with more than letters is read by other rules there")
        if sign == "\\":
            inner = self.escaped()
            if inner.negated or self.next == "-":
                raise Unsure("[ ] with more than letters is read by other rules there")
            return inner.ranges
        if self.next != "-" or self.text[self.place + 1 : self.place + 2] in ("]", ""):
            return _one(sign)
        self.letter()
        last = self.letter()
        if last in ("\\", "[") or last < sign:
            raise Unsure("[ ] with more than letters is read by other rules there")
        return frozenset(((sign, last),))

    def repeated(self, part: Letter | Group) -> Letter | Group | Repeat:
        if self.next not in tuple("*+?{"):
            return part
        sign = self.letter()
        least, most = self.bounds() if sign == "{" else _REPEATS[sign]
        if self.next in tuple("*+?{"):
            raise Unsure("what is repeated as seldom as it can be is found by other rules there")
        return Repeat(part, least, most)

    def bounds(self) -> tuple[int, int | None]:
        inside, closed, _ = self.text[self.place :].partition("}")
        low, comma, high = inside.partition(",")
        numbers = [one for one in (low, high) if one]
        if not closed or not low or not all(one.isdigit() and one.isascii() for one in numbers):
            raise Unsure("{ } with more than numbers is read by other rules there")
        self.state[0] += len(inside) + 1
        least = int(low)
        most = least if not comma else int(high) if high else None
        if max(map(int, numbers)) > _MOST or (most is not None and most < least):
            raise Unsure("{ } with such numbers is an error there")
        return least, most


def _one(sign: str) -> Ranges:
    return frozenset(((sign, sign),))


def folded(part: Part, flavour: Flavour) -> Part:
    """The pattern with both cases of each letter. Raises Unsure for letters of more than ASCII."""
    if isinstance(part, Group):
        rows = (tuple(folded(one, flavour) for one in row) for row in part.branches)
        return Group(tuple(rows), part.number)
    if isinstance(part, Repeat):
        inner = folded(part.part, flavour)
        assert isinstance(inner, Letter | Group)
        return Repeat(inner, part.least, part.most)
    if isinstance(part, End):
        return part
    found = set(part.ranges)
    for first, last in part.ranges:
        if last > "\x7f":
            raise Unsure("which letters have another case is up to a language")
        for one, other in (("a", "A"), ("A", "a")):
            low, high = max(first, one), min(last, chr(ord(one) + 25))
            if low <= high:
                shift = ord(other) - ord(one)
                found.add((chr(ord(low) + shift), chr(ord(high) + shift)))
    for sign, third in (("k", "\u212a"), ("s", "\u017f")) if flavour.folded else ():
        if any(first <= sign <= last for first, last in found):
            found.add((third, third))
    return Letter(frozenset(found), part.negated)


def written(part: Part, target: str, only: int | None = None) -> str:
    """The pattern as an engine reads it. ``only`` is the one group that captures; None: all do."""
    if isinstance(part, Group):
        rows = branches(part, target, only)
        captures = part.number and only in (None, part.number)
        return f"({rows})" if captures else f"(?:{rows})"
    if isinstance(part, Repeat):
        bounds = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((part.least, part.most))
        high = "" if part.most is None else str(part.most)
        said = f"{{{part.least}}}" if not part.varies else f"{{{part.least},{high}}}"
        return written(part.part, target, only) + (bounds or said)
    if isinstance(part, End):
        return part.sign
    if not part.ranges:
        return "." if FLAVOURS[target].dots else "(?s:.)"
    ((first, last), *others) = sorted(part.ranges)
    if first == last and not others and not part.negated:
        return _letter(first, "\\.^$|()[]{}*+?")
    inside = "".join(
        "-".join(_letter(sign, "\\^-[]") for sign in dict.fromkeys(pair))
        for pair in sorted(part.ranges)
    )
    return f"[{'^' if part.negated else ''}{inside}]"


def branches(group: Group, target: str, only: int | None = None) -> str:
    """What stands between the brackets of a group, or without any as a whole pattern."""
    return "|".join("".join(written(one, target, only) for one in row) for row in group.branches)


def _letter(sign: str, special: str) -> str:
    for name, control in _CONTROLS.items():
        if sign == control:
            return f"\\{name}"
    if sign < " ":
        raise Unsure("a letter that is not to be seen")
    return f"\\{sign}" if sign in special else sign


def groups(part: Part) -> Iterator[Group]:
    """Every group that captures, in order."""
    if isinstance(part, Group):
        if part.number:
            yield part
        for row in part.branches:
            for one in row:
                yield from groups(one)
    elif isinstance(part, Repeat):
        yield from groups(part.part)


def finds_alike(pattern: Group) -> bool:
    """Whether every engine finds the same letters: at each there is one way to go on.

    Some take the first branch that fits, and others what makes the longest match.
    """
    parts = list(_parts(pattern))
    varying = [part for part in parts if isinstance(part, Repeat) and part.varies]
    forks = [part for part in parts if isinstance(part, Group) and len(part.branches) > 1]
    caught = [
        one
        for part in parts
        if isinstance(part, Repeat) or (isinstance(part, Group) and len(part.branches) > 1)
        for one in groups(part)
        if one is not part
    ]
    if _may_be_empty(pattern) or caught:
        return False
    one_of_letters = len(varying) == 1 and isinstance(varying[0].part, Letter) and not forks
    return one_of_letters or _is_sure(pattern, ())


def _parts(part: Part) -> Iterator[Part]:
    yield part
    inner: Sequence[Part] = [part.part] if isinstance(part, Repeat) else []
    if isinstance(part, Group):
        inner = [one for row in part.branches for one in row]
    for one in inner:
        yield from _parts(one)


def _may_be_empty(part: Part) -> bool:
    if isinstance(part, Group):
        return any(all(map(_may_be_empty, row)) for row in part.branches)
    if isinstance(part, Repeat):
        return part.least == 0 or _may_be_empty(part.part)
    return isinstance(part, End)


def _begins(parts: Sequence[Part]) -> tuple[Letter, ...]:
    """The letters that a row of parts may begin with."""
    found: list[Letter] = []
    for part in parts:
        if isinstance(part, Letter):
            found.append(part)
        elif isinstance(part, Repeat):
            found += _begins((part.part,))
        elif isinstance(part, Group):
            found += [one for row in part.branches for one in _begins(row)]
        if not _may_be_empty(part):
            break
    return tuple(found)


def _is_sure(part: Part, after: tuple[Letter, ...]) -> bool:
    """Whether the next letter decides how a part goes on, before what may stand ``after`` it."""
    if isinstance(part, Repeat):
        inner = _begins((part.part,))
        if _may_be_empty(part.part) or (part.varies and _meet(inner, after)):
            return False
        return _is_sure(part.part, (*inner, *after))
    if not isinstance(part, Group):
        return True
    starts = [_begins(row) for row in part.branches]
    for at, one in enumerate(starts):
        if any(_meet(one, other) for other in starts[at + 1 :]):
            return False
    if len(starts) > 1 and any(all(map(_may_be_empty, row)) for row in part.branches):
        return False
    return all(
        _is_sure(one, _after(row[at + 1 :], after))
        for row in part.branches
        for at, one in enumerate(row)
    )


def _after(rest: Sequence[Part], after: tuple[Letter, ...]) -> tuple[Letter, ...]:
    found = _begins(rest)
    return (*found, *after) if all(map(_may_be_empty, rest)) else found


def _meet(one: Sequence[Letter], other: Sequence[Letter]) -> bool:
    return any(_overlap(left, right) for left in one for right in other)


def _overlap(one: Letter, other: Letter) -> bool:
    return any(
        first <= end and start <= last
        for first, last in _plain(one)
        for start, end in _plain(other)
    )


def _plain(letter: Letter) -> Ranges:
    """The letters themselves, of those that are none of some as well."""
    if not letter.negated:
        return letter.ranges
    found, next_one = set(), "\x00"
    for first, last in sorted(letter.ranges):
        if first > next_one:
            found.add((next_one, chr(ord(first) - 1)))
        next_one = max(next_one, chr(ord(last) + 1))
    return frozenset((*found, (next_one, _LAST)))
