"""What a frontend and a backend answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from seeknal_starrocks.testing.armed import Dropped
from seeknal_starrocks.testing.engine.loads import LabelUsed
from seeknal_starrocks.testing.engine.things import DEFAULT
from seeknal_starrocks.testing.http import answers
from seeknal_starrocks.testing.http.answers import Answer
from seeknal_starrocks.testing.http.loading import stream_load, transact
from seeknal_starrocks.testing.http.options import BadLoad, options_of
from seeknal_starrocks.testing.http.requests import Request, scratch, unpacked

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.things import Place
    from seeknal_starrocks.testing.http.loading import Begun

_LOAD = re.compile(r"/api/([^/]+)/([^/]+)/_stream_load")
_TRANSACTION = re.compile(r"/api/transaction/(begin|load|prepare|commit|rollback)")
_STATE = re.compile(r"/api/([^/]+)/get_load_state")
_METHODS = {"load": ("PUT",), "begin": ("POST",), "prepare": ("POST", "PUT")}
_DENIED = Answer(status=401, body={"status": "FAILED", "msg": "Access denied"})
_UNKNOWN = Answer(status=404, body={"status": "FAILED", "msg": "Not Found"})


def _operation(name: str) -> str:
    """The name among the points of faults."""
    return "write" if name == "load" else name


def _place(match: re.Match[str]) -> Place:
    """The table of a path: its parts are decoded once it was taken apart."""
    return (DEFAULT, unquote(match[1]), unquote(match[2]))


class Frontend(Request):
    """Sends loads to a backend, and says what became of a label."""

    def answer(self) -> None:
        path = urlsplit(self.path).path
        if self.user is None:
            self.send(_DENIED)
        elif match := _LOAD.fullmatch(path):
            self._load(_place(match))
        elif match := _TRANSACTION.fullmatch(path):
            self._transaction(match[1])
        elif match := _STATE.fullmatch(path):
            self._state(unquote(match[1]))
        else:
            self.send(_UNKNOWN)

    def _load(self, place: Place) -> None:
        if (message := self.meet("load asked")) is not None:
            return self.send(answers.refused(message))
        if self.command != "PUT":
            return self.send(_UNKNOWN)
        if self.headers.get("Expect", "").lower() != "100-continue":
            return self.send(answers.refused("DdlException: There is no 100-continue header"))
        if (denied := self._denied(place)) is not None:
            return self.send(answers.refused(denied))
        self.send_on("load")

    def _denied(self, place: Place) -> str | None:
        if place not in self.node.loading.world.tables:
            return f"DdlException: Unknown table '{place[1]}.{place[2]}'"
        return self.may_load(place)

    def _transaction(self, name: str) -> None:
        operation = _operation(name)
        if (message := self.meet(f"{operation} asked")) is not None:
            return self.send(answers.refused(message))
        database, label = self.headers.get("db"), self.headers.get("label")
        if not database or not label:
            return self.send(answers.refused("StarRocksException: No database or label selected."))
        if name in ("begin", "load"):
            place = (DEFAULT, database, self.headers.get("table", ""))
            if (denied := self._denied(place)) is not None:
                return self.send(answers.refused(denied))
        if name == "load" and self.headers.get("Expect", "").lower() != "100-continue":
            return self.send(answers.refused("DdlException: There is no 100-continue header"))
        if name != "begin" and self.node.loading.begun(database, label) is None:
            return self.send(
                answers.refused(f"StarRocksException: Can not find the coordinator of {label}")
            )
        self.send_on(operation)

    def _state(self, database: str) -> None:
        label = parse_qs(urlsplit(self.path).query).get("label", [""])[0]
        load = self.node.loading.world.loads.find(database, label)
        state = load.state if load is not None else "UNKNOWN"
        self.send(Answer(body={"state": state, "status": "OK", "msg": "Success", "Status": "OK"}))


class Backend(Request):
    """Carries out loads."""

    def answer(self) -> None:
        path = urlsplit(self.path).path
        if self.user is None:
            self.send(_DENIED)
        elif match := _LOAD.fullmatch(path):
            self._load(_place(match))
        elif match := _TRANSACTION.fullmatch(path):
            self._transaction(match[1])
        else:
            self.send(_UNKNOWN)

    def _load(self, place: Place) -> None:
        label = self.headers.get("label", "")
        if (message := self.meet("load asked")) is not None:
            return self.send(answers.failed(label, BadLoad(message)))
        try:
            begun = self.node.loading.begin(place, self.given)
        except LabelUsed as used:
            return self.send(answers.label_used(label, used, transaction=False), "load")
        except BadLoad as error:
            return self.send(answers.failed(label, error), "load")
        with scratch() as folder:
            answer = self._load_body(begun, Path(folder))
        self.meet("load carried out")
        self.send(answer, "load")

    def _load_body(self, begun: Begun, folder: Path) -> Answer:
        loading, label = self.node.loading, begun.load.label
        self._operation, self._begun = "load", begun
        try:
            body = unpacked(self.receive(folder), begun.options.compression)
            message = self._meet_early("load received", begun, body)
        except BadLoad as error:
            loading.abort(begun, str(error))
            return answers.failed(label, error, load=begun.load)
        if message is not None:
            loading.abort(begun, message)
            return answers.failed(label, BadLoad(message), load=begun.load)
        return stream_load(loading, begun, body)

    def half(self) -> None:
        if self._operation == "load":
            message = self._meet_early("load half", self._begun, None)
            if message is not None:
                raise BadLoad(message)
        else:
            self.meet("write half")

    def _meet_early(self, point: str, begun: Begun, body: Path | None) -> str | None:
        """As ``meet``; where the connection ends, the load fares as the fault says."""
        loading = self.node.loading
        fault = loading.world.faults.armed.reach(f"be {point}")
        if fault is None or fault.what != "drop":
            return fault.message if fault is not None else None
        if fault.then == "aborts" or (body is None and fault.then == "goes on"):
            loading.abort(begun, "the client has gone")
        elif fault.then == "goes on" and body is not None:
            stream_load(loading, begun, body)
        elif body is not None:
            loading.write(begun, begun.options, body)
        raise Dropped

    def _transaction(self, name: str) -> None:
        operation = _operation(name)
        label = self.headers.get("label", "")
        if (message := self.meet(f"{operation} asked")) is not None:
            return self.send(answers.transaction_failed(label, message))
        place = (DEFAULT, self.headers.get("db", ""), self.headers.get("table", ""))
        self._operation = operation
        with scratch() as folder:
            try:
                body = self._transaction_body(name, Path(folder))
            except (BadLoad, Dropped) as error:
                self._roll_back(name, place, str(error))
                if isinstance(error, Dropped):
                    raise
                return self.send(answers.transaction_failed(label, str(error)), operation)
            answer = transact(self.node.loading, name, place, self.given, body)
        self.meet(f"{operation} carried out")
        self.send(answer, operation)

    def _roll_back(self, name: str, place: Place, reason: str) -> None:
        """A write that fails ends its transaction."""
        loading = self.node.loading
        begun = loading.begun(place[1], self.headers.get("label", ""))
        if name == "load" and begun is not None and loading.state(begun) == "PREPARE":
            loading.abort(begun, reason)

    def _transaction_body(self, name: str, folder: Path) -> Path | None:
        body = None
        if name == "load":
            body = unpacked(self.receive(folder), options_of(self.given).compression)
        if (message := self.meet(f"{_operation(name)} received")) is not None:
            raise BadLoad(message)
        return body
