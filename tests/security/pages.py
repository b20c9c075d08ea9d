"""Every URL of the project, read from the resolver: what a test does not know, it cannot forget."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

# no row has this number, no therapist this token
DUMMIES = {"IntConverter": "987654", "StringConverter": "x", "SlugConverter": "x", "PathConverter": "x"}


@dataclass(frozen=True)
class Page:
    """One URL pattern. `path` has dummies for arguments, `name` is the pattern's own where it has none."""

    name: str
    path: str
    view: Any

    @property
    def namespace(self) -> str:
        return self.name.partition(":")[0] if ":" in self.name else ""

    @property
    def required_right(self) -> str | None:
        return getattr(self.view, "required_right", None)

    @property
    def is_ours(self) -> bool:
        """A page of the back office or the portal; the admin has permissions of its own."""
        return self.view.__module__.startswith("apps.") and not self.name.startswith("admin:")


def every_page() -> list[Page]:
    """Without the interface for programs: its operations are known from its document (tests/gateway)."""
    return [page for page in _walk(get_resolver(), "", "/") if page.namespace != "api"]


def _walk(resolver: URLResolver, namespace: str, prefix: str) -> Iterator[Page]:
    for pattern in resolver.url_patterns:
        path = prefix + _filled(pattern)
        if isinstance(pattern, URLPattern):
            yield Page(name=f"{namespace}{pattern.name or path}", path=path, view=pattern.callback)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, inner, path)


def _filled(pattern: URLPattern | URLResolver) -> str:
    """The path of one pattern with a dummy for every argument."""
    template, names = normalize(pattern.pattern.regex.pattern)[0]
    converters = pattern.pattern.converters
    values = {name: DUMMIES[type(converters[name]).__name__] if name in converters else "x" for name in names}
    return (template % values).removeprefix("/")
