from django.urls import path

from apps.patients.views import consents, duplicates, editing, lists, pages, therapy

app_name = "patients"
urlpatterns = [
    path("", lists.show, name="list"),
    path("export.csv", lists.export, {"file_format": "csv"}, name="export"),
    path("export.xlsx", lists.export, {"file_format": "xlsx"}, name="export_xlsx"),
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
    path("duplicates/", duplicates.show, name="duplicates"),
    path("duplicates/<int:duplicate_pk>/dismiss/", duplicates.dismiss, name="dismiss_duplicate"),
    path("duplicates/<int:duplicate_pk>/reopen/", duplicates.reopen, name="reopen_duplicate"),
    path("merges/", duplicates.merges, name="merges"),
    path("merges/<int:merge_pk>/", duplicates.record, name="merge_record"),
    path("<int:pk>/merge/<int:other_pk>/", duplicates.merge, name="merge"),
]
