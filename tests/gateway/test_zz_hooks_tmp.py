import os, random
from collections import Counter
from datetime import timedelta
import pytest, schemathesis
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from apps.events import services as events
from apps.gateway.document import document
from apps.gateway.enums import Scope
from apps.gateway.models import *
from apps.gateway.services import clients, webhooks
from tests.gateway.test_fuzz import CHECKS, schema, connection_stays
seen=Counter()
CASES=int(os.environ.get("CASES","60"))
@pytest.fixture
def world(db, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS=["127.0.0.0/8"]
    at=timezone.now()
    client = clients.create(name="Fuzz", scopes=Scope.values, requests_per_minute=1_000_000)
    _t, secret = clients.issue_token(client=client, actor=None, at=at, expires_at=at + timedelta(days=1))
    row=webhooks.create(client=client,url="http://127.0.0.1:61999/",event_types=["*"])
    with transaction.atomic():
        events.publish_many(type="therapist.paused",subjects=[(n,{}) for n in range(3)],at=at)
    return row, {"Authorization": f"Bearer {secret}"}
mine = schema.include(path_regex="webhooks|events")
@mine.parametrize()
@settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_it(case, world):
    row, headers = world
    pk = row.pk if WebhookSubscription.objects.filter(pk=row.pk).exists() else None
    if pk and random.random()<.8:
        if "webhook_id" in (case.path_parameters or {}): case.path_parameters["webhook_id"]=pk
        if "delivery_id" in (case.path_parameters or {}): case.path_parameters["delivery_id"]=WebhookDelivery.objects.first().pk
    if case.method=="PATCH" and pk:
        from apps.gateway.versions import etag
        headers = headers | {"If-Match": etag(WebhookSubscription.objects.get(pk=pk))}
    r = case.call_and_validate(headers=headers, checks=CHECKS)
    seen[(case.operation.label,r.status_code)]+=1
def test_zz():
    for k,v in sorted(seen.items()): print(k,v)
