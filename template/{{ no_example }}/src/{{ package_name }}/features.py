"""The features of this service. Add yours here, and their routes in `api/features.py`."""

from .tasks.model import TaskRow
from .tasks.task import Task

MODELS = (TaskRow,)
"""Every table the migrations know."""

TASKS: tuple[Task, ...] = ()
"""Every task a worker can run."""
