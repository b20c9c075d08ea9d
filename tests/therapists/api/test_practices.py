import pytest

from apps.therapists.models import Practice
from tests.factories.therapists import PracticeFactory, TherapistFactory
from tests.therapists.api.conftest import PRACTICES

pytestmark = pytest.mark.django_db

BODY = {"name": "Am Park", "street": "Parkstr. 1", "plz": "D-04103", "city": "Leipzig"}


def test_practice_is_recorded_and_placed(ask, places):
    answer = ask("post", PRACTICES, BODY)
    told = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"{PRACTICES}/{told['id']}")
    assert (told["plz"], told["state"], told["precision"]) == ("04103", "SN", "plz")
    assert told["therapists_count"] == 0
    assert ask("get", answer["Location"]).json() == told


def test_known_practice_is_found_again_and_filled_in(ask):
    first = ask("post", PRACTICES, BODY)
    again = ask("post", PRACTICES, BODY | {"street": "Parkstraße 1", "phone": "0341 1234567"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert again.json()["phone"] == "+493411234567"
    assert Practice.objects.count() == 1


def test_practice_tells_how_many_work_there(ask):
    practice = PracticeFactory()
    TherapistFactory.create_batch(2, practice=practice)
    assert ask("get", f"{PRACTICES}/{practice.pk}").json()["therapists_count"] == 2


def test_put_empties_what_is_not_sent(ask):
    practice = PracticeFactory()
    told = ask("put", f"{PRACTICES}/{practice.pk}", {"plz": "04109", "city": "Leipzig"}).json()
    assert (told["name"], told["phone"], told["email"]) == ("", "", "")


def test_patch_of_the_address_moves_the_practice(ask, places):
    practice = PracticeFactory()
    told = ask("patch", f"{PRACTICES}/{practice.pk}", {"plz": "80331", "city": "München"}).json()
    assert (told["state"], told["latitude"], told["email"]) == ("BY", 48.14, practice.email)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"plz": "123"}, "plz"),
        ({"city": " "}, "city"),
        ({"phone": "never"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"website": "nowhere"}, "website"),
        ({"name": "\x00"}, "name"),
        ({"latitude": 3}, "latitude"),
    ],
)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_wrong_field_is_named(ask, method, change, path):
    where = PRACTICES if method == "post" else f"{PRACTICES}/{PracticeFactory().pk}"
    answer = ask(method, where, BODY | change if method == "post" else change)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_change_of_an_older_version_is_412(ask):
    path = f"{PRACTICES}/{PracticeFactory().pk}"
    old = ask("get", path)["ETag"]
    ask("patch", path, {"name": "Neu"})
    assert ask("patch", path, {"name": "Alt"}, **{"If-Match": old}).status_code == 412


def test_change_without_if_match_is_428(partner):
    path = f"{PRACTICES}/{PracticeFactory().pk}"
    assert partner.put(path, BODY, content_type="application/json").status_code == 428


def test_change_names_the_client_in_the_audit_trail(ask):
    practice = PracticeFactory()
    ask("patch", f"{PRACTICES}/{practice.pk}", {"name": "Neu"})
    assert practice.events.latest("pgh_id").pgh_context.metadata["user"]
