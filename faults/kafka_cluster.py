"""A Kafka to break: the mock cluster inside the client library, in a process of its own.

It keeps messages in memory, makes topics by itself at the first question, and knows groups and positions; it
knows no way to create topics and does not recognise a producer's repetitions. Its switches (a broker away,
refused requests) are functions of the library that the Python package does not show.

    with cluster() as kafka: … kafka.servers … kafka.down(1)
"""

import ctypes
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

BROKERS = 3
PRODUCE = 0  # Kafka's number of the request
SESSION_MILLISECONDS = 400  # so soon a dead reader's place is given away ("consumer" protocol)
HEARTBEAT_MILLISECONDS = 100
FOLDERS = ("../confluent_kafka.libs", ".dylibs")  # of the package on Linux and on macOS


def library_path() -> Path | None:
    """Where the client library lies inside the package; None where this platform has none to load."""
    spec = find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    found = (path for folder in FOLDERS for path in (package / folder).glob("librdkafka*"))
    return next((path.resolve() for path in found if "++" not in path.name), None)


class Cluster:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.servers = self._answer()

    def down(self, broker: int) -> None:
        """Broker 1, 2 or 3 ends its connections and takes no new ones."""
        self._tell("down", broker)

    def up(self, broker: int) -> None:
        self._tell("up", broker)

    def refuse(self, error: int, times: int = 1) -> None:
        """The next so many requests to write are answered with Kafka's error of this number."""
        self._tell("refuse", error, times)

    def topic(self, name: str, partitions: int) -> None:
        self._tell("topic", name, partitions)

    def refuse_topic(self, name: str, error: int) -> None:
        """Every question about this topic is answered with the error; 0 ends it."""
        self._tell("refuse_topic", name, error)

    def _tell(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if answer != "0":
            raise RuntimeError(f"The mock cluster refused {words}: {answer}")

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def cluster() -> Iterator[Cluster]:
    process = subprocess.Popen(
        [sys.executable, "-m", "faults.kafka_cluster"],
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Cluster(process)
    finally:
        process.kill()
        process.communicate()


def serve() -> None:
    """Print the servers, then obey line by line until the input ends."""
    library, mock = _start()
    _say(library.rd_kafka_mock_cluster_bootstraps(mock).decode())
    commands = _commands(library, mock)
    for line in sys.stdin:
        name, *words = line.split()
        _say(commands[name](*words))


def _say(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


def _start() -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    path = library_path()
    assert path is not None
    library = ctypes.CDLL(str(path))
    for name in ("conf_new", "new", "mock_cluster_new"):
        getattr(library, f"rd_kafka_{name}").restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    words = ctypes.create_string_buffer(512)
    settings = ctypes.c_void_p(library.rd_kafka_conf_new())
    client = ctypes.c_void_p(library.rd_kafka_new(0, settings, words, ctypes.c_size_t(512)))
    mock = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(client, BROKERS))
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(mock, 0)
    library.rd_kafka_mock_set_group_consumer_session_timeout_ms(mock, SESSION_MILLISECONDS)
    library.rd_kafka_mock_set_group_consumer_heartbeat_interval_ms(mock, HEARTBEAT_MILLISECONDS)
    return library, mock


def _commands(library: ctypes.CDLL, mock: ctypes.c_void_p) -> dict[str, Callable[..., int]]:
    def refuse(error: str, times: str) -> int:
        errors = (ctypes.c_int * int(times))(*[int(error)] * int(times))
        library.rd_kafka_mock_push_request_errors_array(
            mock, ctypes.c_int16(PRODUCE), ctypes.c_size_t(int(times)), errors
        )
        return 0

    def refuse_topic(name: str, error: str) -> int:
        library.rd_kafka_mock_topic_set_error(mock, name.encode(), int(error))
        return 0

    return {
        "down": lambda broker: library.rd_kafka_mock_broker_set_down(mock, int(broker)),
        "up": lambda broker: library.rd_kafka_mock_broker_set_up(mock, int(broker)),
        "topic": lambda name, count: library.rd_kafka_mock_topic_create(mock, name.encode(), int(count), 1),
        "refuse": refuse,
        "refuse_topic": refuse_topic,
    }


if __name__ == "__main__":
    serve()
