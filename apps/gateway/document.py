"""The OpenAPI document: problems under their own media type; kept in docs/openapi.json."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from ninja import NinjaAPI

from apps.gateway.problems import CONTENT_TYPE

PROBLEM = "#/components/schemas/Problem"
PREFIX = "/api/v1/"


class DocumentedAPI(NinjaAPI):
    def get_openapi_schema(self, **kwargs: Any) -> Any:
        document = super().get_openapi_schema(**kwargs)
        for methods in document["paths"].values():
            for operation in methods.values():
                _tell_problems(operation["responses"])
        return document


def _tell_problems(responses: dict[Any, Any]) -> None:
    """Every answer renders as JSON; a problem says so by its own type (RFC 9457)."""
    for answer in responses.values():
        content = answer.get("content", {})
        shown = content.get("application/json", {})
        if shown.get("schema", {}).get("$ref") == PROBLEM:
            answer["content"] = {CONTENT_TYPE: shown}


def kept_at() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """As it goes out: plain JSON values, the same on every machine."""
    api: NinjaAPI = import_string(settings.API)
    found: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX), default=str))
    return found


def as_text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept_at().read_text(encoding="utf-8"))
    return found
