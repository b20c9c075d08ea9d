from django.urls import path

from apps.communication.views import call_calendar, calls, emails, inbound, letters, notes

app_name = "communication"
urlpatterns = [
    path("calls/", calls.now, name="calls"),
    path("calls/planned/", calls.planned, name="planned_calls"),
    path("calls/made/", calls.made, name="made_calls"),
    path("calls/export.csv", calls.export, name="calls_export"),
    path("calls/calendar/", call_calendar.show, name="call_calendar"),
    path("calls/calendar/renew/", call_calendar.renew, name="renew_call_calendar"),
    path("calls/calendar/revoke/", call_calendar.revoke, name="revoke_call_calendar"),
    path("calls/feed/<str:token>.ics", call_calendar.feed, name="call_feed"),
    path("emails/", emails.show, name="emails"),
    path("emails/letters/", letters.show, name="letters"),
    path("emails/letters/<str:kind>/", letters.detail, name="letter"),
    path("emails/letters/<str:kind>/html/", letters.html, name="letter_html"),
    path("emails/letters/<str:kind>/edit/", letters.edit, name="edit_letter"),
    path("emails/letters/<str:kind>/test/", letters.test, name="test_letter"),
    path("emails/letters/<str:kind>/own-text/", letters.own_text, name="own_letter_text"),
    path("emails/letters/<str:kind>/versions/<int:number>/", letters.version, name="letter_version"),
    path("emails/addresses/", emails.addresses, name="addresses"),
    path("emails/addresses/<int:pk>/clear/", emails.clear_address, name="clear_address"),
    path("emails/<int:pk>/", emails.detail, name="email"),
    path("emails/<int:pk>/arrived/", emails.settle, name="settle_email"),
    path("emails/<int:pk>/send-again/", emails.requeue, name="requeue_email"),
    path("emails/<int:pk>/send-anyway/", emails.override, name="override_email"),
    path("emails/<int:pk>/cancel/", emails.cancel, name="cancel_email"),
    path("inbox/", inbound.show, name="inbox"),
    path("inbox/<int:pk>/done/", inbound.finish, name="finish_inbound"),
    path("inbox/<int:pk>/dismiss/", inbound.dismiss, name="dismiss_inbound"),
    path("inbox/<int:pk>/park/", inbound.park, name="park_inbound"),
    path("inbox/<int:pk>/take-back/", inbound.take_back, name="take_back_inbound"),
    path("notes/patients/<int:pk>/add/", notes.add_of_patient, name="add_patient_note"),
    path("notes/therapists/<int:pk>/add/", notes.add_of_therapist, name="add_therapist_note"),
    path("notes/<int:pk>/strike/", notes.strike, name="strike_note"),
]
