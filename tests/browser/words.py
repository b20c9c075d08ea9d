"""What a German page says, whatever the catalogue calls it at present."""

from django.utils import translation


def german(text: str, **values: object) -> str:
    """The German of an English source string, with its placeholders filled."""
    with translation.override("de"):
        said = translation.gettext(text)
    return said % values if values else said
