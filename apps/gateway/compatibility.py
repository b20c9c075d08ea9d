"""What a new version of the OpenAPI document takes away from those who rely on the old one.

What clients send must still be accepted, what they read must still be there: a request's old schema has to
fit into the new one, an answer's new schema into the old one. Words and fields may be added to answers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
SAME = ("pattern", "format")
DEEPEST = 12  # schemas that hold themselves are followed so far


def breaks(old: Document, new: Document) -> list[str]:
    """One sentence per promise that is not kept; empty if the interface only grew."""
    return sorted(set(_breaks(old, new)))


def _breaks(old: Document, new: Document) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{name} has vanished"
            else:
                yield from (f"{name}: {problem}" for problem in _of_operation(operation, now, old, new))


def _of_operation(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    for key in ("operationId", "x-scope"):
        if old.get(key) != new.get(key):
            yield f"{key} is no longer {old.get(key)}"
    yield from _of_parameters(old, new, _Fit(before, after, is_sent=True))
    yield from _of_body(old, new, _Fit(before, after, is_sent=True))
    yield from _of_answers(old, new, _Fit(after, before, is_sent=False))


def _of_parameters(old: Document, new: Document, fit: "_Fit") -> Iterator[str]:
    known, now = _parameters(old), _parameters(new)
    for place, one in known.items():
        if place not in now:
            yield f"parameter {place[1]} has vanished"
        else:
            yield from fit.problems(one["schema"], now[place]["schema"], place[1])
    for place, one in now.items():
        if one.get("required") and not known.get(place, {}).get("required"):
            yield f"parameter {place[1]} became required"


def _parameters(operation: Document) -> dict[tuple[str, str], Any]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", [])}


def _of_body(old: Document, new: Document, fit: "_Fit") -> Iterator[str]:
    known, now = old.get("requestBody", {}), new.get("requestBody", {})
    if now.get("required") and not known.get("required"):
        yield "a body became required"
    yield from _of_content(known, now, fit, "body")


def _of_answers(old: Document, new: Document, fit: "_Fit") -> Iterator[str]:
    for status, answer in old["responses"].items():
        is_success = str(status).startswith("2")
        if status not in new["responses"]:
            if is_success:
                yield f"answer {status} has vanished"
        else:
            yield from _of_content(answer, new["responses"][status], fit, f"answer {status}")


def _of_content(old: Document, new: Document, fit: "_Fit", name: str) -> Iterator[str]:
    for media, shown in old.get("content", {}).items():
        now = new.get("content", {}).get(media)
        if now is None:
            yield f"{name} is no longer {media}"
        elif fit.is_sent:
            yield from fit.problems(shown["schema"], now["schema"], name)
        else:
            yield from fit.problems(now["schema"], shown["schema"], name)


@dataclass(frozen=True)
class _Fit:
    """Does everything that one schema allows fit another? Each with the document its references lie in."""

    narrow_in: Document
    wide_in: Document
    is_sent: bool

    def problems(self, narrow: Document, wide: Document, at: str, depth: int = 0) -> list[str]:
        """Every alternative of the narrow one must find a place among those of the wide one."""
        if depth > DEEPEST:
            return []
        found: list[str] = []
        for one in _alternatives(narrow, self.narrow_in):
            tries: list[list[str]] = [
                list(self._one(one, other, at, depth)) for other in _alternatives(wide, self.wide_in)
            ]
            best: list[str] = min(tries, key=len)
            found += best
        return found

    def _one(self, narrow: Document, wide: Document, at: str, depth: int) -> Iterator[str]:
        if "type" in wide and not _is_kind(narrow.get("type"), wide["type"]):
            yield f"{at} is no longer {(narrow if self.is_sent else wide).get('type')}"
            return
        if self.is_sent:
            yield from _of_rules(narrow, wide, at)
        if "items" in narrow and "items" in wide:
            yield from self.problems(narrow["items"], wide["items"], f"{at}[]", depth + 1)
        if "properties" in narrow or "properties" in wide:
            yield from self._of_fields(narrow, wide, at, depth)

    def _of_fields(self, narrow: Document, wide: Document, at: str, depth: int) -> Iterator[str]:
        small, large = narrow.get("properties", {}), wide.get("properties", {})
        gone = small.keys() - large.keys() if self.is_sent else large.keys() - small.keys()
        yield from (f"{at}.{name} has vanished" for name in gone)
        for name in set(wide.get("required", [])) - set(narrow.get("required", [])) - gone:
            yield f"{at}.{name} " + ("became required" if self.is_sent else "is no longer always there")
        for name in small.keys() & large.keys():
            yield from self.problems(small[name], large[name], f"{at}.{name}", depth + 1)


def _alternatives(schema: Document, document: Document) -> list[Document]:
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _alternatives(found, document)
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return [one for each in several for one in _alternatives(each, document)]
    return [schema]


def _is_kind(narrow: Any, wide: Any) -> bool:
    return narrow == wide or (narrow, wide) == ("integer", "number")


def _of_rules(narrow: Document, wide: Document, at: str) -> Iterator[str]:
    """Of a value that is sent: what was allowed must stay allowed."""
    allowed, given = _words(wide), _words(narrow)
    if allowed is not None and (given is None or not given <= allowed):
        gone = sorted(map(str, (given or set()) - allowed))
        yield f"{at} no longer takes {', '.join(gone) or 'every value'}"
    for key in SAME:
        if key in wide and narrow.get(key) != wide[key]:
            yield f"{at} has another {key}"
    for keys, is_tighter in ((LOWER, float.__gt__), (UPPER, float.__lt__)):
        for key in keys:
            if key in wide and (key not in narrow or is_tighter(float(wide[key]), float(narrow[key]))):
                yield f"{at} has a tighter {key}"


def _words(schema: Document) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None
