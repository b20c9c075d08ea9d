from django.db import models
from django.utils.translation import gettext_lazy as _


class RunKind(models.TextChoices):
    NETWORK = "network", _("fetched")
    FILE = "file", _("file")


class RunStatus(models.TextChoices):
    """STOPPED: the source refused or is not what it was; what came before is kept."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    STOPPED = "stopped", _("stopped by the source")
    CANCELLED = "cancelled", _("broken off")
    FAILED = "failed", _("failed")


class ProblemKind(models.TextChoices):
    """REJECTED: the entry is at fault. FAILED: it could not be kept, though nothing is wrong with it."""

    REJECTED = "rejected", _("rejected")
    FAILED = "failed", _("failed")


class Standing(models.TextChoices):
    """How a record of a source stands to the therapists on file."""

    NEW = "new", _("waits for review")
    UNCLEAR = "unclear", _("several therapists fit")
    LINKED = "linked", _("belongs to a therapist")
    DECLINED = "declined", _("not wanted")


class ProposalStatus(models.TextChoices):
    OPEN = "open", _("open")
    ACCEPTED = "accepted", _("taken over")
    REFUSED = "refused", _("turned down")
    OUTDATED = "outdated", _("overtaken")


class BulkKind(models.TextChoices):
    NEW = "new", _("new records")
    CHANGES = "changes", _("changes")


ENDED = (RunStatus.DONE, RunStatus.STOPPED, RunStatus.CANCELLED, RunStatus.FAILED)
