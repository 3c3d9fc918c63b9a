"""Carried out by Airflow's own Python: when its DAGs are started, as JSON.

python airflow_ticks.py FILE BEGIN END
"""

import json
import sys

import airflow
import pendulum
from airflow.timetables.base import TimeRestriction


def timetable_of(dag):
    """What the scheduler asks: Airflow 3 has it apart from what a file of DAGs makes."""
    try:
        from airflow.serialization.encoders import coerce_to_core_timetable
    except ImportError:
        return dag.timetable
    return coerce_to_core_timetable(dag.timetable)


def ticks(timetable, begin, end):
    ends = (pendulum.from_timestamp(int(moment)) for moment in (begin, end))
    restriction = TimeRestriction(*ends, catchup=True)
    found, last = [], None
    while True:
        info = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=restriction
        )
        if info is None:
            return found
        found.append(int(info.run_after.timestamp()))
        last = info.data_interval


def dag_bag(file):
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    return DagBag(file)


file, spans = sys.argv[1], json.loads(sys.argv[2])
bag = dag_bag(file)
answer = {
    "version": airflow.__version__,
    "errors": {str(place): str(error) for place, error in bag.import_errors.items()},
    "dags": {
        name: {
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "command": [task.bash_command for task in dag.tasks],
            "ticks": [ticks(timetable_of(dag), *span) for span in spans],
        }
        for name, dag in bag.dags.items()
    },
}
print("answer: " + json.dumps(answer))
