"""Plays stories, and finds the shortest part of one that still fails."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.deliveries.drawing import Action
from tests.deliveries.playing import Broken, Story


class Teller:
    """Plays stories at a place that ``make`` makes anew for each."""

    def __init__(self, make: Callable[[], object], folder: Path) -> None:
        self.make, self.folder, self.number = make, folder, 0

    def told(self, targets: Sequence[str], actions: Sequence[Action]) -> Broken | None:
        """How the story fails; None when it does not."""
        self.number += 1
        root = self.folder / str(self.number)
        with self.make() as place:
            story = Story(place, root, targets)
            try:
                story.play(actions)
            except Broken as error:
                return Broken(error.which, "\n".join([*story.told, str(error)]))
            finally:
                place.settle()
                shutil.rmtree(root, ignore_errors=True)
        return None

    def check(self, targets: Sequence[str], actions: Sequence[Action], patience: float) -> None:
        """Play a story; one that fails is made shorter for so many seconds, then told."""
        why = self.told(targets, actions)
        if why is None:
            return
        until = time.monotonic() + patience
        targets, actions, why = self.shortened([*targets], [*actions], why, until)
        story = json.dumps({"targets": targets, "actions": actions})
        with self.make() as place:
            command = f"python -m tests.deliveries {place.name} '{story}'"
        raise Broken(why.which, f"{why}\n\nalone: {command}")

    def shortened(self, targets, actions, why: Broken, until: float):
        """Without the targets and actions that it fails without, in the same way."""

        def same(fewer_targets, fewer_actions):
            found = self.told(fewer_targets, fewer_actions)
            return found if found is not None and found.which == why.which else None

        for target in list(targets):
            fewer = [name for name in targets if name != target]
            if fewer and time.monotonic() < until and (found := same(fewer, actions)):
                targets, why = fewer, found
        size = max(1, len(actions) // 2)
        while size:
            at = 0
            while at < len(actions) and time.monotonic() < until:
                fewer = actions[:at] + actions[at + size :]
                if found := same(targets, fewer):
                    actions, why = fewer, found
                else:
                    at += size
            size //= 2
        return targets, actions, why
