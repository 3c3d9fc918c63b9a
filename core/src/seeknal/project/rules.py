"""Rule nodes as audits: what seeknal 2.x writes below ``rule:``, and ``audits:``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.sql.quote import quote_literal
from seeknal.values.errors import did_you_mean
from seeknal.values.marks import Marks

if TYPE_CHECKING:
    from seeknal.project.raw import RawNode
    from seeknal.values.problems import Problems

Mappings = Iterator[tuple[Mapping[str, object], Marks]]
_TABLE = "_table_"
_NUMBER = r"([-+]?\d+(?:\.\d+)?)"
_COMPARISON = re.compile(rf"\s*(>=|<=|!=|<>|==|=|>|<)\s*{_NUMBER}\s*%?\s*")
_BETWEEN = re.compile(rf"\s*between\s+{_NUMBER}\s+and\s+{_NUMBER}\s*", re.IGNORECASE)


def audits_of_rule(raw: RawNode, problems: Problems) -> list[tuple[Mapping[str, object], Marks]]:
    """The audits that a rule asks of its input, each with its place in the file.

    ``params.severity`` and ``params.error_message`` of the node hold for those that say
    nothing themselves.
    """
    reader = _Rule(raw, problems)
    return [(reader.with_defaults(data), marks) for data, marks in reader.audits()]


@frozen
class _Check:
    """One entry of ``rule:``; its ``params`` are read as if they stood beside its type."""

    data: Mapping[str, Any]
    marks: Marks

    @property
    def params(self) -> Mapping[str, Any]:
        params = self.data.get("params")
        found = {key: value for key, value in self.data.items() if key not in _OWN}
        found |= params if isinstance(params, Mapping) else {}
        return {"message" if key == "error_message" else key: found[key] for key in found}

    @property
    def type(self) -> str:
        """``null`` may be written without quotes, and is nothing to YAML then."""
        return str(self.data.get("type", "") if self.data.get("type", "") is not None else "null")

    @property
    def columns(self) -> dict[str, object]:
        given = self.data.get("columns", self.data.get("column"))
        return {} if given is None else {"columns": given}


_OWN = ("type", "column", "columns", "params", "name", "description", "checks")


class _Rule:
    """One rule node while it is read."""

    def __init__(self, raw: RawNode, problems: Problems) -> None:
        self.raw = raw
        self.problems = problems.of(raw.id)

    def audits(self) -> Mappings:
        if not self.inputs():
            help = "inputs: [{ref: source.orders}]"
            self.problems.add(
                "SK0921", "a rule needs the node that it is about", self.raw.location, help
            )
        if not self.raw.data.get("rule") and not self.raw.data.get("audits"):
            help = "write rule: or audits:"
            self.problems.add("SK0922", "this rule asks for nothing", self.raw.location, help)
        for check in self.checks():
            yield from self.check(check)
        yield from self.own_audits()

    def checks(self) -> Iterator[_Check]:
        given = self.raw.data.get("rule")
        marks = self.raw.marks.below("rule")
        if isinstance(given, Mapping):
            yield _Check(given, marks)
        elif isinstance(given, Sequence) and not isinstance(given, str):
            for index, entry in enumerate(given):
                if isinstance(entry, Mapping):
                    yield _Check(entry, marks.below(index))

    def own_audits(self) -> Mappings:
        given = self.raw.data.get("audits")
        for index, entry in enumerate(given if isinstance(given, Sequence) else ()):
            if isinstance(entry, Mapping):
                yield entry, self.raw.marks.below("audits", index)
            elif isinstance(entry, str):
                yield {"type": entry}, self.raw.marks.below("audits", index)

    def check(self, check: _Check) -> Mappings:
        type = check.type
        if type == "profile_check":
            yield from self.profile_checks(check)
        elif type in _FORMS:
            yield _FORMS[type](check, self.inputs()), check.marks
        else:
            message = f"unknown rule type {type!r}" if type else "a rule needs its type"
            known = (*_FORMS, "profile_check")
            help = did_you_mean(type, known) or f"known: {', '.join(known)}"
            self.problems.add("SK0920", message, check.marks.value("type"), help)

    def inputs(self) -> list[str]:
        given = self.raw.data.get("inputs")
        entries = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        refs = [entry.get("ref") if isinstance(entry, Mapping) else entry for entry in entries]
        return [ref for ref in refs if isinstance(ref, str)]

    def with_defaults(self, data: Mapping[str, object]) -> Mapping[str, object]:
        params = self.raw.data.get("params")
        if not isinstance(params, Mapping):
            return data
        defaults = {"severity": params.get("severity"), "message": params.get("error_message")}
        return {**{key: value for key, value in defaults.items() if value is not None}, **data}

    def profile_checks(self, check: _Check) -> Mappings:
        given = check.data.get("checks")
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            place = check.marks.value("checks")
            self.problems.add("SK0923", "profile_check needs a list of checks", place, _CHECKS_HELP)
            return
        for index, entry in enumerate(given):
            marks = check.marks.below("checks", index)
            if isinstance(entry, Mapping) and "metric" in entry and _SEVERITIES.keys() & entry:
                yield from self.profile_check(entry, marks)
            else:
                text = "a check needs its metric and what is too much"
                self.problems.add("SK0923", text, marks.value(), _CHECKS_HELP)

    def profile_check(self, entry: Mapping[str, Any], marks: Marks) -> Mappings:
        for key, severity in _SEVERITIES.items():
            if key not in entry:
                continue
            condition = _condition(str(entry[key]))
            if condition is None:
                text = f"{key}: {str(entry[key])!r} is not a limit"
                self.problems.add("SK0923", text, marks.value(key), _CHECKS_HELP)
                continue
            column, metric = str(entry.get("column") or _TABLE), str(entry["metric"])
            sql = _profile_query(column, metric, condition)
            about = metric if column == _TABLE else f"{metric} of {column}"
            data = {"sql": sql, "message": f"{about} is {entry[key]}", **severity}
            yield {"type": "custom_sql", **data}, marks


_SEVERITIES: dict[str, dict[str, object]] = {"fail": {}, "warn": {"severity": "warn"}}
_CHECKS_HELP = "checks: [{column: price, metric: avg, warn: '> 50', fail: '> 90'}]"


def _condition(text: str) -> str | None:
    """A limit of a profile check as what follows a value in SQL."""
    if match := _BETWEEN.fullmatch(text):
        return f"BETWEEN {match[1]} AND {match[2]}"
    if match := _COMPARISON.fullmatch(text):
        return f"{match[1].replace('==', '=')} {match[2]}"
    return None


def _profile_query(column: str, metric: str, condition: str) -> str:
    """A row when the metric's value meets the condition, or there is none."""
    stored, value = _METRICS.get(metric, (metric, "TRY_CAST(max(value) AS DOUBLE)"))
    column = quote_literal(column)
    return (
        f"SELECT {column} AS column_name, {quote_literal(metric)} AS metric, max(value) AS value "
        f"FROM __THIS__ WHERE column_name = {column} AND metric = {quote_literal(stored)} "
        f"HAVING coalesce({value} {condition}, true)"
    )


