"""``features``: features at points in time, for training and serving."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seeknal.cli.app import Command, Group
from seeknal.cli.common import environment_option, from_here, project_root
from seeknal.cli.features_asked import as_of_option, entities_options, loaded_in
from seeknal.cli.features_checked import validate_command
from seeknal.cli.features_online import materialize_command, serve_command
from seeknal.cli.render import count, print_json, print_table
from seeknal.cli.results import ENDINGS, FORMATS, Wanted, write_rows
from seeknal.cli.streams import say
from seeknal.kernel.command_options import STDOUT, format_option, limit_option, output_option
from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.features.groups import Group as FeatureGroup
    from seeknal.features.training import TrainingSet


@click.group("features", cls=Group)
def features_command() -> None:
    """Features at points in time: training sets without leakage, and the same numbers served."""


features_command.add_command(validate_command)
features_command.add_command(materialize_command)
features_command.add_command(serve_command)


@features_command.command("list", cls=Command)
@environment_option
@format_option("table", "json")
def list_command(environment: str, format_: str) -> None:
    """List the feature groups: entity, keys, times, ttl and features."""
    from seeknal.features.groups import group_of, is_group

    loaded = loaded_in(environment)
    snapshots = loaded.snapshots(environment)
    nodes = [node for node in loaded.project.nodes.values() if is_group(node)]
    stored = {node.id: group_of(node, snapshots[node.id]) for node in nodes if node.id in snapshots}
    answers = [{"node": node.id, **_answer(stored.get(node.id))} for node in nodes]
    if format_ == "json":
        from seeknal.cli.answers import answered

        print_json(answered("success", environment=environment, groups=answers))
        return
    if not answers:
        say("no feature groups: kind: feature_group makes one")
        return
    headers = ("node", "entity", "keys", "event time", "created time", "ttl", "features")
    keys = ("node", *_OF_GROUPS)
    rows = [[_cell(answer, key) for key in keys] for answer in answers]
    spare = (headers[4], headers[5])
    print_table(headers, rows, spare=spare, whole=headers[:1], prose=(headers[6],))
    say(count(len(answers), "feature group"))


_OF_GROUPS = ("entity", "keys", "event_time", "created_time", "ttl", "features")


def _answer(group: FeatureGroup | None) -> dict[str, Any]:
    """What is told of a group; None: it has never run."""
    if group is None:
        return {"stored": False, **dict.fromkeys(_OF_GROUPS)}
    rows = group.rows
    told = (
        rows.entity,
        list(rows.keys),
        rows.event_time,
        rows.created_time,
        str(rows.ttl) if rows.ttl else None,
        [{"name": name, "type": group.types[name]} for name in rows.features],
    )
    return {"stored": True, **dict(zip(_OF_GROUPS, told, strict=True))}


def _cell(answer: Mapping[str, Any], key: str) -> Any:
    value = answer[key]
    if key == "features":
        names = ", ".join(feature["name"] for feature in value or ())
        return names if answer["stored"] else "has never run"
    return ", ".join(value) if isinstance(value, list) else value


@features_command.command("get", cls=Command)
@click.argument("features", metavar="[GROUP[:FEATURE,...]]...", nargs=-1)
@entities_options
@as_of_option
@click.option("--full-names", is_flag=True, help="Call each feature group__feature.")
@click.option(
    "--manifest",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Make the training set of this manifest again.",
)
@environment_option
@format_option(*FORMATS, shown="table, or as FILE ends")
@limit_option(None, shown="100 in a table, else all")
@output_option
def get_command(
    features: tuple[str, ...],
    manifest: Path | None,
    format_: str | None,
    limit: int | None,
    output: Path | None,
    **asked: Any,
) -> None:
    """Get features as they were known at the moment of each row of entities: a training set.

    GROUP is all features of a group. Without --entities these are the newest features of each
    key. Into a Parquet file, a manifest and the entities are written beside the rows: from them
    the very same training set is made again by --manifest, as long as its snapshots are kept.
    """
    from seeknal.features.manifest import read_manifest

    output = None if output == STDOUT else output
    format_ = format_ or (ENDINGS.get(output.suffix.lower(), FORMATS[0]) if output else FORMATS[0])
    with _found(features, manifest, **asked) as found:
        if format_ == "parquet" and output is not None and limit is None:
            path = found.write(output)
            rows = read_manifest(path)["files"]["rows"]["rows"]
            say(f"wrote {rows:,} rows to {from_here(output)}; {from_here(path)} says from what")
            return
        wanted = Wanted(format=format_, limit=limit, output=output)
        write_rows(found.connection, found.query, wanted)


def _found(
    features: tuple[str, ...],
    manifest: Path | None,
    *,
    entities: str | None,
    timestamp: str | None,
    timezone: str | None,
    as_of: str | None,
    full_names: bool,
    environment: str,
) -> TrainingSet:
    from seeknal.features import (
        get_historical_features,
        get_latest_features,
        recreate_training_set,
    )

    root = project_root()
    if manifest is not None:
        if features or entities or timestamp or as_of:
            raise UsageError(
                "a manifest says itself which features of which entities it is of",
                code="SK1809",
                help="seeknal features get --manifest train.manifest.json --output again.parquet",
            )
        return recreate_training_set(manifest, project=root)
    if entities is None:
        if timestamp or timezone:
            raise UsageError(
                "a timestamp is a column of entities, and there are none",
                code="SK1802",
                help="--entities FILE; --as-of MOMENT for the newest of all keys at a moment",
            )
        return get_latest_features(
            features, as_of=as_of, full_names=full_names, project=root, env=environment
        )
    return get_historical_features(
        features,
        entities,
        timestamp=timestamp,
        as_of=as_of,
        timezone=timezone,
        full_names=full_names,
        project=root,
        env=environment,
    )
