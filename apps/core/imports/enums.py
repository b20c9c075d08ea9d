from django.db import models
from django.utils.translation import gettext_lazy as _


class FileStatus(models.TextChoices):
    """From the upload to the end. A trial run does everything and takes it back row by row."""

    UPLOADED = "uploaded", _("columns to match")
    TRIAL_QUEUED = "trial_queued", _("waits for the trial run")
    TRIAL = "trial_run", _("trial run")
    TRIED = "tried", _("tried out")
    QUEUED = "queued", _("waits to be imported")
    RUNNING = "running", _("is being imported")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class RowResult(models.TextChoices):
    """As `report.Result`, and what did not come in."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    UNCHANGED = "unchanged", _("unchanged")
    REJECTED = "rejected", _("rejected")


WAITING = (FileStatus.TRIAL_QUEUED, FileStatus.QUEUED)
WORKING = (FileStatus.TRIAL, FileStatus.RUNNING)
ENDED = (FileStatus.DONE, FileStatus.FAILED, FileStatus.CANCELLED)
COUNTS = tuple(RowResult.values)
