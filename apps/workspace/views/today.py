from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.permissions import viewing
from apps.workspace import gateway_sections, selectors
from apps.workspace.worklist import Look


def _also(request: HttpRequest) -> tuple[Look, ...]:
    """What only the management can do something about."""
    return gateway_sections.SECTIONS if getattr(request.user, "can_manage", False) else ()


@viewing
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    day = timezone.localdate(at)
    context = {
        "sections": selectors.work_list(at=at, today=day, also=_also(request)),
        "figures": selectors.figures(today=day),
        "today": day,
    }
    return render(request, "workspace/today.html", context)
