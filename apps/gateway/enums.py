from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a client may do: resource and verb. Health data of patients have their own."""

    PATIENTS_READ = "patients:read", _("read patients")
    PATIENTS_WRITE = "patients:write", _("record and change patients")
    HEALTH_READ = "health:read", _("read health data of patients")
    HEALTH_WRITE = "health:write", _("record and change health data of patients")
    THERAPISTS_READ = "therapists:read", _("read therapists and practices")
    THERAPISTS_WRITE = "therapists:write", _("record and change therapists and practices")
    SEARCHES_READ = "searches:read", _("read searches and their candidates")
    SEARCHES_WRITE = "searches:write", _("open, pause and end searches")
    INQUIRIES_READ = "inquiries:read", _("read rounds, inquiries and placement requests")
    INQUIRIES_WRITE = "inquiries:write", _("plan and release rounds, record answers")
    EMAILS_READ = "emails:read", _("read e-mails")
    EMAILS_WRITE = "emails:write", _("write and cancel e-mails")
    CALLS_READ = "calls:read", _("read calls")
    CALLS_WRITE = "calls:write", _("plan and complete calls")
    IMPORTS_READ = "imports:read", _("read sources, runs and proposals")
    IMPORTS_WRITE = "imports:write", _("start imports")
    GEOCODING_READ = "geocoding:read", _("ask for places, distances and travel times")
    REGISTRATIONS_WRITE = "registrations:write", _("hand in registrations")
    REGISTRATIONS_READ = "registrations:read", _("read registrations that wait")
    EVENTS_READ = "events:read", _("read domain events")
    WEBHOOKS_WRITE = "webhooks:write", _("keep own webhook subscriptions")


# What a role may do with a session instead of a token: as on the pages.
VIEWER_SCOPES = frozenset(scope for scope in Scope if scope.endswith(":read"))
WORKER_SCOPES = frozenset(scope for scope in Scope if scope != Scope.WEBHOOKS_WRITE)


class DisabledReason(models.TextChoices):
    """Why a webhook subscription gets nothing."""

    BY_CLIENT = "by_client", _("switched off by the client")
    BY_STAFF = "by_staff", _("switched off by hand")
    GONE = "gone", _("the receiver says that it is gone")
    FAILING = "failing", _("the receiver has not answered for too long")


BY_ITSELF = frozenset({DisabledReason.GONE, DisabledReason.FAILING})  # nobody has decided it


class Trouble(models.TextChoices):
    """Why an attempt to deliver has failed: a class, never the receiver's own words."""

    STATUS = "status", _("the answer was not 2xx")
    TIMEOUT = "timeout", _("no answer in time")
    CONNECTION = "connection", _("no connection")
    TLS = "tls", _("the certificate cannot be trusted")
    PROTOCOL = "protocol", _("no answer in HTTP")
    HOST = "host", _("the host is unknown")
    ADDRESS = "address", _("the address must not be called")


class DeliveryState(models.TextChoices):
    """How far one event has come on its way to one receiver."""

    WAITING = "waiting", _("waiting")
    RETRYING = "retrying", _("tried in vain so far")
    DELIVERED = "delivered", _("delivered")