_METRICS = {
    "freshness_hours": (
        "max",
        "((epoch(current_timestamp) - epoch(TRY_CAST(max(value) AS TIMESTAMPTZ))) / 3600)",
    ),
}
"""Metrics that are taken when they are asked for: where they come from, and how."""


Form = Callable[[_Check, list[str]], dict[str, object]]


def _plain(type: str, **renamed: str) -> Form:
    """An audit of that type with the check's columns and parameters, some under other names."""

    def form(check: _Check, inputs: list[str]) -> dict[str, object]:
        params = {renamed.get(key, key): value for key, value in check.params.items()}
        return {"type": type, **check.columns, **params}

    return form


def _share(type: str, parameter: str) -> Form:
    """An audit with the part of the rows that may fail; up to 1 it is a fraction, as in 2.x."""

    def form(check: _Check, inputs: list[str]) -> dict[str, object]:
        params = dict(check.params)
        allowed = params.pop(parameter, None)
        data = {"type": type, **check.columns, **params}
        return data if not allowed else _allowing(data, allowed)

    return form


def _allowing(data: dict[str, object], allowed: object) -> dict[str, object]:
    if isinstance(allowed, int | float) and not isinstance(allowed, bool):
        percent = allowed * 100 if allowed <= 1 else allowed
        return {**data, "error_if": f"> {percent:g}%"}
    return {**data, "error_if": f"> {allowed}"}


def _freshness(check: _Check, inputs: list[str]) -> dict[str, object]:
    params = dict(check.params)
    params.setdefault("max_age", "24h")
    columns = check.columns.get("columns")
    column = columns[0] if isinstance(columns, list | tuple) and columns else columns
    return {"type": "freshness", "column": column, **params}


def _sql(check: _Check, inputs: list[str]) -> dict[str, object]:
    """2.x calls the inputs ``source_orders`` and the first of them ``input_data`` as well."""
    names = {ref.replace(".", "_"): ref for ref in inputs}
    names |= {f"input_{number}": ref for number, ref in enumerate(inputs)}
    names |= {"input_data": inputs[0]} if inputs else {}
    return {"type": "custom_sql", **check.params, "inputs": names}


_RANGE = _plain("between", min_val="min", max_val="max", min_value="min", max_value="max")
_FORMS: dict[str, Form] = {
    "null": _share("not_null", "max_null_percentage"),
    "not_null": _share("not_null", "max_null_percentage"),
    "range": _RANGE,
    "between": _RANGE,
    "uniqueness": _share("unique", "max_duplicate_percentage"),
    "unique": _share("unique", "max_duplicate_percentage"),
    "freshness": _freshness,
    "sql_assertion": _sql,
    "custom": _sql,
    "custom_sql": _sql,
    "expression": _plain("expression"),
    "accepted_values": _plain("accepted_values"),
    "row_count": _plain("row_count"),
    "regex": _plain("regex"),
    "relationships": _plain("relationships"),
    "anomaly": _plain("anomaly"),
}
