"""The OpenAPI document: problems under their own media type, the headers that matter, security told once."""

from typing import Any

from ninja import NinjaAPI

from apps.gateway.problems import CONTENT_TYPE

PROBLEM = "#/components/schemas/Problem"


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
