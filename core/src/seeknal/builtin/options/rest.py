"""What REST sources and their connections say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from attrs import frozen

from seeknal.plugin import Duration, Secret, option

Parameter = str | int | float | bool


def _positive(instance: object, attribute: Any, value: float | None) -> None:
    if value is not None and not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} is more than 0, not {value}")


def _not_negative(instance: object, attribute: Any, value: int) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name} is 0 or more, not {value}")


def _fixed_length(instance: object, attribute: Any, value: Duration) -> None:
    if not value.seconds:
        raise ValueError(f"{attribute.name} is more than 0 seconds")


@frozen(kw_only=True)
class RestConnection:
    """A connection of type ``rest_api``: where an API is, and what lets one in."""

    base_url: str = option(
        aliases=("url",), role="location", summary="where paths begin: https://api.example.com/v1"
    )
    token: Secret | None = option(None, aliases=("bearer_token",), summary="a bearer token")
    username: str | None = option(None, aliases=("user",), summary="of basic authentication")
    password: Secret | None = option(None, summary="of basic authentication")
    api_key: Secret | None = option(None, summary="a key that is a header or a parameter")
    api_key_name: str = option("X-API-Key", summary="of that header or parameter")
    api_key_in: Literal["header", "query"] = option("header", summary="where the key goes")
    token_url: str | None = option(None, summary="where OAuth2 gives tokens")
    client_id: str | None = option(None, summary="of OAuth2's client credentials")
    client_secret: Secret | None = option(None, summary="of OAuth2's client credentials")
    scope: str | None = option(None, summary="that OAuth2 is asked for")
    audience: str | None = option(None, summary="that OAuth2 is asked for")
    client_auth: Literal["basic", "body"] = option(
        "basic", summary="how client_id and client_secret are sent to token_url"
    )
    headers: Mapping[str, str] = option(factory=dict, summary="of every request")
    secret_headers: Mapping[str, Secret] = option(
        factory=dict, summary="of every request, such as Cookie"
    )
    ca_file: str | None = option(None, summary="a file of further authorities to trust")
    plain_http: bool = option(
        False, summary="true sends what lets one in over http:// to other machines, too"
    )
    timeout: Duration = option(
        Duration(30, "second"),
        functional=False,
        validator=_fixed_length,
        summary="the longest wait for the server's next bytes",
    )
    retries: int = option(
        5, functional=False, validator=_not_negative, summary="how often a request is sent again"
    )
    longest_wait: Duration = option(
        Duration(5, "minute"),
        functional=False,
        validator=_fixed_length,
        summary="a server that asks for a longer one before the next try is given up",
    )
    requests_per_second: float | None = option(
        None, functional=False, validator=_positive, summary="at most, of all sources together"
    )
    test_path: str | None = option(
        None, functional=False, summary="what connection test asks for; else base_url"
    )


@frozen(kw_only=True)
class Pagination:
    """How the next page is asked for."""

    type: Literal["none", "link", "cursor", "offset", "page"] = option(
        summary="what leads to the next page; none: there is one page"
    )
    param: str | None = option(
        None, summary="the parameter of the cursor, the offset or the page's number"
    )
    path: str | None = option(
        None, summary="where in a page the next cursor is, or of link its address: meta.next"
    )
    column: str | None = option(
        None, summary="cursor: the key of a record whose value in the last one is the cursor"
    )
    more: str | None = option(
        None, summary="cursor: where a page says true or false, whether there are others"
    )
    missing: Literal["error", "end"] = option(
        "error", summary="what it means that the first page has no path; later it is the end"
    )
    start: int | None = option(None, summary="the first offset or page; else 0 and 1")
    size: int | None = option(
        None, aliases=("limit",), validator=_positive, summary="records that a page shall have"
    )
    size_param: str | None = option(None, aliases=("limit_param",), summary="the parameter of size")
    total: str | None = option(
        None, summary="offset: where a page says how many records there are; page: how many pages"
    )
    repeats: Literal["error", "allow"] = option(
        "error", summary="what it means that a page has the very records of the one before"
    )

    def __attrs_post_init__(self) -> None:
        for name, types in _USED_BY.items():
            if getattr(self, name) is not None and self.type not in types:
                raise ValueError(f"{name} is for {' and '.join(types)}, not for {self.type}")
        if self.type == "cursor":
            if (self.path is None) == (self.column is None):
                raise ValueError("a cursor has either path or column")
            if self.param is None:
                raise ValueError("a cursor has param, the parameter that it is sent as")
        if (self.size is None) != (self.size_param is None):
            raise ValueError("size and size_param go together")


_USED_BY = {
    "param": ("cursor", "offset", "page"),
    "path": ("link", "cursor"),
    "column": ("cursor",),
    "more": ("cursor",),
    "start": ("offset", "page"),
    "size": ("link", "cursor", "offset", "page"),
    "total": ("offset", "page"),
}


@frozen(kw_only=True)
class RestIncremental:
    """The parameter by which an API leaves out what is old."""

    column: str = option(summary="the key of a record that says when it was changed")
    param: str = option(summary="the parameter that takes such a value")
    start: str | int | None = option(None, summary="its value while nothing newer is known")
    format: str | None = option(
        None, summary="of times in it: such as %Y-%m-%d, epoch or epoch_ms; else ISO 8601"
    )


@frozen(kw_only=True)
class RestOptions:
    """``params:`` of a rest_api source."""

    records: str | None = option(
        None, summary="where in a page the records are, such as data.items; $: the page is one"
    )
    missing_records: Literal["error", "empty"] = option(
        "error", summary="empty: a page without records, or with null there, has none"
    )
    query_params: Mapping[str, Parameter | tuple[Parameter, ...]] = option(
        factory=dict, aliases=("url_params",), summary="parameters of the address"
    )
    headers: Mapping[str, str] = option(factory=dict, summary="of the requests")
    pagination: Pagination | None = option(None, summary="how the next page is asked for")
    incremental: RestIncremental | None = option(None, summary="how old records are left out")
    dateformat: str | None = option(None, aliases=("date_format",), summary="such as %d.%m.%Y")
    timestampformat: str | None = option(
        None, aliases=("timestamp_format",), summary="such as %d.%m.%Y %H:%M"
    )
    maximum_depth: int | None = option(None, summary="levels that become types of their own")
    nul: Literal["keep", "remove"] = option(
        "keep", summary="remove: texts without the character U+0000, which few databases store"
    )
