"""After a break: the events a receiver has missed are queued, exactly and before anything new goes out.

Somebody may have told an event while the webhook still looked switched off to them, and commit only after it
was switched on. Whoever has told one holds a lock on the outbox until the commit: those who do when we first
look are noted, and the missed events are looked for once they have ended. Nobody waits for anybody; only the
deliveries of this one receiver do.
"""

from django.db import connection, transaction

from apps.gateway.models import WebhookSubscription

_TELLING = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'events_domainevent'::regclass AND mode = 'RowExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""
_MISSED = """
INSERT INTO gateway_webhookdelivery
    (subscription_id, event_id, subject, attempts, next_attempt_at, last_trouble)
SELECT s.id, e.id, e.producer || ':' || e.subject_id, 0, e.occurred_at, ''
FROM gateway_webhooksubscription s
JOIN events_domainevent e ON '*' = ANY (s.event_types) OR e.type = ANY (s.event_types)
WHERE s.id = %s AND e.occurred_at >= s.catch_up_from
ORDER BY e.id
ON CONFLICT (subscription_id, event_id) DO NOTHING
"""


def catch_up() -> int:
    """Go on with every receiver that was switched on again; returns how many events were queued."""
    behind = WebhookSubscription.objects.filter(is_active=True, catch_up_from__isnull=False)
    return sum(_one(pk) for pk in list(behind.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _one(pk: int) -> int:
    """Looked behind the lock of the row, and so after the commit that switched the webhook on."""
    rows = WebhookSubscription.objects.select_for_update(no_key=True, skip_locked=True)
    row = rows.filter(pk=pk, is_active=True, catch_up_from__isnull=False).first()
    if row is None:
        return 0
    telling = _telling()
    noted = telling if row.catch_up_awaits is None else telling & set(row.catch_up_awaits)
    count = 0 if noted else _queue(pk)
    row.catch_up_from, row.catch_up_awaits = (row.catch_up_from, sorted(noted)) if noted else (None, None)
    row.save(update_fields=["catch_up_from", "catch_up_awaits"])
    return count


def _telling() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TELLING)
        return {name for (name,) in cursor.fetchall()}


def _queue(pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MISSED, [pk])
        return cursor.rowcount
