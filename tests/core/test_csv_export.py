import pytest

from apps.core.csv_export import csv_response, harmless


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (3, "3"), ("Anna", "Anna"), ("=1+1", "'=1+1"), ("@x", "'@x"), ("-3", "'-3")],
)
def test_harmless_disarms_formulas(cell: object, text: str) -> None:
    assert harmless(cell) == text


def test_csv_response_is_what_german_excel_opens() -> None:
    response = csv_response("rows.csv", [["ä", "b;c"]])
    assert response.content.decode("utf-8") == '\ufeffä;"b;c"\r\n'
    assert response.headers["Content-Disposition"] == 'attachment; filename="rows.csv"'
