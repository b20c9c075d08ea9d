"""Were the rules of contact kept? Plain SQL over the tables; nothing of the product is asked.

The numbers stand here as the rules say them: 7 days between two first contacts, 10 open requests of a search,
6 requests in an inquiry. Who is behind one mailbox or number is worked out here from the practices. What
was open at the same moment is told by the order in which the history was written.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

PREPARE = """
DROP TABLE IF EXISTS behind, moment;
DROP VIEW IF EXISTS first_contact, released, pause;
CREATE TEMP TABLE behind (therapist_id bigint PRIMARY KEY, circle bigint NOT NULL);
CREATE TEMP TABLE moment (begins timestamptz PRIMARY KEY);
CREATE TABLE IF NOT EXISTS faults_contacted (therapist_id bigint, at timestamptz);

-- Who was written to or spoken to first, or found a message on the machine; not before the release, where the
-- clock of the worker was behind. `is_asked_for`: the practice had said when it wants to be called again.
CREATE TEMP VIEW first_contact AS
SELECT 'e-mail' AS way, e.id, c.inquiry_id, e.therapist_id,
       greatest(coalesce(e.sent_at, e.claimed_at), i.released_at) AS at, false AS is_asked_for
FROM communication_emailmessage e JOIN matching_inquirycontact c ON c.email_id = e.id
JOIN matching_inquiry i ON i.id = c.inquiry_id
WHERE e.kind = 'inquiry' AND e.status IN ('handing_over', 'unclear', 'sent', 'bounced')
UNION ALL
SELECT 'call', p.id, c.inquiry_id, p.therapist_id, greatest(p.done_at, i.released_at),
       EXISTS (
           SELECT FROM communication_phonecall q JOIN matching_inquirycontact d ON d.call_id = q.id
           WHERE d.inquiry_id = c.inquiry_id AND q.outcome = 'call_back' AND q.done_at < p.done_at
       )
FROM communication_phonecall p JOIN matching_inquirycontact c ON c.call_id = p.id
JOIN matching_inquiry i ON i.id = c.inquiry_id
WHERE p.purpose = 'first_contact' AND p.status = 'done' AND p.outcome <> 'not_reached';

CREATE TEMP VIEW released AS
SELECT id, therapist_id, released_at AS at FROM matching_inquiry
WHERE released_at IS NOT NULL AND status <> 'cancelled';

-- Recorded at the latest with the therapist's last event of this kind up to its first day; those of the
-- world's beginning have none.
CREATE TEMP VIEW pause AS
SELECT p.id, p.therapist_id, p.starts_on, p.until, p.lifted_at, coalesce(
    (SELECT max(e.occurred_at) FROM events_domainevent e
     WHERE e.type = 'therapist.paused' AND e.subject_id = p.therapist_id::text
       AND (e.occurred_at AT TIME ZONE 'Europe/Berlin')::date <= p.starts_on),
    '-infinity') AS recorded_at
FROM therapists_contactpause p;
"""

CONTACTS_TOO_CLOSE = """
SELECT 'contacts', g.circle, a.inquiry_id, b.inquiry_id, a.at, b.at
FROM first_contact a JOIN behind g ON g.therapist_id = a.therapist_id
JOIN behind h ON h.circle = g.circle
JOIN first_contact b ON b.therapist_id = h.therapist_id
WHERE a.inquiry_id <> b.inquiry_id AND (a.at, a.way, a.id) < (b.at, b.way, b.id)
  AND b.at < a.at + interval '168 hours'
"""
# The days before are known by the day.
TOO_SOON_AFTER_BEFORE = """
SELECT 'contact of the days before', g.circle, b.inquiry_id, a.at, b.at
FROM faults_contacted a JOIN behind g ON g.therapist_id = a.therapist_id
JOIN behind h ON h.circle = g.circle
JOIN first_contact b ON b.therapist_id = h.therapist_id
WHERE (b.at AT TIME ZONE 'Europe/Berlin')::date - (a.at AT TIME ZONE 'Europe/Berlin')::date < 7
"""
RELEASES_TOO_CLOSE = """
SELECT 'releases', g.circle, a.id, b.id, a.at, b.at
FROM released a JOIN behind g ON g.therapist_id = a.therapist_id
JOIN behind h ON h.circle = g.circle
JOIN released b ON b.therapist_id = h.therapist_id
WHERE (a.at, a.id) < (b.at, b.id) AND b.at < a.at + interval '168 hours'
"""
IN_A_PAUSE = """
SELECT '{what}', g.circle, c.id, p.id, c.at
FROM {what} c JOIN behind g ON g.therapist_id = c.therapist_id
JOIN behind h ON h.circle = g.circle
JOIN pause p ON p.therapist_id = h.therapist_id
WHERE (c.at AT TIME ZONE 'Europe/Berlin')::date BETWEEN p.starts_on AND p.until
  AND (p.lifted_at IS NULL OR p.lifted_at > c.at)
  AND p.recorded_at < (SELECT max(begins) FROM moment WHERE begins <= c.at)
