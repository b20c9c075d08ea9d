from django.urls import path

from apps.communication.views import calls, emails

app_name = "communication"
urlpatterns = [
    path("calls/", calls.planned, name="calls"),
    path("calls/made/", calls.made, name="made_calls"),
    path("emails/", emails.show, name="emails"),
    path("emails/<int:pk>/", emails.detail, name="email"),
    path("emails/<int:pk>/arrived/", emails.settle, name="settle_email"),
    path("emails/<int:pk>/send-again/", emails.requeue, name="requeue_email"),
    path("emails/<int:pk>/cancel/", emails.cancel, name="cancel_email"),
]
