"""Everything the language of letters knows: two instructions and a handful of filters, Django's own."""

from django import template
from django.template import defaultfilters, defaulttags

register = template.Library()

register.tag("if", defaulttags.do_if)
register.tag("for", defaulttags.do_for)
for name in ("default", "date", "first", "join", "length", "pluralize"):
    register.filter(name, getattr(defaultfilters, name))

TAGS = ("if", "elif", "else", "endif", "for", "empty", "endfor")
FILTERS = tuple(sorted(register.filters))
