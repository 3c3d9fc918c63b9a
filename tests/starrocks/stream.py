"""Stream Load by plain ``http.client``: what a client does that knows nothing better."""

import base64
import http.client
import json
from urllib.parse import urlsplit


class Client:
    def __init__(self, server, *, user="root", password=""):
        self.server = server
        self.coded = base64.b64encode(f"{user}:{password}".encode()).decode()

    def load(self, table, body=b"", *, label=None, database="shop", **headers):
        """Sends a body, and sends it again to where it is told to; gives what is answered."""
        given = {"label": label} if label is not None else {}
        path = f"/api/{database}/{table}/_stream_load"
        return self.ask("PUT", path, body, **given, **headers)

    def transact(self, operation, table="orders", body=b"", *, label, database="shop", **headers):
        method = "PUT" if operation == "load" else "POST"
        given = {"label": label, "db": database, "table": table, **headers}
        return self.ask(method, f"/api/transaction/{operation}", body, **given)

    def state(self, label, database="shop"):
        return self.ask("GET", f"/api/{database}/get_load_state?label={label}")["state"]

    def ask(self, method, path, body=b"", **headers):
        where = f"{self.server.host}:{self.server.http_port}"
        status, found = self.once(where, method, path, b"", **headers, **_length(body))
        if status == 307:
            place = urlsplit(found)
            status, found = self.once(place.netloc, method, place.path, body, **headers)
        return json.loads(found)

    def once(self, where, method, path, body=b"", **headers):
        """Status, and the answer or where else to ask; the body goes where it is asked for."""
        connection = http.client.HTTPConnection(where, timeout=10)
        try:
            sent = {"Authorization": f"Basic {self.coded}", "Expect": "100-continue", **headers}
            sent.setdefault("Content-Length", str(len(body)))
            connection.request(method, path, body=body or None, headers=sent)
            response = connection.getresponse()
            if "Content-Length" not in response.headers:
                # http.client takes headers for whole that end with the connection.
                raise http.client.IncompleteRead(b"")
            found = response.read()
            return response.status, response.headers.get("Location") or found
        finally:
            connection.close()


def _length(body):
    """The length of a body that a frontend does not get to see."""
    return {"Content-Length": str(len(body))}
