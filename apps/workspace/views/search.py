from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.permissions import viewing
from apps.workspace import selectors


@viewing
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The search box: a short list while typing (htmx), the whole page on Enter."""
    query = request.GET.get("q", "").strip()
    is_live = bool(request.htmx)  # type: ignore[attr-defined]  # set by django_htmx
    groups = selectors.find_anybody(query=query, most=selectors.FEW if is_live else selectors.MANY)
    template = "workspace/search_hits.html" if is_live else "workspace/search.html"
    return render(request, template, {"groups": groups, "query": query, "is_live": is_live})
