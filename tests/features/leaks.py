"""Small projects, each with one fault that ``seeknal features validate`` finds, and clean ones.

No two have a file or node of one name, so that all may stand in one project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FINDINGS = (
    "duplicate-rows",
    "created-missing",
    "from-the-future",
    "key-types",
    "no-such-keys",
    "features-newer",
    "after-label",
    "target-among-features",
    "ttl-drops",
    "mixed-zones",
)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A project: its files, and what follows ``seeknal features validate``."""

    name: str
    files: Mapping[str, str]
    words: tuple[str, ...]
    finding: str | None = None
    """None: it is clean, and the command says nothing and ends with 0, not 1."""
    groups: tuple[str, ...] = ()
    """Those that the finding names."""


def found(document: Any) -> set[str]:
    """The names of findings anywhere in an answer in JSON."""
    if isinstance(document, dict):
        return set().union(*map(found, document.values()))
    if isinstance(document, list):
        return set().union(*map(found, document))
    return {document} & {*FINDINGS} if isinstance(document, str) else set()


def says(document: Any, word: str) -> bool:
    """Whether a text of an answer in JSON has a word."""
    return word in json.dumps(document)


COLUMNS = {"k": "BIGINT", "at": "TIMESTAMP", "f": "DOUBLE"}
USUAL = """1,2024-01-01 00:00:00,1.5
1,2024-01-05 00:00:00,2.5
2,2024-01-02 00:00:00,3.5
3,2024-01-03 00:00:00,4.5
4,2024-01-04 00:00:00,5.5
"""
ENTITIES = """k,ts,label
1,2024-01-06 00:00:00,0
2,2024-01-06 00:00:00,1
3,2024-01-06 00:00:00,0
4,2024-01-06 00:00:00,1
"""


def group(
    name: str, rows: str = USUAL, columns: Mapping[str, str] = COLUMNS, **said: Any
) -> dict[str, str]:
    """The files of a group over a CSV file; ``said`` is what its node says beyond its key."""
    node = {
        "kind": "feature_group",
        "name": name,
        "entity": {"name": "customer", "join_keys": ["k"]},
        **({"event_time": "at"} if "at" in columns else {}),
        **said,
        "inputs": [{"ref": f"source.{name}_rows"}],
    }
    source = {
        "kind": "source",
        "name": f"{name}_rows",
        "source": "csv",
        "table": f"data/{name}.csv",
        "columns": dict(columns),
        "params": {"header": True},
    }
    return {
        f"data/{name}.csv": f"{','.join(columns)}\n{rows}",
        f"seeknal/{name}.yml": f"{json.dumps(source)}\n---\n{json.dumps(node)}\n",
    }