"""
CONTACTED_IN_A_PAUSE = IN_A_PAUSE.format(what="first_contact") + " AND NOT c.is_asked_for"
RELEASED_IN_A_PAUSE = IN_A_PAUSE.format(what="released")
# How many of a kind are in one of the states, after each line of the history.
TOO_MANY_AT_ONCE = """
SELECT '{what}', * FROM (
    SELECT {owner} AS owner, r.id AS history_id, r.at,
           sum((r.new = ANY(%(states)s))::int - (r.old = ANY(%(states)s))::int)
               OVER (PARTITION BY {owner} ORDER BY r.id) AS together
    FROM {history} r JOIN {table} s ON s.id = r.subject_id {join}
    WHERE (r.new = ANY(%(states)s)) <> (r.old = ANY(%(states)s))
) AS swept WHERE together > {most}
"""
OPEN_INQUIRIES = TOO_MANY_AT_ONCE.format(
    what="open inquiries",
    owner="g.circle",
    table="matching_inquiry",
    history="matching_inquiryhistory",
    join="JOIN behind g ON g.therapist_id = s.therapist_id",
    most=1,
)
_OF_REQUESTS = {"table": "matching_placementrequest", "history": "matching_requesthistory", "join": ""}
OPEN_REQUESTS = TOO_MANY_AT_ONCE.format(what="open requests", owner="s.search_id", most=10, **_OF_REQUESTS)
OPEN_IN_INQUIRY = TOO_MANY_AT_ONCE.format(
    what="requests in an inquiry", owner="s.inquiry_id", most=6, **_OF_REQUESTS
)
ACCEPTED = TOO_MANY_AT_ONCE.format(what="accepted", owner="s.search_id", most=1, **_OF_REQUESTS)
UNWANTED = """
SELECT 'unwanted', t.id, c.inquiry_id, c.at
FROM first_contact c JOIN therapists_therapist t ON t.id = c.therapist_id
WHERE t.status <> 'active' OR t.review_status <> 'verified'
   OR (t.do_not_contact_since IS NOT NULL AND coalesce(
        (SELECT min(o.at) FROM therapists_therapisthistory o
         WHERE o.subject_id = t.id AND o.new = 'objected'),
        '-infinity') < (SELECT max(begins) FROM moment WHERE begins <= c.at))
"""
WRITTEN_TWICE = """
SELECT 'written twice', inquiry_id, count(*) FROM first_contact
WHERE way = 'e-mail' GROUP BY inquiry_id HAVING count(*) > 1
"""
# Forgotten by both: added to a draft while it was released, for example.
STRANDED = """
SELECT 'stranded', r.id, r.status, i.status
FROM matching_placementrequest r JOIN matching_inquiry i ON i.id = r.inquiry_id
WHERE (r.status, i.status) NOT IN (('planned', 'draft'), ('released', 'released'), ('sent', 'sent'))
  AND r.status IN ('planned', 'released', 'sent')
"""

IS_OPEN = {"states": ["released", "sent"]}
IS_OPEN_REQUEST = {"states": ["planned", "released", "sent"]}
IS_WON = {"states": ["accepted", "confirmed"]}
CHECKS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "interval": [(CONTACTS_TOO_CLOSE, {}), (TOO_SOON_AFTER_BEFORE, {}), (RELEASES_TOO_CLOSE, {})],
    "pause": [(CONTACTED_IN_A_PAUSE, {}), (RELEASED_IN_A_PAUSE, {})],
    "shared": [(OPEN_INQUIRIES, IS_OPEN)],
    "open": [(OPEN_REQUESTS, IS_OPEN_REQUEST)],
    "other": [
        (OPEN_IN_INQUIRY, IS_OPEN_REQUEST),
        (ACCEPTED, IS_WON),
        (UNWANTED, {}),
        (WRITTEN_TWICE, {}),
        (STRANDED, {}),
    ],
}


def violations(moments: Sequence[datetime]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows that break a rule, by the name of the rule.

    `moments`: what was recorded before one of them counts as known to whoever contacts somebody after it.
    """
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        cursor.executemany("INSERT INTO behind VALUES (%s, %s)", list(circles().items()))
        cursor.executemany("INSERT INTO moment VALUES (%s)", [[moment] for moment in moments])
        cursor.execute("ANALYZE behind")
        found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in CHECKS}
        for name, checks in CHECKS.items():
            for statement, values in checks:
                cursor.execute(statement, values or None)
                found[name] += cursor.fetchall()
    return found


def circles() -> dict[int, int]:
    """The smallest therapist of everybody who shares a mailbox or number, directly or through others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM therapists_therapist")
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            "SELECT w.therapist_id, lower(p.email), p.phone FROM therapists_workplace w"
            " JOIN therapists_practice p ON p.id = w.practice_id"
        )
        places = cursor.fetchall()
    shared: dict[str, list[int]] = defaultdict(list)
    for therapist, mailbox, phone in places:
        for address in filter(None, (mailbox, phone)):
            shared[address].append(therapist)
    return united(ids, shared.values())


def united(ids: Iterable[int], together: Iterable[Sequence[int]]) -> dict[int, int]:
    """Union-find: the smallest member of each id's set."""
    leader = {pk: pk for pk in ids}

    def find(pk: int) -> int:
        while leader[pk] != pk:
            leader[pk] = leader[leader[pk]]
            pk = leader[pk]
        return pk

    for first, *others in together:
        for other in others:
            one, two = sorted((find(first), find(other)))
            leader[two] = one
    return {pk: find(pk) for pk in leader}
