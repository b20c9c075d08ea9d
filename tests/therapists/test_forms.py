from apps.core.weekly import Interval
from apps.therapists.forms import ApprovalsForm, HoursForm, PracticeForm, TherapistForm
from apps.therapists.models import Practice, Therapist
from apps.therapists.services.changes import editable_fields


def test_therapist_form_shows_every_editable_field() -> None:
    form = TherapistForm()
    assert set(form.fields) == editable_fields(Therapist)
    assert set(_names(form.helper.layout)) == set(form.fields)


def test_practice_form_leaves_the_place_to_the_geocoder() -> None:
    left_out = editable_fields(Practice) - set(PracticeForm().fields)
    assert left_out == {"state", "latitude", "longitude", "precision"}


def test_practice_form_shows_readable_numbers() -> None:
    form = PracticeForm(instance=Practice(phone="+493411234567", fax=""))
    assert (form["phone"].value(), form["fax"].value()) == ("0341 1234567", "")


def test_form_of_something_new_knows_no_staleness() -> None:
    form = PracticeForm({"plz": "04109", "city": "Leipzig"})
    assert "seen_at" not in form.fields
    assert form.is_valid()
    assert form.is_stale is False


def test_approvals_form_has_a_tick_per_combination() -> None:
    form = ApprovalsForm(present=[("VT", "adults", "group")])
    ticks = [field for _label, fields in form.rows for field in fields]
    assert len(ticks) == len(form.fields) == 16
    assert [field.name for field in ticks if field.initial] == ["approval-VT-adults-group"]
    assert len({str(field.label) for field in ticks}) == 16
    assert len(form.headings) == 4


def test_approvals_form_gives_what_was_ticked() -> None:
    form = ApprovalsForm({"approval-ST-minors-individual": "on", "approval-XX-adults-group": "on"})
    assert form.is_valid()
    assert form.approvals == [("ST", "minors", "individual")]


def test_hours_form_reads_every_day() -> None:
    form = HoursForm({f"phone-{day}": f"{day + 8}-{day + 9}" for day in range(7)})
    assert form.is_valid()
    assert form.phone_hours == [Interval(day, (day + 8) * 60, (day + 9) * 60) for day in range(7)]
    assert form.working_hours is None


def test_hours_form_shows_what_is_known() -> None:
    form = HoursForm(present={"phone": [Interval(0, 480, 540)], "working": [Interval(6, 0, 1440)]})
    assert form["phone-0"].value() == "08:00–09:00"
    assert form["working-6"].value() == "00:00–24:00"
    assert len(form.phone_fields) == len(form.working_fields) == 7


def test_hours_form_names_every_wrong_day() -> None:
    form = HoursForm({"phone-0": "x", "phone-1": "8-9", "working-2": "9-8"})
    assert sorted(form.errors) == ["phone-0", "working-2"]


def _names(layout: object) -> list[str]:
    return [pointer.name for pointer in layout.get_field_names()]  # type: ignore[attr-defined]