def planted() -> Iterator[Planted]:
    """Each with one fault."""
    yield Planted(
        name="two rows of one key and time differ",
        finding="duplicate-rows",
        groups=("twofold",),
        files=group("twofold", USUAL + "3,2024-01-03 00:00:00,9.5\n"),
        words=("twofold",),
    )
    yield Planted(
        name="two rows differ in nothing but that one has no value",
        finding="duplicate-rows",
        groups=("twofold_null",),
        files=group("twofold_null", USUAL + "3,2024-01-03 00:00:00,\n"),
        words=("twofold_null",),
    )
    yield Planted(
        name="two rows of one key differ in a group without times",
        finding="duplicate-rows",
        groups=("twofold_timeless",),
        files=group("twofold_timeless", "1,1.5\n2,2.5\n2,3.5\n", {"k": "BIGINT", "f": "DOUBLE"}),
        words=("twofold_timeless",),
    )
    yield Planted(
        name="nobody knows when a row became known",
        finding="created-missing",
        groups=("unknown",),
        files=group(
            "unknown",
            "1,2024-01-01 00:00:00,2024-01-01 01:00:00,1.5\n2,2024-01-01 00:00:00,,2.5\n",
            {"k": "BIGINT", "at": "TIMESTAMP", "loaded": "TIMESTAMP", "f": "DOUBLE"},
            created_time="loaded",
            features=["f"],
        ),
        words=("unknown",),
    )
    yield Planted(
        name="a row is of a time that is still to come",
        finding="from-the-future",
        groups=("to_come",),
        files=group("to_come", USUAL + "3,2999-01-01 00:00:00,9.5\n"),
        words=("to_come",),
    )
    yield _with_entities(
        "numbers are asked for by text",
        "key-types",
        "by_text",
        entities=ENTITIES.replace("\n1,", "\nx1,").replace("\n2,", "\nx2,"),
    )
    yield _with_entities(
        "no key of the entities is known",
        "no-such-keys",
        "strangers",
        entities="k,ts\n" + "".join(f"{k},2024-01-06 00:00:00\n" for k in (91, 92, 93)),
    )
    yield _with_entities(
        "fewer than half of the keys are known",
        "no-such-keys",
        "some_strangers",
        entities="k,ts\n" + "".join(f"{k},2024-01-06 00:00:00\n" for k in (1, 2, 97, 98, 99)),
    )
    yield _with_entities(
        "features are newer than what they are for",
        "features-newer",
        "newer",
        entities="k,ts\n"
        + "1,2024-01-06 00:00:00\n"
        + "".join(f"{k},2023-12-01 00:00:00\n" for k in (2, 3)),
    )
    yield _with_entities(
        "a moment is after the label was known",
        "after-label",
        "after",
        entities="k,ts,known\n1,2024-01-06 00:00:00,2024-01-07 00:00:00\n"
        "2,2024-01-06 00:00:00,2024-01-05 00:00:00\n",
        more=("--label-time", "known"),
    )
    yield from _targets()
    yield _with_entities(
        "ttl leaves next to nothing",
        "ttl-drops",
        "short_lived",
        entities=ENTITIES,
        ttl="1 day",
    )
    yield from _zones()


def _targets() -> Iterator[Planted]:
    yield _with_entities(
        "a feature is called as the label",
        "target-among-features",
        "named",
        rows=USUAL,
        columns={"k": "BIGINT", "at": "TIMESTAMP", "label": "DOUBLE"},
        entities=ENTITIES,
        more=("--label", "label"),
    )
    yield _with_entities(
        "a feature has the values of the label",
        "target-among-features",
        "the_same",
        rows="".join(f"{k},2024-01-01 00:00:00,{int(k % 2 == 0)}\n" for k in range(1, 5)),
        columns={"k": "BIGINT", "at": "TIMESTAMP", "f": "BIGINT"},
        entities=ENTITIES,
        more=("--label", "label"),
    )
    labels = {
        "kind": "transform",
        "name": "lineal_labels",
        "inputs": [{"ref": "source.lineal_rows"}],
        "transform": "SELECT k, TIMESTAMP '2024-01-06' AS ts, f > 3 AS label "
        "FROM ref('source.lineal_rows') QUALIFY row_number() OVER (PARTITION BY k) = 1",
    }
    yield Planted(
        name="a label is made of the column that a feature is made of",
        finding="target-among-features",
        groups=("lineal",),
        files={
            **group("lineal"),
            "seeknal/lineal_labels.yml": f"{json.dumps(labels)}\n",
        },
        words=(
            *("lineal", "--entities", "transform.lineal_labels"),
            *("--timestamp", "ts", "--label", "label"),
        ),
    )


def _zones() -> Iterator[Planted]:
    zoned = {**COLUMNS, "at": "TIMESTAMPTZ"}
    rows = USUAL.replace(":00,", ":00+00,")
    yield _with_entities(
        "the group has a zone and the entities have none",
        "mixed-zones",
        "zoned_alone",
        rows=rows,
        columns=zoned,
        entities=ENTITIES,
    )
    one, other = group("zoned_one", rows, zoned), group("zoned_other")
    yield Planted(
        name="one group has a zone and another has none",
        finding="mixed-zones",
        groups=(),
        files={**one, **other},
        words=("zoned_one", "zoned_other"),
    )


