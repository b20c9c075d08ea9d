"""Endpoints of an app: each names the scope it needs, and the errors it may answer with are documented."""

from collections.abc import Callable
from typing import Any

from ninja import Router
from ninja.decorators import decorate_view

from apps.gateway.atomic import HEADER, LONGEST_KEY, all_or_nothing
from apps.gateway.enums import Scope
from apps.gateway.problems import Problem
from apps.gateway.security import needs

ALWAYS = (400, 401, 403, 422, 429)
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
Endpoint = Callable[..., Any]

KEY = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "The same key with the same request gets the same answer; the effect happens once.",
}
VERSION = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string"},
    "description": "The ETag of the version that was read. Without it 428, with an old one 412.",
}


class Endpoints(Router):
    """`@endpoints.get("/{int:pk}", scope=Scope.PATIENTS_READ, answer=PatientOut)`.

    `status` is that of success; `also` are further errors. A path with a parameter may always answer 404, one
    that writes 409, one with `versioned=True` 412 and 428. With `is_question` a POST only asks: it has no
    effect, may talk to the network, and takes no idempotency key.
    """

    def _endpoint(
        self,
        methods: list[str],
        path: str,
        *,
        scope: Scope,
        answer: Any,
        status: int = 200,
        also: tuple[int, ...] = (),
        versioned: bool = False,
        is_question: bool = False,
        **kwargs: Any,
    ) -> Callable[[Endpoint], Endpoint]:
        codes = {*ALWAYS, *also}
        codes |= {404} if "{" in path else set()
        codes |= {409} if WRITING & set(methods) and not is_question else set()
        codes |= {412, 428} if versioned else set()
        responses = {status: answer, frozenset(codes): Problem}
        is_writing = bool(WRITING & set(methods)) and not is_question
        operation = self.api_operation(
            methods,
            path,
            auth=needs(scope),
            response=responses,
            openapi_extra=_extra(scope, is_keyed=is_writing and "POST" in methods, is_versioned=versioned),
            **kwargs,
        )
        return (lambda view: operation(decorate_view(all_or_nothing)(view))) if is_writing else operation

    def get(self, path: str, **kwargs: Any) -> Any:
        return self._endpoint(["GET"], path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Any:
        return self._endpoint(["POST"], path, **kwargs)

    def put(self, path: str, **kwargs: Any) -> Any:
        return self._endpoint(["PUT"], path, **{"versioned": True, **kwargs})

    def patch(self, path: str, **kwargs: Any) -> Any:
        return self._endpoint(["PATCH"], path, **{"versioned": True, **kwargs})

    def delete(self, path: str, **kwargs: Any) -> Any:
        return self._endpoint(["DELETE"], path, **kwargs)


def _extra(scope: Scope, *, is_keyed: bool, is_versioned: bool) -> dict[str, Any]:
    headers = [*([KEY] if is_keyed else []), *([VERSION] if is_versioned else [])]
    return {"x-scope": scope.value} | ({"parameters": headers} if headers else {})
