from django.urls import path

from apps.therapists.views import actions, detail, duplicates, edit, lists, practices

app_name = "therapists"
urlpatterns = [
    path("", lists.show, name="list"),
    path("export.csv", lists.export, {"file_format": "csv"}, name="export"),
    path("export.xlsx", lists.export, {"file_format": "xlsx"}, name="export_xlsx"),
    path("new/", edit.create, name="create"),
    path("<int:pk>/", detail.overview, name="detail"),
    path("<int:pk>/offer/", detail.offer, name="offer"),
    path("<int:pk>/hours/", detail.hours, name="hours"),
    path("<int:pk>/contact/", detail.contact, name="contact"),
    path("<int:pk>/history/", detail.history, name="history"),
    path("<int:pk>/edit/", edit.edit, name="edit"),
    path("<int:pk>/approvals/edit/", edit.approvals, name="edit_approvals"),
    path("<int:pk>/hours/edit/", edit.hours, name="edit_hours"),
    path("<int:pk>/practices/", practices.show, name="practices"),
    path("<int:pk>/practices/<int:practice_pk>/edit/", practices.edit, name="edit_practice"),
    path("<int:pk>/practices/<int:practice_pk>/main/", practices.make_main, name="make_main_practice"),
    path("<int:pk>/practices/<int:practice_pk>/remove/", practices.remove, name="remove_practice"),
    path("<int:pk>/verify/", actions.verify, name="verify"),
    path("<int:pk>/unverify/", actions.unverify, name="unverify"),
    path("<int:pk>/block/", actions.block, name="block"),
    path("<int:pk>/unblock/", actions.unblock, name="unblock"),
    path("<int:pk>/deactivate/", actions.deactivate, name="deactivate"),
    path("<int:pk>/reactivate/", actions.reactivate, name="reactivate"),
    path("<int:pk>/pause/", actions.pause, name="pause"),
    path("<int:pk>/pauses/<int:pause_pk>/lift/", actions.lift_pause, name="lift_pause"),
    path("<int:pk>/objection/", actions.object_to_contact, name="objection"),
    path("duplicates/", duplicates.show, name="duplicates"),
    path("duplicates/<int:duplicate_pk>/dismiss/", duplicates.dismiss, name="dismiss_duplicate"),
    path("duplicates/<int:duplicate_pk>/reopen/", duplicates.reopen, name="reopen_duplicate"),
    path("merges/", duplicates.merges, name="merges"),
    path("merges/<int:merge_pk>/", duplicates.record, name="merge_record"),
    path("<int:pk>/merge/<int:other_pk>/", duplicates.merge, name="merge"),
    path(
        "practices/<int:practice_pk>/merge/<int:other_pk>/",
        duplicates.merge_practices,
        name="merge_practices",
    ),
]
