"""``features validate``: leakage and other faults of features, before they are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from attrs import asdict

from seeknal.cli.app import Command
from seeknal.cli.common import environment_option
from seeknal.cli.features_asked import entities_options, loaded_in
from seeknal.cli.render import count, print_json
from seeknal.cli.streams import say
from seeknal.kernel.command_options import format_option

if TYPE_CHECKING:
    from seeknal.features.findings import Finding


@click.command("validate", cls=Command)
@click.argument("features", metavar="[GROUP[:FEATURE,...]]...", nargs=-1)
@entities_options
@click.option("--label", metavar="COLUMN", help="The column of entities that is to be learned.")
@click.option(
    "--label-time", metavar="COLUMN", help="The column of entities that says when that was seen."
)
@environment_option
@format_option("table", "json")
def validate_command(
    features: tuple[str, ...],
    entities: str | None,
    timestamp: str | None,
    timezone: str | None,
    label: str | None,
    label_time: str | None,
    environment: str,
    format_: str,
) -> int:
    """Look for leakage in feature groups, all of them where none is named: ends with 1 for any.

    By themselves: rows that nobody can put in order, times in the future or of mixed zones. With
    --entities: keys that do not match, features that are newer than their row, a ttl that drops
    most of them, the label among them.
    """
    from seeknal.features.groups import stored_groups
    from seeknal.features.leaks import Labels
    from seeknal.features.training import Asked
    from seeknal.features.validating import findings_of
    from seeknal.values.errors import UsageError

    if entities is None and (timestamp or timezone or label or label_time):
        raise UsageError(
            "--timestamp, --timezone, --label and --label-time are about entities",
            code="SK1802",
            help="--entities FILE",
        )
    loaded = loaded_in(environment)
    names = features or tuple(map(str, stored_groups(loaded, environment)))
    asked = Asked(timestamp=timestamp, timezone=timezone)
    labels = Labels(label=label, time=label_time)
    groups, found = findings_of(loaded, environment, names, entities, asked, labels)
    if format_ == "json":
        from seeknal.cli.answers import answered, outcome

        told = [asdict(finding) for finding in found]
        print_json(answered(outcome(not found), environment=environment, findings=told))
    else:
        _print(found)
        say(f"{count(groups, 'feature group')}: {count(len(found), 'finding')}")
    return 1 if found else 0


def _print(found: Sequence[Finding]) -> None:
    for finding in found:
        print(f"{finding.node}: {finding.name}: {finding.message}")
        print(f"  help: {finding.help}")
