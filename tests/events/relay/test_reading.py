from uuid import UUID

import pytest

from apps.events.relay.reading import as_line, event_id_of


def test_event_is_known_by_its_id() -> None:
    value = b'{"event_id":"3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11","type":"patient.moved"}'
    assert event_id_of(value) == UUID("3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11")
    assert as_line(value) is value


@pytest.mark.parametrize(
    "value",
    [b"", b"[]", b"null", b"{", b"\xff", b"{}", b'{"event_id":1}', b'{"event_id":"x"}', b'""'],
)
def test_anything_else_is_no_event(value: bytes) -> None:
    assert event_id_of(value) is None


def test_value_over_several_lines_becomes_one() -> None:
    assert as_line('{\n "a": "ü\\n"\n}'.encode()) == '{"a": "ü\\n"}'.encode()
