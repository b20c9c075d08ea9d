"""What of the registrations waits for a person: one line per website or file."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.intake.selectors import waiting_by_source
from apps.workspace.worklist import Kind, Moment, Section, Task, section


def registrations(moment: Moment) -> Section:
    url = reverse("intake:list")
    kind = Kind("registrations", _("Registrations to review"), _("Look at them"), "person", "primary", url)
    tasks = []
    for name, number, oldest in waiting_by_source():
        text = ngettext("%(source)s: %(number)s registration", "%(source)s: %(number)s registrations", number)
        words = {"source": name or _("from a file"), "number": number}
        tasks.append(Task(text % words, url, moment.days_since(oldest)))
    return section(kind, tasks)
