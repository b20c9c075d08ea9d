import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from apps.gateway import versions
from apps.gateway.problems import Precondition
from apps.therapists.models import Practice
from tests.factories.therapists import PracticeFactory

pytestmark = pytest.mark.django_db


def asking(tag: str):
    return RequestFactory().patch("/", headers={"If-Match": tag} if tag else {})


def test_etag_that_was_read_is_accepted():
    practice = PracticeFactory()
    response = HttpResponse()
    versions.show(response, practice)
    assert versions.seen_at(asking(response["ETag"]), practice) == practice.updated_at


def test_etag_of_an_older_version_is_412():
    practice = PracticeFactory()
    tag = versions.etag(practice)
    practice.save()
    with pytest.raises(Precondition) as refusal:
        versions.seen_at(asking(tag), Practice.objects.get())
    assert refusal.value.status == 412


def test_change_without_an_etag_is_428():
    with pytest.raises(Precondition) as refusal:
        versions.seen_at(asking(""), PracticeFactory())
    assert refusal.value.status == 428


def test_etags_of_two_rows_differ():
    assert versions.etag(PracticeFactory()) != versions.etag(PracticeFactory())
