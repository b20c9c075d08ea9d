from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport
from apps.core.imports.services import queue, working
from apps.therapists.models import Therapist
from tests.gateway.asking import get, ids, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "imports:read", "imports:write"
HEADER = ["first_name", "last_name", "street", "plz", "city"]
LIST = (
    "Vorname;Nachname;Straße;PLZ;Ort\nMira;Beispielhuber;Musterweg 4a;04103;Leipzig\nAda;Anders;;X;Leipzig\n"
)


def upload(client: Client, text: str = LIST, name: str = "liste.csv", **data: Any) -> HttpResponse:
    file = SimpleUploadedFile(name, text.encode())
    return client.post("/api/v1/therapist-imports", {**data, "file": file})


def of_patients(actor: Any, at: datetime) -> FileImport:
    content = b"Nachname;KVNR\nBeispiel;A123456780\n"
    return queue.upload(
        kind=kind_of("patients"), name="p.csv", content=content, as_of=None, actor=actor, at=at
    )


def counts(told: dict[str, Any]) -> list[int]:
    return [told[name] for name in ("total", "done", "new", "changed", "unchanged", "rejected")]


def test_file_is_uploaded_tried_and_imported(calling, at):
    client = calling(READ, WRITE, name="Website")
    uploaded = upload(client)
    told = uploaded.json()
    path = f"/therapist-imports/{told['id']}"
    assert (uploaded.status_code, uploaded["Location"]) == (201, f"/api/v1{path}")
    assert (told["status"], told["file_name"], told["chosen"]) == ("uploaded", "liste.csv", HEADER)
    assert [column["key"] for column in told["columns"] if column["is_required"]] == [
        "last_name",
        "plz",
        "city",
    ]
    assert post(client, f"{path}/try", {"columns": HEADER}).json()["status"] == "trial_queued"
    working.work(clock=lambda: at)
    tried = get(client, path).json()
    assert (tried["status"], tried["is_trial"], counts(tried)) == ("tried", True, [2, 2, 1, 0, 0, 1])
    assert Therapist.objects.count() == 0
    (row,) = get(client, f"{path}/rows", result="rejected").json()["items"]
    assert (row["line"], row["cells"]) == (3, ["Ada", "Anders", "", "X", "Leipzig"])
    assert [heading for heading, _sentence in row["texts"]] == ["PLZ"]
    assert post(client, f"{path}/start").json()["status"] == "queued"
    working.work(clock=lambda: at)
    done = get(client, path).json()
    assert (done["status"], done["is_trial"], counts(done)) == ("done", False, [2, 2, 1, 0, 0, 1])
    assert Therapist.objects.get().last_name == "Beispielhuber"


def test_same_file_still_open_is_the_same_import(calling):
    client = calling(WRITE)
    assert upload(client).json()["id"] == upload(client).json()["id"]


def test_file_that_is_none_is_refused(calling):
    response = upload(calling(WRITE), "")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert FileImport.objects.count() == 0


@pytest.mark.parametrize("columns", [[], HEADER[:4], [*HEADER, ""], ["kvnr", *HEADER[1:]]])
def test_every_heading_needs_a_column_of_ours_or_none(calling, columns):
    client = calling(WRITE)
    path = f"/therapist-imports/{upload(client).json()['id']}"
    assert paths(post(client, f"{path}/try", {"columns": columns})) == ["columns"]


def test_required_column_must_be_chosen(calling):
    client = calling(WRITE)
    path = f"/therapist-imports/{upload(client).json()['id']}"
    assert post(client, f"{path}/try", {"columns": ["", *HEADER[:1], "", "", ""]}).status_code == 400


def test_file_that_was_not_tried_is_not_imported(calling):
    client = calling(WRITE)
    path = f"/therapist-imports/{upload(client).json()['id']}"
    assert post(client, f"{path}/start").status_code == 409
    assert post(client, f"{path}/cancel").json()["status"] == "cancelled"
    assert post(client, f"{path}/cancel").status_code == 409


def test_files_of_patients_are_out_of_reach(calling, coordinator, at):
    theirs = of_patients(coordinator, at)
    client = calling(READ, WRITE)
    ours = upload(client).json()["id"]
    path = f"/therapist-imports/{theirs.pk}"
    assert ids(get(client, "/therapist-imports")) == [ours]
    assert {get(client, path).status_code, get(client, f"{path}/rows").status_code} == {404}
    acts = {"try": {"columns": []}, "start": {}, "cancel": {}}
    assert {post(client, f"{path}/{act}", data).status_code for act, data in acts.items()} == {404}


def test_list_is_narrowed_down_by_status(calling):
    client = calling(READ, WRITE)
    first = upload(client).json()["id"]
    post(client, f"/therapist-imports/{first}/cancel")
    second = upload(client).json()["id"]
    assert ids(get(client, "/therapist-imports", status="cancelled")) == [first]
    assert ids(get(client, "/therapist-imports", sort="-id")) == [second, first]


def test_file_of_patients_needs_the_right_to_health_data(calling, at):
    client = calling("health:read", "health:write", name="Registry")
    text = "Vorname;Nachname;Geburtsdatum;KVNR\nMira;Muster;12.04.1991;A123456780\nAda;Anders;1.1.91;A1\n"
    file = SimpleUploadedFile("liste.csv", text.encode())
    uploaded = client.post("/api/v1/patient-imports", {"file": file}).json()
    path = f"/patient-imports/{uploaded['id']}"
    assert post(client, f"{path}/try", {"columns": uploaded["chosen"]}).json()["status"] == "trial_queued"
    working.work(clock=lambda: at)
    assert counts(get(client, path).json()) == [2, 2, 1, 0, 0, 1]
    assert get(client, f"/therapist-imports/{uploaded['id']}").status_code == 403
    others = calling(READ, WRITE, "patients:read", "patients:write", name="Website")
    assert get(others, path).status_code == 403
    assert get(others, f"/therapist-imports/{uploaded['id']}").status_code == 404


def test_upload_with_a_key_happens_once_however_large(calling):
    client = calling(READ, WRITE)
    large = LIST + "".join(f"Vorname{number};Name;;04103;Leipzig\n" for number in range(100_000))

    def send(text: str) -> HttpResponse:
        file = SimpleUploadedFile("liste.csv", text.encode())
        return client.post(
            "/api/v1/therapist-imports", {"file": file}, headers={"Idempotency-Key": "list of November"}
        )

    first, second, other = send(large), send(large), send(LIST)
    assert len(large) > 3_000_000
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert second.json() == first.json()
    assert second["Idempotent-Replay"] == "true"
    assert FileImport.objects.count() == 1
