import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from apps.events.relay.errors import RelayError
from apps.events.relay.ledger import CUT_BYTES, Ledger


def line(number: int, filling: int = 0) -> tuple[UUID, bytes]:
    event_id = UUID(int=number)
    return event_id, b'{"event_id":"%s","payload":"%s"}' % (str(event_id).encode(), b"x" * filling)


def lines(*numbers: int) -> bytes:
    return b"".join(line(number)[1] + b"\n" for number in numbers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_events_are_written_once_in_their_order(file: Path) -> None:
    with Ledger(file) as ledger:
        assert ledger.append([line(2), line(1), line(2)]) == 2
        assert ledger.append([line(1), line(3)]) == 1
        assert ledger.append([line(3)]) == 0
    assert file.read_bytes() == lines(2, 1, 3)


def test_lines_that_are_there_are_remembered(file: Path) -> None:
    with Ledger(file) as ledger:
        ledger.append([line(1), line(2)])
    with Ledger(file) as ledger:
        assert ledger.append([line(2), line(3)]) == 1
    assert file.read_bytes() == lines(1, 2, 3)


@pytest.mark.parametrize("filling", [0, 3 * CUT_BYTES])
def test_torn_last_line_is_cut_and_its_event_written_anew(file: Path, filling: int) -> None:
    event_id, whole = line(2, filling)
    for length in {1, 20, len(whole) - 1, len(whole)}:
        file.write_bytes(lines(1) + whole[:length])
        with Ledger(file) as ledger:
            assert file.read_bytes() == lines(1)
            assert ledger.append([line(1), (event_id, whole)]) == 1
        assert file.read_bytes() == lines(1) + whole + b"\n"


def test_file_of_one_torn_line_is_empty_afterwards(file: Path) -> None:
    file.write_bytes(b'{"event_id":"00')
    with Ledger(file):
        assert file.read_bytes() == b""


def test_memory_is_bounded_by_forgetting_the_oldest(file: Path) -> None:
    with Ledger(file, remembered=2) as ledger:
        ledger.append([line(1), line(2), line(3)])
        assert ledger.append([line(3), line(2)]) == 0
        assert ledger.append([line(1)]) == 1


def test_file_of_somebody_else_is_refused_unchanged(file: Path) -> None:
    file.write_bytes(b"name,city\n")
    with pytest.raises(RelayError, match="no event"), Ledger(file):
        pass
    assert file.read_bytes() == b"name,city\n"


def test_second_writer_is_refused_until_the_first_is_gone(file: Path) -> None:
    with Ledger(file), pytest.raises(RelayError, match="Another process"), Ledger(file):
        pass
    with Ledger(file) as ledger:
        assert ledger.append([line(1)]) == 1


def test_killed_writer_leaves_nothing_locked(file: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from uuid import UUID; "
        "from apps.events.relay.ledger import Ledger; "
        "ledger = Ledger(Path(sys.argv[1])).__enter__(); "
        """ledger.append([(UUID(int=1), b'{"event_id":"00000000-0000-0000-0000-000000000001"}')]); """
        "os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(file)]).returncode == -9
    with Ledger(file) as ledger:
        assert ledger.append([line(1), line(2)]) == 1
