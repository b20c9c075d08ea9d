"""Operating parameters that contradict each other or stand at the end of their range."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import parameters
from apps.core.doctor import Finding, good, looks_at, warning

WEIGHTS = ("weight_acceptance", "weight_distance", "weight_hours", "weight_email")


@looks_at("parameters", gettext_lazy("Operating parameters"))
def look(at: datetime) -> Iterable[Finding]:
    current = parameters.current(at=at)
    remedy = _("Check the value in the administration (operating parameters) and change it with a reason.")
    texts = [*_at_the_end(current), *_contradictions(current)]
    return [warning(text, remedy) for text in texts] or [good(_("None is unusual."))]


def _at_the_end(current: parameters.Parameters) -> Iterator[str]:
    """Changed to the smallest or largest value there is, or one that is not allowed any more."""
    for name, definition in parameters.DEFINITIONS.items():
        value = current.values[name]
        values = {"parameter": definition.label, "value": value}
        if not _is_allowed(name, value):
            yield _("%(parameter)s: %(value)s is not allowed.") % values
        elif value != definition.default and value in (definition.smallest, definition.largest):
            yield _("%(parameter)s: %(value)s is the utmost that is allowed.") % values


def _is_allowed(name: str, value: object) -> bool:
    try:
        parameters.check(name, value)
    except ValidationError:
        return False
    return True


def _contradictions(current: parameters.Parameters) -> Iterator[str]:
    if current.min_requests_per_inquiry > current.max_requests_per_inquiry:
        yield _("An inquiry needs more requests than it may have: no inquiry is planned.")
    if current.follow_up_days >= current.expire_days:
        yield _("Inquiries expire before anybody follows them up by phone.")
    if not any(current.values[name] for name in WEIGHTS):
        yield _("All weights of the ranking are zero: the order of candidates means nothing.")
