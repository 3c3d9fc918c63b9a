"""What is known of one construct between two dialects: where it means the same, and what to write
where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.sql.translating.kinds import NULL, UNKNOWN, common, element_of, kind_alone, list_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seeknal.sql.translating.moments import Formats
    from seeknal.sql.translating.unnamed import Unnamed


@frozen
class Rule:
    """One row of a dialect pair's table.

    ``construct`` is sqlglot's name of an operator or a function, and ``takes`` what it is given,
    one word per operand: a kind or a group of them (see `kinds`), several with ``|``, a unit in
    capitals; ``...`` at the end repeats the last. ``gives`` is the kind of the result, the number
    of the operand that has it, or ``common``; ``list of`` and ``one of`` such make a list of it
    and take one of it.

    It means the same in both where neither ``write`` nor ``refuse`` is given. ``write`` is what
    gives the same there, in that dialect's SQL with ``{0}``, ``{1}`` for the operands;
    ``refuse`` says why nothing does. ``differs`` says what is different, for people.
    """

    construct: str
    takes: str
    gives: str = field(default=UNKNOWN)
    write: str | None = field(default=None, kw_only=True)
    refuse: str | None = field(default=None, kw_only=True)
    differs: str = field(default="", kw_only=True)

    def fits(self, operands: Sequence[frozenset[str]]) -> bool:
        """Whether the rule is about operands of these kinds."""
        wanted = self.takes.split()
        if wanted and wanted[-1].endswith("..."):
            last = wanted.pop().removesuffix("...")
            wanted += [last] * max(0, len(operands) - len(wanted))
        return len(wanted) == len(operands) and all(
            NULL in found or not found.isdisjoint(word.split("|"))
            for word, found in zip(wanted, operands, strict=True)
        )

    def kind(self, kinds: Sequence[str]) -> str:
        """The kind of the result over operands of these kinds."""
        shape, _, of = self.gives.rpartition(" of ")
        if of.isdigit():
            found = kind_alone(kinds[int(of)])
        else:
            found = (common(kinds) or UNKNOWN) if of == "common" else of
        if shape == "list":
            return UNKNOWN if found in (UNKNOWN, NULL) else list_of(found)
        return element_of(found) if shape == "one" else found


@frozen(kw_only=True, eq=False)
class Pair:
    """What is known of SQL in ``origin`` for who runs it on ``target``.

    ``reuses_names``: an expression may use the name of a result of its own SELECT.
    ``texts_fold``: texts are equal at the origin that are not on the target, and ``decimal`` is
    what a DECIMAL without digits is, ``(18, 3)``. ``exponents_are_double``: 1e2 is one.
    """

    origin: str
    target: str
    rules: Sequence[Rule]
    reuses_names: bool = False
    texts_fold: bool = False
    decimal: str | None = None
    exponents_are_double: bool = True
    folds: bool = False
    """Names without quotes are in lower case at the origin."""
    cuts_texts: bool = False
    """A VARCHAR(3) holds three letters at the origin."""
    settings: Mapping[str, str] = field(factory=dict)
    """What a session of the target needs, without which it may give other values."""
    misread: Mapping[str, str] = field(factory=dict)
    """Words of which the parser makes something else, and why they are refused."""
    merged_first: bool = True
    """Whether ``*`` begins with the columns that USING makes one of two."""
    cuts_rounds: bool = False
    """A recursive query has no longer texts than its first rows."""
    sees_beside: bool = False
    """A query in brackets in FROM sees the tables before it, without LATERAL."""
    unnests_all: bool = False
    """What joins say of the elements of a list is lost there: each row has each of its own."""
    names_elements: bool = False
    """The column of ``unnest(...) AS t`` is ``t``, too."""
    columns_of_values: tuple[str, int] = ("column", 1)
    """How the columns of VALUES are named that have no name, and from which number on."""
    orders_in_windows: bool = True
    """Whether an aggregate over a window may have an order of its own, as a median has."""
    ranks_without_order: bool = True
    """Whether ranks, lag and lead may stand over a window without order."""
    qualifies_by_rank: bool = False
    """QUALIFY compares a rank there, and takes nothing else."""
    filters_plainly: bool = False
    """FILTER stands behind COUNT, SUM, AVG, MIN and MAX alone there, without DISTINCT."""
    patterns: tuple[str, str] | None = None
    """Which regular expressions both read, as `patterns` knows them."""
    says_sets_behind: bool = False
    """``GROUP BY a WITH ROLLUP`` is ``GROUP BY ROLLUP (a)``."""
    totals_nothing: bool = True
    """Whether the total of ``GROUP BY ROLLUP`` is a row over no rows, too."""
    adds_totals: bool = False
    """Whether sets of groups have no total over no rows there, though they have in the origin."""
    knows_totals: bool = True
    """Whether it is known if sets of groups have a total over no rows there."""
    mixes_groups: bool = False
    """A column may stand beside aggregates that is not grouped by."""
    unnamed: Unnamed | None = None
    """What the origin calls results without a name, as far as that is sure."""
    formats: Formats | None = None
    """What formats of dates and times are made of."""
    keeps_digits: bool = False
    """DECIMALs that share a type lose none at the origin, however many there are."""
    cuts_compared: bool = False
    """DECIMALs are compared without the digits that their common type has no room for, which the
    whole numbers beside them take, too."""
    widens_compared: bool = False
    """The target compares all digits of DECIMALs that a CAST gives room for, and fails where a
    value has none."""
    orders_results: bool = True
    """Whether the order of a whole query's rows counts, too; a node's rows have none."""

    def widens(self, compares: bool) -> bool:
        """Whether DECIMALs that share a type, or are compared, get one with room for all digits."""
        return self.widens_compared if compares else self.keeps_digits


@cache
def by_construct(pair: Pair) -> Mapping[str, Sequence[Rule]]:
    """The rules of each construct, in order: the first that fits counts."""
    found: dict[str, list[Rule]] = {}
    for rule in pair.rules:
        for name in rule.construct.split():
            found.setdefault(name, []).append(rule)
    return found


def first_fitting(rules: Iterable[Rule], operands: Sequence[frozenset[str]]) -> Rule | None:
    """The rule that counts for operands of these kinds."""
    return next((rule for rule in rules if rule.fits(operands)), None)


def same(constructs: Iterable[str], takes: str, gives: str) -> Rule:
    """A rule that several constructs share, which mean the same in both."""
    return Rule(" ".join(constructs), takes, gives)
