"""The whole beat timetable. Without a broker `manage.py run_jobs` works off the same table.

Every task looks for due rows and may run at any time and more than once: two beats do no harm.
"""

from typing import Any

from celery.schedules import crontab

SECONDS = float

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # sweeps: find what a lost bell missed
    "events-dispatch": {"task": "events.dispatch", "schedule": SECONDS(30)},
    "communication-send-queue": {"task": "communication.send_queue", "schedule": SECONDS(30)},
    "communication-free-stuck": {"task": "communication.free_stuck", "schedule": SECONDS(60)},
    "matching-simulations": {"task": "matching.run_simulations", "schedule": SECONDS(60)},
    "geocoding-place-addresses": {"task": "geocoding.place_addresses", "schedule": SECONDS(60)},
    "imports-work-off": {"task": "imports.work_off", "schedule": SECONDS(30)},
    # receivers of events: those that publishers have queued, and what was missed
    "gateway-deliver-webhooks": {"task": "gateway.deliver_webhooks", "schedule": SECONDS(15)},
    # mailboxes: new messages, unclear letters
    "communication-poll-mailbox": {
        "task": "communication.poll_mailbox",
        "schedule": crontab(minute="*/2"),
    },
    "communication-reconcile": {"task": "communication.reconcile", "schedule": crontab(minute="*/5")},
    # the day of a search
    "matching-resume-paused": {
        "task": "matching.resume_due_searches",
        "schedule": crontab(hour="0", minute="10"),
    },
    "matching-follow-up": {"task": "matching.follow_up_due", "schedule": crontab(hour="6-18", minute="15")},
    "matching-expire": {"task": "matching.expire_due", "schedule": crontab(hour="5", minute="30")},
    # every hour of Monday and Tuesday: each search is written to once a week all the same
    "matching-status-letters": {
        "task": "matching.send_status_letters",
        "schedule": crontab(day_of_week="1,2", hour="9-18", minute="0"),
    },
    "therapists-unblock": {"task": "therapists.unblock_due", "schedule": crontab(hour="0", minute="20")},
    "matching-fit-acceptance": {
        "task": "matching.fit_acceptance",
        "schedule": crontab(hour="3", minute="40"),
    },
    "matching-start-run": {"task": "matching.start_match_run", "schedule": crontab(hour="4", minute="10")},
    "matching-shards": {"task": "matching.match_shards", "schedule": SECONDS(60)},
    "geocoding-tidy": {"task": "geocoding.tidy", "schedule": crontab(hour="2", minute="40")},
    # only with a route planner; also rung when a search opens or somebody moves
    "matching-measure-travel": {
        "task": "matching.measure_travel",
        "schedule": crontab(minute="*/10"),
    },
    # directories: runs that wait or lost their worker, sources that are due
    "scraping-runs": {"task": "scraping.work_off_runs", "schedule": SECONDS(60)},
    "scraping-work-up": {"task": "scraping.work_up_runs", "schedule": SECONDS(60)},
    "scraping-decisions": {"task": "scraping.work_off_decisions", "schedule": SECONDS(60)},
    "scraping-due": {"task": "scraping.queue_due", "schedule": crontab(minute="25")},
    "therapists-duplicates": {
        "task": "therapists.find_duplicates",
        "schedule": crontab(hour="2", minute="10"),
    },
    "patients-duplicates": {"task": "patients.find_duplicates", "schedule": crontab(hour="2", minute="20")},
    "core-forget-merges": {"task": "core.forget_merges", "schedule": crontab(hour="2", minute="40")},
    "imports-forget-old": {"task": "imports.forget_old", "schedule": crontab(hour="2", minute="40")},
    "intake-empty-old": {"task": "intake.empty_old", "schedule": crontab(hour="2", minute="45")},
    "gateway-forget-answers": {"task": "gateway.forget_answers", "schedule": crontab(hour="2", minute="55")},
    "gateway-forget-deliveries": {
        "task": "gateway.forget_deliveries",
        "schedule": crontab(hour="2", minute="55"),
    },
    "core-forget-changes": {"task": "core.forget_changes", "schedule": crontab(hour="2", minute="50")},
    "matching-recheck": {"task": "matching.recheck_unsent", "schedule": crontab(hour="5", minute="0")},
}
