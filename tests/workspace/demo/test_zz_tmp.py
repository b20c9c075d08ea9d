import time
import pytest
from django.utils import timezone
from apps.workspace.demo import story
pytestmark = pytest.mark.django_db(transaction=True)
def test_story(mailbox, settings):
    settings.CELERY_BROKER_URL = None
    lines=[]
    t=time.monotonic()
    f = story.tell(say=lines.append, now=timezone.localtime(), mailbox=mailbox)
    print("\n".join(lines)); print(f, time.monotonic()-t)
    from apps.communication.models import EmailMessage, InboundMessage
    from collections import Counter
    print(Counter(EmailMessage.objects.values_list("kind","status")))
    print(Counter(InboundMessage.objects.values_list("kind","status","matched_by")))
    print([m.suggestion for m in InboundMessage.objects.all()])
    print([ (e.kind,e.refusal) for e in EmailMessage.objects.filter(status="refused")])
    assert 0
