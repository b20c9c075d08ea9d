from django.urls import path

from apps.communication.views.pending import pending

app_name = "communication"
urlpatterns = [
    path("calls/", pending, name="calls"),
    path("emails/", pending, name="emails"),
    path("emails/<int:pk>/", pending, name="email"),
    path("emails/<int:pk>/arrived/", pending, name="settle_email"),
    path("emails/<int:pk>/send-again/", pending, name="requeue_email"),
    path("emails/<int:pk>/cancel/", pending, name="cancel_email"),
]
