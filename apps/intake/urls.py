from django.urls import path

from apps.intake.views import acts, confirm, lists, review

app_name = "intake"
urlpatterns = [
    path("registrierungen/", lists.show, name="list"),
    path("registrierungen/upload/", lists.upload, name="upload"),
    path("registrierungen/<int:pk>/", review.detail, name="detail"),
    path("registrierungen/<int:pk>/decide/", review.decide, name="decide"),
    path("registrierungen/<int:pk>/into/<int:patient_pk>/", acts.merge, name="merge"),
    path("registrierungen/<int:pk>/reject/", acts.reject, name="reject"),
    path("registrierungen/<int:pk>/undo/", acts.undo, name="undo"),
    path("registrierungen/<int:pk>/resend/", acts.resend, name="resend"),
    path("confirm/<str:token>/", confirm.show, name="confirm"),
]
