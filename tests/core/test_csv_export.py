from datetime import UTC, date, datetime

import pytest

from apps.core.csv_export import csv_response, harmless, streamed_csv


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


def test_days_and_moments_are_written_as_people_write_them() -> None:
    moment = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
    assert [harmless(date(2026, 11, 3)), harmless(moment)] == ["03.11.2026", "23.11.2026, 09:05"]


def test_streamed_csv_is_the_same_file_in_pieces() -> None:
    lines = [["ä", "b;c"], *([number, "=x"] for number in range(450))]
    response = streamed_csv("rows.csv", iter(lines))
    pieces = [bytes(piece) for piece in response]
    assert len(pieces) == 3
    assert b"".join(pieces) == csv_response("rows.csv", lines).content
    assert response.headers["Content-Disposition"] == 'attachment; filename="rows.csv"'
