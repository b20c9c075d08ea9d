"""GET changes nothing: people, prefetching browsers and the scanners of mail servers open links."""

from datetime import datetime
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test import Client

from tests.security.pages import every_page
from tests.security.world import World

pytestmark = pytest.mark.django_db

# who looked at what and took it out is written on purpose; sessions are the visitor's own
KEPT_OUT = {"core_accessentry", "imports_exportentry", "django_session"}
# allauth notes the address of an account when its owner first opens the page of addresses
EXPECTED = {"account_email": {"account_emailaddress"}}
ANSWERS = {200, 302, 404, 405, 409}


def fingerprints() -> dict[str, tuple[int, str]]:
    """Table → number of rows and a hash of all of them: a changed value shows as well as a new row."""
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    } - KEPT_OUT
    parts = [
        f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) "
        f'FROM "{table}" t'
        for table in sorted(tables)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def test_fingerprint_sees_new_rows_and_changed_values(world: World) -> None:
    before = fingerprints()
    world.patient.city = "Halle"
    world.patient.save(update_fields=["city"])
    world.call.history.create(old="", new="planned", at=world.call.starts_at, operation=uuid4())
    after = fingerprints()
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {
        "patients_patient",
        "patients_patientevent",
        "communication_callhistory",
        "core_rowchange",
    }


def test_get_changes_nothing_on_any_page(world: World, signed_in: Client, at: datetime) -> None:
    wrong: dict[str, str] = {}
    before, shown = fingerprints(), 0
    with time_machine.travel(at, tick=False):
        for page in every_page():
            path = world.path(page)
            if path is None:
                continue
            response = signed_in.get(path)
            after = fingerprints()
            answers = (
                ANSWERS | {403} if page.name.startswith("admin:") else ANSWERS
            )  # written by services only
            if response.status_code not in answers:
                wrong[page.name] = f"status {response.status_code}"
            changed = {table for table in before if before[table] != after[table]}
            if changed - EXPECTED.get(page.name, set()):
                wrong[page.name] = f"changed {', '.join(sorted(changed))}"
            before = after
            shown += response.status_code == 200
    assert wrong == {}
    assert shown > 150


def test_every_page_to_look_at_opens_in_this_world(world: World, signed_in: Client, at: datetime) -> None:
    """Otherwise the test above would look at refusals."""
    with time_machine.travel(at, tick=False):
        closed = {
            page.name: status
            for page in every_page()
            if page.required_right == "can_view"
            and (status := signed_in.get(world.path(page)).status_code) != 200
        }
    assert closed == {}
