from django.urls import include, path

from apps.scraping.views import bulk, changes, origins, records, runs, sources, upkeep

app_name = "scraping"
pages = [
    path("", sources.show, name="sources"),
    path("new/", upkeep.create, name="create_source"),
    path("source/<slug:key>/", sources.source, name="source"),
    path("source/<slug:key>/fetch/", sources.fetch, name="fetch"),
    path("source/<slug:key>/upload/", sources.upload, name="upload"),
    path("source/<slug:key>/settings/", upkeep.settings, name="settings"),
    path("source/<slug:key>/permission/", upkeep.record_permission, name="record_permission"),
    path("source/<slug:key>/permission/withdraw/", upkeep.withdraw_permission, name="withdraw_permission"),
    path("source/<slug:key>/end-rest/", upkeep.end_rest, name="end_rest"),
    path("runs/", runs.show, name="runs"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/progress/", runs.progress, name="run_progress"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="cancel_run"),
    path("runs/<int:pk>/note/", runs.take_note, name="take_note"),
    path("runs/<int:pk>/problems.csv", runs.problems, name="run_problems"),
    path("runs/<int:pk>/take/<slug:what>/", bulk.take_all, name="take_all"),
    path("decisions/<int:pk>/cancel/", runs.cancel_decision, name="cancel_decision"),
    path("review/", records.show, name="review"),
    path("records/<int:pk>/", records.record, name="record"),
    path("records/<int:pk>/take/", records.take, name="take_record"),
    path("records/<int:pk>/link/", records.link, name="link_record"),
    path("records/<int:pk>/decline/", records.decline, name="decline_record"),
    path("records/<int:pk>/reopen/", records.reopen, name="reopen_record"),
    path("vanished/", records.vanished, name="vanished"),
    path("changes/", changes.show, name="changes"),
    path("changes/<int:pk>/accept/", changes.accept, name="accept_change"),
    path("changes/<int:pk>/refuse/", changes.refuse, name="refuse_change"),
    path("changes/<int:pk>/take-back/", changes.take_back, name="take_back_change"),
    path("of/<int:pk>/accept/", changes.accept_all, name="accept_all"),
]
urlpatterns = [
    path("therapists/<int:pk>/origins/", origins.show, name="origins"),
    path("quellen/", include(pages)),
]
