"""Rules no reviewer should have to remember, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path
    for root in ("apps", "config")
    for path in (PROJECT / root).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted((PROJECT / "templates").rglob("*.*"))
STATIC = sorted(path for path in (PROJECT / "static").rglob("*") if path.suffix in {".css", ".js", ".svg"})
SECRETS = re.compile(r"token|secret|signature|password|digest|hmac", re.IGNORECASE)
FORBIDDEN_CALLS = {"mark_safe", "SafeString", "SafeText", "raw", "RawSQL", "extra", "eval", "exec"}
FORBIDDEN_NAMES = {"csrf_exempt", "xframe_options_exempt", "pickle", "verify=False"}
# The portal: the signed link is the right to answer (docstring of the module).
ALLOWED = {
    ("apps/matching/views/reply.py", "csrf_exempt"),
    ("apps/matching/views/identity.py", "csrf_exempt"),
    ("apps/intake/views/confirm.py", "csrf_exempt"),
    # Says "no such thing" to anybody; the operations themselves ask sessions for the token.
    ("apps/gateway/problems.py", "csrf_exempt"),
}
FOREIGN = re.compile(
    r"""(?:src|href|action|url\(|@import|from|fetch\()\s*=?\s*["'(]*\s*(?:https?:)?//(?!www\.w3\.org)"""
)


def violations(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(rule, line) of everything in a module that the rules forbid."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _called(node)) in FORBIDDEN_CALLS:
            yield name, node.lineno
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in FORBIDDEN_NAMES)
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.id, node.lineno
        if isinstance(node, ast.keyword) and node.arg == "verify" and _is_constant(node.value, False):
            yield "verify=False", node.value.lineno
        if isinstance(node, ast.Compare) and _compares_secret(node):
            yield "== on a secret: use constant_time_compare", node.lineno


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_constant(node: ast.AST, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _compares_secret(node: ast.Compare) -> bool:
    """Equality with a name that sounds secret; comparing with "" or None asks only whether there is one."""
    sides = [node.left, *node.comparators]
    if not any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops):
        return False
    if any(isinstance(side, ast.Constant) and side.value in ("", None) for side in sides):
        return False
    return any(SECRETS.search(name) for side in sides for name in _names(side))


def _names(side: ast.AST) -> list[str]:
    if isinstance(side, ast.Name):
        return [side.id]
    if isinstance(side, ast.Attribute):
        return [side.attr]
    if isinstance(side, ast.Call):
        return [_called(side)]
    return []


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("mark_safe(x)", "mark_safe"),
        ("html.mark_safe(x)", "mark_safe"),
        ("Patient.objects.raw('SELECT')", "raw"),
        ("rows.extra(where=[x])", "extra"),
        ("from django.views.decorators.csrf import csrf_exempt", "csrf_exempt"),
        ("import pickle", "pickle"),
        ("get(url, verify=False)", "verify=False"),
        ("token == other", "== on a secret: use constant_time_compare"),
        ("row.signature != given", "== on a secret: use constant_time_compare"),
        ("given == row.reply_token", "== on a secret: use constant_time_compare"),
    ],
)
def test_rule_is_found_where_it_is_broken(code: str, rule: str) -> None:
    assert [found for found, _line in violations(ast.parse(code))] == [rule]


@pytest.mark.parametrize("code", ['token == ""', "name == other", "list(extra)", "get(url, verify=True)"])
def test_harmless_code_is_left_alone(code: str) -> None:
    assert list(violations(ast.parse(code))) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_module_keeps_the_rules(path: Path) -> None:
    name = path.relative_to(PROJECT).as_posix()
    found = violations(ast.parse(path.read_text()))
    assert [f"{name}:{line} {rule}" for rule, line in found if (name, rule) not in ALLOWED] == []


def test_exceptions_are_still_needed() -> None:
    for name, rule in ALLOWED:
        assert rule in {found for found, _line in violations(ast.parse((PROJECT / name).read_text()))}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_template_escapes_everything(path: Path) -> None:
    text = path.read_text()
    # letters are plain text: what HTML would need, a mail program would show
    if path.suffix == ".html":
        assert re.findall(r"\|\s*safe(?:seq)?\b|autoescape\s+off", text) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=lambda path: str(path.relative_to(PROJECT)))
def test_file_asks_no_foreign_host(path: Path) -> None:
    assert FOREIGN.findall(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "is_foreign"),
    [
        ('<script src="https://cdn.example/x.js">', True),
        ("<link href='//cdn.example/x.css'>", True),
        ("@import url(https://fonts.example/x)", True),
        ('background: url("//cdn.example/x.png")', True),
        ('<svg xmlns="http://www.w3.org/2000/svg">', False),
        ('<a href="/patients/">', False),
        ("url(../img/x.svg)", False),
    ],
)
def test_foreign_hosts_are_recognised(text: str, is_foreign: bool) -> None:
    assert bool(FOREIGN.search(text)) is is_foreign
