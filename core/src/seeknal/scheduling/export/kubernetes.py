"""Manifests for Kubernetes: a CronJob for each schedule, and what it keeps between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seeknal.intervals.timings import cron_text
from seeknal.scheduling.export.jobs import File, header, slug, told
from seeknal.scheduling.export.plain import plain
from seeknal.scheduling.export.waits import lock_timeout
from seeknal.scheduling.export.yaml import dumped

if TYPE_CHECKING:
    from seeknal.scheduling.export.jobs import Export, Job

FOLDER = "/project"
"""Where an image has the project."""
_LONGEST = 52
"""Kubernetes adds to the name of a CronJob."""


def render(export: Export) -> tuple[File, ...]:
    """One file. Jobs of one schedule never run at once, those of others wait."""
    first = header(
        export,
        "kubernetes",
        f"The image has the project in {FOLDER}, and seeknal on its path.",
        f"{FOLDER}/target, which has to stay, is on the volume.",
    )
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": _name(f"{export.name}-target"), "labels": _labels(export)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": export.storage}},
        },
    }
    documents = [claim, *(_cron_job(export, job) for job in export.jobs)]
    return (File(name="seeknal.yml", text=first + dumped(*documents)),)


def _cron_job(export: Export, job: Job) -> dict[str, Any]:
    timing = plain(job, "Kubernetes", export.now)
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": _name(export.name_of(job)),
            "labels": _labels(export),
            "annotations": {"seeknal/schedule": str(job.timing), "seeknal/nodes": told(job)},
        },
        "spec": {
            "schedule": cron_text(timing),
            "timeZone": "Etc/UTC" if timing.timezone == "UTC" else timing.timezone,
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 2,
                    "template": {
                        "metadata": {"labels": _labels(export)},
                        "spec": _pod(export, job),
                    },
                }
            },
        },
    }


def _pod(export: Export, job: Job) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "seeknal",
        "image": export.image,
        "workingDir": FOLDER,
        "command": ["seeknal", *map(_literal, (*export.run(job), *lock_timeout(job)))],
        "volumeMounts": [{"name": "target", "mountPath": f"{FOLDER}/target"}],
    }
    if export.secrets:
        container["env"] = [
            {
                "name": name,
                "valueFrom": {"secretKeyRef": {"name": export.name, "key": name}},
            }
            for name in export.secrets
        ]
    volume = {"claimName": _name(f"{export.name}-target")}
    return {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "target", "persistentVolumeClaim": volume}],
    }


def _labels(export: Export) -> dict[str, str]:
    return {"app.kubernetes.io/name": "seeknal", "app.kubernetes.io/instance": _name(export.name)}


def _name(name: str) -> str:
    return name if len(name) <= _LONGEST else slug(f"{name}_")


def _literal(word: str) -> str:
    """A word in which Kubernetes finds no variable."""
    return word.replace("$", "$$")
