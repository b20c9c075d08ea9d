"""Adapters: from a page or payload of a source to entries. Pure: no database, no network; they never raise.

`ADAPTERS` holds them by key; docs/adapters.md tells their forms.
"""

from apps.scraping.adapters.arztsuche import Arztsuche
from apps.scraping.adapters.base import Adapter, UnknownShape
from apps.scraping.adapters.chamber_csv import ChamberCsv, headings_of
from apps.scraping.adapters.fields import FIELDS, suggest_mapping
from apps.scraping.adapters.kv_nordrhein import KvNordrhein
from apps.scraping.adapters.own_json import OwnJson
from apps.scraping.adapters.rows import register_shape
from apps.scraping.adapters.saved_page import SavedPage

ADAPTERS: dict[str, Adapter] = {
    adapter.key: adapter for adapter in (Arztsuche(), SavedPage(), KvNordrhein(), ChamberCsv(), OwnJson())
}

__all__ = [
    "ADAPTERS",
    "FIELDS",
    "Adapter",
    "UnknownShape",
    "headings_of",
    "register_shape",
    "suggest_mapping",
]
