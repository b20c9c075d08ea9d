from django.urls import path

from apps.workspace.views import imports

app_name = "imports"
urlpatterns = [
    path("", imports.overview, name="overview"),
    path("export.csv", imports.export, {"file_format": "csv"}, name="export"),
    path("export.xlsx", imports.export, {"file_format": "xlsx"}, name="export_xlsx"),
    path("new/", imports.create, name="create"),
    path("<int:pk>/", imports.detail, name="detail"),
    path("<int:pk>/progress/", imports.progress, name="progress"),
    path("<int:pk>/columns/", imports.columns, name="columns"),
    path("<int:pk>/start/", imports.start, name="start"),
    path("<int:pk>/cancel/", imports.cancel, name="cancel"),
    path("<int:pk>/rejected.csv", imports.rejected, {"file_format": "csv"}, name="rejected"),
    path("<int:pk>/rejected.xlsx", imports.rejected, {"file_format": "xlsx"}, name="rejected_xlsx"),
]
