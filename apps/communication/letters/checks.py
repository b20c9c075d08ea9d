"""What the text of a letter must keep before it may be used; said to the person who wrote it.

The parsed text is walked: every variable and every part of it must be declared, and allowed where it
stands. Then it is filled with every set of sample values.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.template import TemplateSyntaxError
from django.template.base import FilterExpression, Node, TextNode, Variable, VariableNode
from django.template.defaulttags import ForNode, IfNode
from django.utils import translation
from django.utils.translation import gettext as _

from apps.communication.letters.builtins import FILTERS, TAGS
from apps.communication.letters.language import compiled, fill
from apps.communication.letters.types import LetterType, Privacy, Values
from apps.communication.letters.types import Variable as Declared

LONGEST_SUBJECT = 120
LONGEST_BODY = 20_000
STRAY = re.compile(r"{{|}}|{%|%}|{#|#}")
LOOP_PARTS = ("counter", "counter0", "first", "last", "revcounter")
LOOP = dict.fromkeys(LOOP_PARTS, 1)
Scope = Mapping[str, Any]
Found = Iterator[tuple[int | None, str]]  # line and what is wrong there


def check(letter_type: type[LetterType], *, subject: str, body: str) -> None:
    """Raises ValidationError by field ("subject", "body"): every problem with its line and what to do."""
    errors = {
        "subject": list(_problems_of_subject(letter_type, subject)),
        "body": list(_problems_of_body(letter_type, body)),
    }
    if found := {name: problems for name, problems in errors.items() if problems}:
        raise ValidationError(found)  # type: ignore[arg-type]  # texts by field


def is_sound(letter_type: type[LetterType], subject: str, body: str) -> bool:
    """Whether `check` finds nothing. Remembered, because every letter that goes out asks."""
    checked: Any = letter_type
    return _is_sound(checked, subject, body)


@lru_cache(maxsize=200)
def _is_sound(letter_type: Any, subject: str, body: str) -> bool:
    try:
        check(letter_type, subject=subject, body=body)
    except ValidationError:
        return False
    return True


def _problems_of_subject(letter_type: type[LetterType], subject: str) -> Iterator[str]:
    if len(subject.splitlines()) != 1 or not subject.strip():
        yield _("The subject is one line that is not empty.")
        return
    public = {v.name: v.sample for v in letter_type.variables if v.privacy == Privacy.PUBLIC}
    hidden = {v.name for v in letter_type.variables if v.privacy != Privacy.PUBLIC}
    problems = list(_problems(subject, public, hidden=hidden))
    yield from problems or _too_long(letter_type, subject)


def _problems_of_body(letter_type: type[LetterType], body: str) -> Iterator[str]:
    if len(body) > LONGEST_BODY:
        yield _("The text is longer than %(most)s characters.") % {"most": LONGEST_BODY}
        return
    scope = {variable.name: variable.sample for variable in letter_type.variables}
    problems = list(_problems(body, scope))
    yield from problems
    if not problems:
        yield from _missing(letter_type, body)


def _too_long(letter_type: type[LetterType], subject: str) -> Iterator[str]:
    filled = [_filled(subject, sample).strip() for sample in letter_type.samples().values()]
    if any(len(text) > LONGEST_SUBJECT for text in filled):
        yield _("Filled in, the subject is longer than %(most)s characters.") % {"most": LONGEST_SUBJECT}
    if not all(filled):
        yield _("The subject is one line that is not empty.")


def _missing(letter_type: type[LetterType], body: str) -> Iterator[str]:
    """Each sample must come out with what may not be missing: the link, the reference, the cases."""
    filled = {name: _filled(body, sample) for name, sample in letter_type.samples().items()}
    if not all(text.strip() for text in filled.values()):
        yield _("The text is empty.")
    for variable in letter_type.variables:
        gaps = [name for name, text in filled.items() if _lacks(letter_type, variable, name, text)]
        if gaps and variable.is_required:
            message = _("{{ %(name)s }} must stand in this letter in every case (missing in: %(samples)s).")
            yield message % {"name": variable.name, "samples": ", ".join(map(sample_label, gaps))}


def _filled(source: str, sample: Values) -> str:
    with translation.override("de"):
        return fill(source, sample)


def _lacks(letter_type: type[LetterType], variable: Declared, name: str, text: str) -> bool:
    wanted = _words(letter_type.samples()[name][variable.name])
    return not all(word in text for word in wanted)


def sample_label(name: str) -> str:
    return {
        "several": _("several cases"),
        "one": _("one case"),
        "sparse": _("hardly anything known"),
    }[name]


def _words(value: Any) -> list[str]:
    """The texts inside a sample value; of a case its code is enough."""
    if isinstance(value, dict):
        return [value["code"]] if "code" in value else []
    if isinstance(value, list | tuple):
        return [word for part in value for word in _words(part)]
    return [value] if isinstance(value, str) else []


def _problems(source: str, scope: Scope, *, hidden: set[str] | None = None) -> Iterator[str]:
    try:
        nodes = compiled(source).nodelist
    except TemplateSyntaxError as error:
        yield _syntax(error)
        return
    for line, problem in _walk(nodes, scope, hidden or set()):
        yield _line(line, problem)


def _line(line: int | None, problem: str) -> str:
    return _("Line %(line)s: %(problem)s") % {"line": line, "problem": problem} if line else problem


def _syntax(error: TemplateSyntaxError) -> str:
    """Django's message in words for people who write letters."""
    token, text = getattr(error, "token", None), str(error)
    if "Invalid block tag" in text:
        problem = _("This instruction is not known. There are: %(known)s.") % {"known": ", ".join(TAGS)}
    elif "Invalid filter" in text:
        problem = _("This filter is not known. There are: %(known)s.") % {"known": ", ".join(FILTERS)}
    elif "Unclosed tag" in text:
        problem = _("“if” needs an “endif”, “for” an “endfor”.")
    else:
        problem = _("What stands between the braces cannot be read. Please compare it with the list beside.")
    return _line(token.lineno if token else None, problem)


