"""Puts a view up, or another in its place, so that whoever asks meanwhile is answered.

What takes a view's place is made beside it under a name that no other attempt knows, and is
refreshed there; then both change their names in one statement. The comment goes along with the
rows, so that it tells for certain which of them serves. What an attempt has left that was cut is
dropped by the next before it looks: no statement of that attempt can come into effect any more.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from attrs import frozen

from seeknal.plugin import DeliveryError
from seeknal_starrocks.serving import ddl
from seeknal_starrocks.serving.desk import Refused
from seeknal_starrocks.serving.properties import CHANGEABLE, ONLY_WHEN_SET, UNSET
from seeknal_starrocks.serving.standing import (
    BESIDE,
    grants_on,
    left_beside,
    put_aside_on_top,
    standing_at,
)

if TYPE_CHECKING:
    import logging

    from seeknal_starrocks.serving.desk import Desk
    from seeknal_starrocks.serving.standing import Standing
    from seeknal_starrocks.serving.view import View
    from seeknal_starrocks.tablename import Table

NOT_OURS = "SK1981"
_DOES_NOT_FIT = re.compile(r"analyzing error|is inactive", re.IGNORECASE)
"""What StarRocks says of a view whose query its tables do not answer any more."""


@frozen(kw_only=True)
class Deployment:
    """A view and where it is put up. ``private``: no message holds a value of its rows."""

    view: View
    desk: Desk
    log: logging.Logger
    private: bool = False

    @property
    def place(self) -> Table:
        return self.view.place

    def carry_out(self) -> str:
        """Says what was done. Raises DeliveryError; then what served before still does."""
        there = self._ours()
        for name in left_beside(self.place, self.view.mark, self.desk):
            self.desk.change(ddl.drop(self.place, name))
            there = self._ours()
        if there is None:
            done = self._put_up()
        elif self._is_another(there):
            done = self._replace()
        else:
            done = self._bring_up_to_date(there)
        self._wake_what_is_on_top()
        return done

    def _ours(self) -> Standing | None:
        """What is there. Raises DeliveryError where it is not this project's."""
        found = standing_at(self.place, self.desk)
        if found is None or (found.mark is not None and found.mark.is_of(self.view.mark)):
            return found
        whose = "not made by seeknal"
        if found.mark is not None:
            whose = f"of project {found.mark.project!r} and environment {found.mark.environment!r}"
        raise DeliveryError(
            f"there is {self.place}, which is {whose}",
            code=NOT_OURS,
            help="name another one with view:, or take that away",
        )

    def _is_another(self, there: Standing) -> bool:
        """Whether only a view in its place can be what is wanted."""
        assert there.mark is not None
        if (there.mark.fingerprint, there.mark.node) != (self.view.fingerprint, self.view.node):
            return True
        # No statement takes a property away.
        shown = {
            key
            for key, value in there.properties.items()
            if key in ONLY_WHEN_SET and value not in UNSET
        }
        return bool((shown | {*there.mark.properties}) - self.view.properties.keys())

    def _put_up(self) -> str:
        name = self._made_beside()
        self.desk.change(ddl.rename(self.place, name))
        return "created"

    def _replace(self) -> str:
        name = self._made_beside()
        try:
            self._grant(name)
        except Refused:
            self.desk.change(ddl.drop(self.place, name))
            raise
        self.desk.change(ddl.swap(self.place, name))
        self.desk.change(ddl.drop(self.place, name))
        return "replaced"

    def _made_beside(self) -> str:
        """The name of a new one, which has its rows. Raises DeliveryError, and leaves none."""
        name = f"{self.place.name}{BESIDE}{secrets.token_hex(6)}"
        self.desk.change(ddl.create(self.view, name))
        try:
            self._refresh(name)
        except Refused:
            self.desk.change(ddl.drop(self.place, name))
            raise
        return name

    def _refresh(self, name: str) -> None:
        try:
            self.desk.change(ddl.refresh(self.place, name))
        except Refused as error:
            why = "a column of its rows is private" if self.private else error.message
            raise Refused(
                f"{self.place} could not be refreshed: {why}",
                code="SK1984",
                help="what served before still does",
            ) from None

    def _grant(self, name: str) -> None:
        """Give the rights on the view on the one that is to take its place, before it does."""
        grants = grants_on(self.place, self.desk)
        if grants.unread is not None:
            self.log.warning(
                "rights on %s are not known (%s), and those on it alone are gone with it: GRANT"
                " SELECT ON ALL MATERIALIZED VIEWS IN DATABASE %s stays",
                self.place,
                grants.unread,
                self.place.database,
            )
        for statement in grants.statements(self.place, name):
            try:
                self.desk.change(statement)
            except Refused as error:
                raise Refused(
                    f"rights on {self.place} could not be given on what takes its place:"
                    f" {error.message}",
                    code="SK1988",
                    help="let the connection's user grant them, or revoke them and GRANT ... ON ALL"
                    f" MATERIALIZED VIEWS IN DATABASE {self.place.database}",
                ) from None

    def _bring_up_to_date(self, there: Standing) -> str:
        changed = False
        if there.schedule != self.view.schedule:
            self.desk.change(ddl.set_schedule(self.place, self.view.schedule))
            changed = True
        other = {
            key: value
            for key, value in self.view.properties.items()
            if (key in CHANGEABLE or key.startswith("session."))
            and there.properties.get(key) != value
        }
        if other:
            self.desk.change(ddl.set_properties(self.place, other))
            changed = True
        if there.put_aside:
            self.desk.change(ddl.activate(self.place))
            changed = True
        self._refresh(self.place.name)
        return "changed" if changed else "refreshed"

    def _wake_what_is_on_top(self) -> None:
        """Views that read this one are inactive once another has its name, or are of before."""
        for place in put_aside_on_top(self.place, self.desk):
            try:
                self.desk.change(ddl.activate(place))
            except Refused as error:
                if not _DOES_NOT_FIT.search(error.message):
                    raise
                self.log.warning(
                    "%s reads %s and stays inactive: %s", place, self.place, error.message
                )
