"""Lineage as OpenLineage events without a run: a job for each node, a dataset for each output.

https://openlineage.io/spec/2-0-2/OpenLineage.json (JobEvent), with the facets schema 1-1-1 and
columnLineage 1-2-0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seeknal import __version__

PRODUCER = f"https://pypi.org/project/seeknal/{__version__}"
_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/JobEvent"
_FACETS = f"{_SPEC}/facets"


def events(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One JobEvent for each node of the document that is computed."""
    nodes = {node["id"]: node for node in document["nodes"]}
    namespace = f"seeknal://{document['project']}/{document['environment']}"
    parents: dict[str, list[str]] = {id: [] for id in nodes}
    for edge in document["edges"]:
        parents[edge["to"]].append(edge["from"])
    return [
        {
            "eventTime": document["generated_at"],
            "producer": PRODUCER,
            "schemaURL": _EVENT,
            "job": {"namespace": namespace, "name": id, "facets": _job_facets(node)},
            "inputs": [_dataset(nodes[parent], namespace) for parent in parents[id]],
            "outputs": [_output(node, namespace)],
        }
        for id, node in nodes.items()
        if node["kind"] != "source"
    ]


def _facet(name: str, version: str, **content: Any) -> dict[str, Any]:
    url = f"{_FACETS}/{version}/{name}.json#/$defs/{name}"
    return {"_producer": PRODUCER, "_schemaURL": url, **content}


def _job_facets(node: Mapping[str, Any]) -> dict[str, Any]:
    facets = {
        "jobType": _facet(
            "JobTypeJobFacet",
            "2-0-3",
            processingType="BATCH",
            integration="SEEKNAL",
            jobType=node["kind"].upper(),
        )
    }
    if node["sql"]:
        facets["sql"] = _facet("SQLJobFacet", "1-1-0", query=node["sql"], dialect="duckdb")
    if node["description"]:
        facets["documentation"] = _facet(
            "DocumentationJobFacet", "1-1-0", description=node["description"]
        )
    return facets


def _dataset(node: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    fields = [
        {"name": column["name"], "type": column["type"]}
        | ({"description": column["description"]} if column["description"] else {})
        for column in node["columns"]
    ]
    facets = {"schema": _facet("SchemaDatasetFacet", "1-1-1", fields=fields)}
    return {"namespace": namespace, "name": node["id"], "facets": facets}


def _output(node: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    dataset = _dataset(node, namespace)
    lineage = node["lineage"]
    if lineage["unknown"] is None:
        dataset["facets"]["columnLineage"] = _facet(
            "ColumnLineageDatasetFacet",
            "1-2-0",
            fields={
                column["name"]: {"inputFields": _inputs(column, namespace)}
                for column in lineage["columns"]
            },
            # What decides the rows holds for the dataset as a whole.
            dataset=[_input(ref, namespace, "INDIRECT", "FILTER") for ref in lineage["rows"]],
        )
    return dataset


def _inputs(column: Mapping[str, Any], namespace: str) -> list[dict[str, Any]]:
    direct = [_input(ref, namespace, "DIRECT", "TRANSFORMATION") for ref in column["values"]]
    indirect = [_input(ref, namespace, "INDIRECT", "CONDITIONAL") for ref in column["influences"]]
    return direct + indirect


def _input(ref: list[str], namespace: str, type: str, subtype: str) -> dict[str, Any]:
    how = {"type": type, "subtype": subtype, "description": "", "masking": False}
    return {"namespace": namespace, "name": ref[0], "field": ref[1], "transformations": [how]}