def _walk(nodes: Any, scope: Scope, hidden: set[str]) -> Found:
    for node in nodes:
        if isinstance(node, TextNode):
            if STRAY.search(node.s):
                yield _at(node), _("A brace is open or closed alone. Write {{ name }} or {% … %}.")
        elif isinstance(node, VariableNode):
            yield from _expression(node, node.filter_expression, scope, hidden)
        elif isinstance(node, IfNode):
            yield from _if(node, scope, hidden)
        elif isinstance(node, ForNode):
            yield from _for(node, scope, hidden)


def _at(node: Node) -> int | None:
    return node.token.lineno if node.token else None


def _if(node: IfNode, scope: Scope, hidden: set[str]) -> Found:
    for condition, nodes in node.conditions_nodelists:
        for expression in _operands(condition):
            yield from _expression(node, expression, scope, hidden)
        yield from _walk(nodes, scope, hidden)


def _operands(condition: Any) -> Iterator[FilterExpression]:
    if condition is None:
        return
    if isinstance(getattr(condition, "value", None), FilterExpression):
        yield condition.value
    for part in (getattr(condition, "first", None), getattr(condition, "second", None)):
        yield from _operands(part)


def _for(node: ForNode, scope: Scope, hidden: set[str]) -> Found:
    sequence, names = cast("FilterExpression", node.sequence), cast("list[str]", node.loopvars)
    problems = list(_expression(node, sequence, scope, hidden))
    yield from problems
    sample = None if problems else _sample(sequence.var, scope)
    if not problems and not isinstance(sample, list | tuple):
        yield _at(node), _("“for” needs a list.")
    elif not problems:
        inner = {**scope, **_loop_scope(names, sample), "forloop": LOOP}
        yield from _walk(node.nodelist_loop, inner, hidden)
    yield from _walk(node.nodelist_empty, scope, hidden)


def _loop_scope(names: list[str], sample: Any) -> Scope:
    item = sample[0]
    return {names[0]: item} if len(names) == 1 else dict(zip(names, item, strict=False))


def _expression(node: Node, expression: FilterExpression, scope: Scope, hidden: set[str]) -> Found:
    arguments = [arg for _filter, args in expression.filters for is_variable, arg in args if is_variable]
    for variable in (expression.var, *arguments):
        if problem := _unknown(variable, scope, hidden):
            yield _at(node), problem


def _unknown(variable: Any, scope: Scope, hidden: set[str]) -> str:
    """Why this variable may not stand here; "" if it may."""
    if not isinstance(variable, Variable) or variable.lookups is None:
        return ""
    name = variable.lookups[0]
    if name in hidden:
        message = _("{{ %(name)s }} must not stand in a subject: whoever sees the mailbox reads it.")
        return message % {"name": name}
    value: Any = scope
    for part in variable.lookups:
        value = _part(value, part)
        if value is None:
            message = _("{{ %(name)s }} is not known in this letter. The list beside has all variables.")
            return message % {"name": variable.var}
    return ""


def _part(value: Any, name: str) -> Any:
    """What stands under that name in a sample value; None where nothing does."""
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, list | tuple) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return None


def _sample(variable: Any, scope: Scope) -> Any:
    value: Any = scope
    lookups = getattr(variable, "lookups", None)
    for part in lookups or ():
        value = _part(value, part)
    return value if lookups else None