def clean() -> Iterator[Planted]:
    """Each with nothing to be said about, though some are not far from it."""
    yield Planted(name="plain rows", files=group("plain"), words=("plain",))
    yield Planted(
        name="two rows that are the same",
        files=group("the_same_twice", USUAL + "3,2024-01-03 00:00:00,4.5\n"),
        words=("the_same_twice",),
    )
    yield Planted(
        name="a correction that became known later",
        files=group(
            "corrected",
            "1,2024-01-01 00:00:00,2024-01-01 01:00:00,1.5\n"
            "1,2024-01-01 00:00:00,2024-01-02 01:00:00,2.5\n",
            {"k": "BIGINT", "at": "TIMESTAMP", "loaded": "TIMESTAMP", "f": "DOUBLE"},
            created_time="loaded",
            features=["f"],
        ),
        words=("corrected",),
    )
    yield Planted(
        name="a group without times",
        files=group("timeless", "1,1.5\n2,2.5\n", {"k": "BIGINT", "f": "DOUBLE"}),
        words=("timeless",),
    )
    yield Planted(name="no rows", files=group("empty", ""), words=("empty",))
    yield _with_entities("all is known in time", None, "in_time", entities=ENTITIES)
    yield _with_entities(
        "the same moment is not newer",
        None,
        "at_once",
        entities="k,ts\n1,2024-01-05 00:00:00\n2,2024-01-02 00:00:00\n3,2024-01-03 00:00:00\n",
    )
    yield _with_entities(
        "half of the keys are known",
        None,
        "half_known",
        entities="k,ts\n" + "".join(f"{k},2024-01-06 00:00:00\n" for k in (1, 2, 98, 99)),
    )
    yield _with_entities(
        "half of the rows come before the features",
        None,
        "half_newer",
        entities="k,ts\n"
        + "".join(f"{k},2024-01-06 00:00:00\n" for k in (1, 2))
        + "".join(f"{k},2023-12-01 00:00:00\n" for k in (3, 4)),
    )
    yield _with_entities(
        "ttl drops half of the rows", None, "half_dropped", entities=ENTITIES, ttl="2 days"
    )
    yield _with_entities(
        "labels are known at the moment",
        None,
        "just_known",
        entities="k,ts,known\n1,2024-01-06 00:00:00,2024-01-06 00:00:00\n",
        more=("--label-time", "known"),
    )
    yield _with_entities(
        "a feature is like the label in all rows but one",
        None,
        "nearly",
        rows="".join(f"{k},2024-01-01 00:00:00,{int(k in (2, 3, 4))}\n" for k in range(1, 5)),
        columns={"k": "BIGINT", "at": "TIMESTAMP", "label_of_others": "BIGINT"},
        entities=ENTITIES,
        more=("--label", "label"),
    )
    yield _with_entities(
        "keys are numbers of another size",
        None,
        "small_keys",
        columns={**COLUMNS, "k": "SMALLINT"},
        entities=ENTITIES,
    )
    yield _with_entities(
        "both sides say their zones",
        None,
        "zones_said",
        entities=ENTITIES,
        timezone="America/New_York",
        more=("--timezone", "Asia/Jakarta"),
    )
    yield from _clean_lineage()


def _clean_lineage() -> Iterator[Planted]:
    labels = {
        "kind": "transform",
        "name": "apart_labels",
        "inputs": [{"ref": "source.apart_rows"}],
        "transform": "SELECT k, TIMESTAMP '2024-01-06' AS ts, other > 3 AS label "
        "FROM ref('source.apart_rows') QUALIFY row_number() OVER (PARTITION BY k) = 1",
    }
    rows = "".join(f"{line},{n}\n" for n, line in enumerate(USUAL.splitlines()))
    yield Planted(
        name="a label is made of another column of the rows",
        files={
            **group("apart", rows, {**COLUMNS, "other": "BIGINT"}, features=["f"]),
            "seeknal/apart_labels.yml": f"{json.dumps(labels)}\n",
        },
        words=(
            *("apart", "--entities", "transform.apart_labels"),
            *("--timestamp", "ts", "--label", "label"),
        ),
    )


def _with_entities(
    name: str,
    finding: str | None,
    of: str,
    *,
    entities: str,
    rows: str = USUAL,
    columns: Mapping[str, str] = COLUMNS,
    more: tuple[str, ...] = (),
    **said: Any,
) -> Planted:
    return Planted(
        name=name,
        finding=finding,
        groups=(of,) if finding else (),
        files={**group(of, rows, columns, **said), f"{of}_entities.csv": entities},
        words=(of, "--entities", f"{of}_entities.csv", "--timestamp", "ts", *more),
    )
