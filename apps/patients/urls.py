from django.urls import path

from apps.patients.views import consents, editing, lists, pages, therapy

app_name = "patients"
urlpatterns = [
    path("", lists.show, name="list"),
    path("export.csv", lists.export, name="export"),
    path("new/", editing.create, name="create"),
    path("<int:pk>/", pages.overview, name="detail"),
    path("<int:pk>/clinical/", pages.clinical, name="clinical"),
    path("<int:pk>/wishes/", pages.wishes, name="wishes"),
    path("<int:pk>/history/", pages.history, name="history"),
    path("<int:pk>/edit/", editing.edit, name="edit"),
    path("<int:pk>/availability/", editing.availability, name="availability"),
    path("<int:pk>/consents/", consents.show, name="consents"),
    path("<int:pk>/consents/give/", consents.give, name="give_consent"),
    path("<int:pk>/consents/<slug:purpose>/withdraw/", consents.withdraw, name="withdraw_consent"),
    path("<int:pk>/therapy/<slug:name>/", therapy.change, name="therapy"),
]
