"""A REST catalog over PyIceberg's SQL catalog, as far as its own client asks for it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlparse

from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest

ERRORS = {
    CommitFailedException: (409, "CommitFailedException"),
    TableAlreadyExistsError: (409, "AlreadyExistsException"),
    NamespaceAlreadyExistsError: (409, "AlreadyExistsException"),
    NoSuchTableError: (404, "NoSuchTableException"),
    NoSuchNamespaceError: (404, "NoSuchNamespaceException"),
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def answer(self):
        server = self.server
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"{}") if size else {}
        if self.headers.get("Authorization") != f"Bearer {server.token}":
            return self.send(401, error("not authorized", "NotAuthorizedException", 401))
        parts = [unquote(part) for part in urlparse(self.path).path.strip("/").split("/")][1:]
        try:
            with server.lock:
                return self.send(200, self.act(parts, body))
        except tuple(ERRORS) as problem:
            code, kind = next(ERRORS[type_] for type_ in ERRORS if isinstance(problem, type_))
            return self.send(code, error(str(problem), kind, code))

    def act(self, parts, body):
        catalog = self.server.catalog
        if parts == ["config"]:
            return {"defaults": {}, "overrides": {}}
        if parts == ["namespaces"]:
            catalog.create_namespace(tuple(body["namespace"]))
            return {"namespace": body["namespace"], "properties": {}}
        namespace = tuple(parts[1].split("\x1f"))
        if len(parts) == 2:
            return {
                "namespace": namespace,
                "properties": catalog.load_namespace_properties(namespace),
            }
        if len(parts) == 3 and self.command == "GET":
            found = catalog.list_tables(namespace)
            names = [{"namespace": list(each[:-1]), "name": each[-1]} for each in found]
            return {"identifiers": names}
        if len(parts) == 3:
            return loaded(self.create(namespace, body))
        table = catalog.load_table((*namespace, parts[3]))
        if self.command == "POST":
            request = CommitTableRequest.model_validate(body)
            catalog.commit_table(table, request.requirements, request.updates)
            table = catalog.load_table((*namespace, parts[3]))
        return loaded(table)

    def create(self, namespace, body):
        spec = body.get("partition-spec")
        return self.server.catalog.create_table(
            (*namespace, body["name"]),
            schema=Schema.model_validate(body["schema"]),
            partition_spec=PartitionSpec.model_validate(spec)
            if spec
            else UNPARTITIONED_PARTITION_SPEC,
            properties=body.get("properties") or {},
        )

    def send(self, code, value):
        text = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)


def error(message, kind, code):
    return {"error": {"message": message, "type": kind, "code": code}}


def loaded(table):
    return {
        "metadata-location": table.metadata_location,
        "metadata": json.loads(table.metadata.model_dump_json(by_alias=True, exclude_none=True)),
        "config": {},
    }


@contextmanager
def serving(catalog, token):
    """Serve a catalog; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.catalog, server.token, server.lock = catalog, token, threading.Lock()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
