"""What pages of others show of sources: a tab of a therapist, a section of the page of imports."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.imports.sections import ImportSection, shown_with_imports
from apps.scraping.selectors import sources
from apps.therapists import tabs

tabs.add("scraping:origins", _("Origin of values"))


@shown_with_imports
def directory_sources(_user: Any, at: datetime) -> ImportSection:
    return ImportSection("scraping/sources_section.html", {"rows": sources.health(at=at), "now": at})
