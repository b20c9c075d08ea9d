"""Addresses to points, against a stand-in that speaks Nominatim's protocol over real HTTP."""

import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps.geocoding.addresses import Address
from apps.geocoding.enums import Outcome, Precision, Provenance, Reason, State
from apps.geocoding.models import CachedLookup, OutsideServer, PostalCode
from apps.geocoding.services import servers
from apps.geocoding.services.asking import SERVER
from apps.geocoding.services.lookup import KEPT, KEPT_NOT_FOUND, Found, geocode, reverse
from tests.geocoding.nominatimserver import Reply, StandIn, house, street, town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("leipzig")]

PRACTICE = Address("Lindenstr. 5", "04103", "Leipzig")
PATIENT = Address("Ahornweg 7", "04103", "Leipzig", is_private=True)
PLZ_POINT = (51.34, 12.38, Precision.PLZ, State.SN, Provenance.OWN_TABLE)


def point(found: Found) -> tuple[Any, ...]:
    return found.latitude, found.longitude, found.precision, found.state, found.provenance


def test_geocode_without_a_server_uses_the_own_table(at: datetime) -> None:
    found = geocode(address=PRACTICE, at=at)
    assert point(found) == PLZ_POINT
    assert (found.reason, found.outcome) == (Reason.NO_SERVER, Outcome.COARSE)
    nowhere = geocode(address=Address("Lindenstr. 5", "99999", "Nirgendwo"), at=at)
    assert (nowhere.reason, nowhere.outcome) == (Reason.NO_PLACE, Outcome.UNKNOWN)


def test_geocode_finds_the_house(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    found = geocode(address=PRACTICE, at=at)
    assert point(found) == (51.3391, 12.3857, Precision.HOUSE, State.SN, Provenance.NOMINATIM)
    assert (found.reason, found.note, found.outcome) == (None, "", Outcome.PLACED)
    [asked] = own_server.asked
    assert asked.path == "/search"
    assert asked.query == {
        "street": "Lindenstr. 5",
        "postalcode": "04103",
        "city": "Leipzig",
        "country": "de",
        "countrycodes": "de",
        "format": "json",
        "limit": "5",
        "addressdetails": "1",
        "accept-language": "de",
    }
    assert asked.user_agent == "psychotherapie-vermittlung (it@vermittlung.example.org)"


def test_geocode_street_without_its_house_says_so(own_server: StandIn, at: datetime) -> None:
    own_server.found = [street(51.3391, 12.3857)]
    found = geocode(address=PRACTICE, at=at)
    assert (found.precision, found.reason, found.outcome) == (
        Precision.STREET,
        Reason.NO_HOUSE,
        Outcome.PLACED,
    )


def test_geocode_hit_coarser_than_the_table_changes_nothing(own_server: StandIn, at: datetime) -> None:
    own_server.found = [town(51.33, 12.37)]
    found = geocode(address=PRACTICE, at=at)
    assert point(found) == PLZ_POINT
    assert found.reason == Reason.NOT_FOUND


def test_kept_answer_costs_no_request(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    first = geocode(address=PRACTICE, at=at)
    again = geocode(address=PRACTICE, at=at + timedelta(days=100))
    assert len(own_server.asked) == 1
    assert point(again) == (*point(first)[:4], Provenance.CACHE)
    geocode(address=PRACTICE, at=at + KEPT)
    assert len(own_server.asked) == 2


def test_unknown_address_is_kept_for_a_shorter_time(own_server: StandIn, at: datetime) -> None:
    for later in (timedelta(), timedelta(days=13)):
        found = geocode(address=PRACTICE, at=at + later)
        assert (point(found), found.reason) == (PLZ_POINT, Reason.NOT_FOUND)
    assert len(own_server.asked) == 1
    geocode(address=PRACTICE, at=at + KEPT_NOT_FOUND)
    assert len(own_server.asked) == 2


def test_cache_holds_no_address_in_plain(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    geocode(address=PATIENT, at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM geocoding_cachedlookup t")
        [(row,)] = cursor.fetchall()
    assert not [
        word for word in ("Ahorn", "ahorn", "Linden", "04103", "Leipzig", "51.33", "12.38") if word in row
    ]
    assert CachedLookup.objects.get().hits[0]["latitude"] == 51.3391


def test_dead_server_degrades_to_the_plz_and_says_so(settings: Any, at: datetime) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    settings.NOMINATIM_URL, settings.NOMINATIM_IS_OWN = f"http://127.0.0.1:{port}", True
    settings.NOMINATIM_INTERVAL_SECONDS = 0.001
    found = geocode(address=PRACTICE, at=at)
    assert point(found) == PLZ_POINT
    assert (found.reason, found.is_to_be_repeated) == (Reason.UNREACHABLE, True)
    assert str(Reason.UNREACHABLE.label) == found.note != ""
    assert OutsideServer.objects.get().reply == "Unavailable"
    assert not CachedLookup.objects.exists()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, body=[]),
        Reply(status=200, body=b"<html>maintenance</html>"),
        Reply(status=200, body=[{"lat": "north", "lon": "east", "place_rank": 30}]),
        Reply(status=200, body={"error": "Bandwidth limit exceeded"}),
    ],
    ids=["500", "html", "nonsense", "error"],
)
def test_answer_that_is_none_counts_as_failure(own_server: StandIn, reply: Reply, at: datetime) -> None:
    own_server.replies.extend([reply] * 3)
    assert geocode(address=PRACTICE, at=at).reason == Reason.UNREACHABLE
    assert len(own_server.asked) == 3
    assert OutsideServer.objects.get().failures == 1


def test_passing_failure_is_repeated(own_server: StandIn, at: datetime) -> None:
    own_server.replies.append(Reply(status=502, body=[]))
    own_server.found = [house(51.3391, 12.3857)]
    assert geocode(address=PRACTICE, at=at).precision == Precision.HOUSE
    assert len(own_server.asked) == 2


def test_question_the_server_refuses_is_not_repeated(own_server: StandIn, at: datetime) -> None:
    own_server.replies.append(Reply(status=400, body={"error": "bad request"}))
    found = geocode(address=PRACTICE, at=at)
    assert (found.reason, found.is_to_be_repeated) == (Reason.REJECTED, False)
    assert len(own_server.asked) == 1
    assert OutsideServer.objects.get().failures == 0


def test_being_shut_out_is_not_answered_with_more_requests(own_server: StandIn, at: datetime) -> None:
    own_server.replies.append(Reply(status=403, body=b"blocked"))
    assert geocode(address=PRACTICE, at=at).reason == Reason.UNREACHABLE
    assert len(own_server.asked) == 1
    assert OutsideServer.objects.get().reply == "HTTP 403"


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(own_server: StandIn, status: int, at: datetime) -> None:
    own_server.replies.append(Reply(status=status, body=[], headers={"Retry-After": "1"}))
    own_server.found = [house(51.3391, 12.3857)]
    assert geocode(address=PRACTICE, at=at).precision == Precision.HOUSE
    first, second = own_server.asked
    assert 0.99 <= second.at - first.at < 3


def test_long_retry_after_is_obeyed_without_waiting(own_server: StandIn, at: datetime) -> None:
    own_server.replies.append(Reply(status=429, body=[], headers={"Retry-After": "3600"}))
    assert geocode(address=PRACTICE, at=at).reason == Reason.UNREACHABLE
    assert geocode(address=Address("Am Markt 1", "04103", "Leipzig"), at=at).reason == Reason.UNREACHABLE
    assert len(own_server.asked) == 1


def test_breaker_opens_and_recovers(own_server: StandIn, at: datetime) -> None:
    own_server.replies.extend([Reply(status=500, body=[])] * 6)
    own_server.found = [house(51.3391, 12.3857)]
    geocode(address=PRACTICE, at=at)
    assert len(own_server.asked) == 3
    resting = servers.resting(name=SERVER, at=at)
    assert resting is not None
    assert resting.open_until == at + timedelta(minutes=1)
    assert geocode(address=PRACTICE, at=at + timedelta(seconds=59)).reason == Reason.UNREACHABLE
    assert len(own_server.asked) == 3  # left in peace
    geocode(address=PRACTICE, at=at + timedelta(seconds=60))
    assert OutsideServer.objects.get().open_until == at + timedelta(minutes=3)  # twice as long
    assert geocode(address=PRACTICE, at=at + timedelta(minutes=3)).precision == Precision.HOUSE
    row = OutsideServer.objects.get()
    assert (row.failures, row.open_until) == (0, None)


def test_implausible_hit_is_refused_and_reported(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(48.137, 11.575)]  # Munich
    found = geocode(address=PRACTICE, at=at)
    assert point(found) == PLZ_POINT
    assert (found.reason, found.outcome, found.refused_km) == (
        Reason.IMPLAUSIBLE,
        Outcome.REFUSED,
        361,
    )
    assert "361 km" in found.note


def test_hit_in_the_region_but_far_from_the_plz_is_refused(own_server: StandIn, at: datetime) -> None:
    PostalCode.objects.create(plz="06766", place_name="Wolfen", state="ST", latitude=51.66, longitude=12.27)
    own_server.found = [house(51.20, 12.40)]  # 52 km away
    found = geocode(address=Address("Lindenstr. 5", "06766", "Wolfen"), at=at)
    assert (found.reason, found.refused_km) == (Reason.IMPLAUSIBLE, 52)


def test_first_plausible_hit_is_taken(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(48.137, 11.575), house(51.3391, 12.3857)]
    assert geocode(address=PRACTICE, at=at).latitude == 51.3391


def test_names_are_never_sent(own_server: StandIn, at: datetime) -> None:
    geocode(address=Address("Praxis Kanarienvogel, Lindenstr. 5", "04103", "Leipzig"), at=at)
    geocode(address=Address("c/o Kanarienvogel, Ahornweg 7", "04103", "Leipzig", is_private=True), at=at)
    assert [asked.query["street"] for asked in own_server.asked] == ["Lindenstr. 5", "Ahornweg 7"]
    assert "Kanarienvogel" not in "".join(asked.line for asked in own_server.asked)


def test_street_of_a_patient_never_goes_to_a_public_server(
    public_server: StandIn, settings: Any, at: datetime
) -> None:
    found = geocode(address=PATIENT, at=at)  # the table knows the PLZ: nothing to ask
    assert (point(found), found.reason) == (PLZ_POINT, Reason.PRIVATE)
    assert public_server.asked == []
    public_server.found = [town(51.33, 12.37)]
    found = geocode(address=Address("Ahornweg 7", "04109", "Leipzig", is_private=True), at=at)
    assert (found.precision, found.latitude, found.reason) == (Precision.TOWN, 51.33, Reason.PRIVATE)
    [asked] = public_server.asked
    assert (asked.query["postalcode"], asked.query["city"]) == ("04109", "Leipzig")
    assert "street" not in asked.query
    assert "Ahornweg" not in asked.line


def test_street_of_a_patient_goes_to_an_own_server(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    assert geocode(address=PATIENT, at=at).precision == Precision.HOUSE
    assert own_server.asked[0].query["street"] == "Ahornweg 7"


def test_redirect_is_not_followed(own_server: StandIn, at: datetime) -> None:
    with StandIn() as elsewhere:
        moved = Reply(status=302, body=[], headers={"Location": f"{elsewhere.url}/search?street=Ahornweg"})
        own_server.replies.extend([moved] * 3)
        assert geocode(address=PATIENT, at=at).reason == Reason.UNREACHABLE
        assert elsewhere.asked == []


def test_server_inside_a_transaction_is_refused(own_server: StandIn, at: datetime) -> None:
    """Everybody else would wait for the slot's row until the commit."""
    from django.db import transaction

    with pytest.raises(RuntimeError, match="durable"):
        transaction.atomic(durable=True)(lambda: _nested(at))()


def _nested(at: datetime) -> None:
    geocode(address=PRACTICE, at=at)


def test_failures_tell_nothing_about_the_address(
    own_server: StandIn, caplog: pytest.LogCaptureFixture, at: datetime
) -> None:
    own_server.replies.extend([Reply(status=500, body=b"Ahornweg 7 failed")] * 3)
    geocode(address=PATIENT, at=at)
    told = [OutsideServer.objects.get().reply, *_texts(caplog.records)]
    assert [text for text in told if "Ahornweg" in text] == []


def _texts(records: Iterable[Any]) -> list[str]:
    return [record.getMessage() for record in records]


def test_reverse_offline_is_the_nearest_plz(at: datetime) -> None:
    PostalCode.objects.create(plz="04105", place_name="Leipzig", state="SN", latitude=51.35, longitude=12.36)
    nearby = reverse(latitude=51.349, longitude=12.361, at=at)
    assert nearby is not None
    assert (nearby.plz, nearby.city, nearby.provenance) == ("04105", "Leipzig", Provenance.OWN_TABLE)
    assert round(nearby.km, 1) == 0.1
    assert reverse(latitude=48.1, longitude=11.5, at=at) is None


def test_reverse_asks_an_own_server(own_server: StandIn, at: datetime) -> None:
    own_server.reversed = house(51.3391, 12.3857)
    nearby = reverse(latitude=51.339, longitude=12.3858, at=at)
    assert nearby is not None
    assert (nearby.street, nearby.plz, nearby.provenance) == (
        "Lindenstraße 5",
        "04103",
        Provenance.NOMINATIM,
    )
    assert own_server.asked[0].path == "/reverse"


def test_reverse_never_asks_a_public_server(public_server: StandIn, at: datetime) -> None:
    nearby = reverse(latitude=51.339, longitude=12.3858, at=at)
    assert nearby is not None
    assert (nearby.plz, nearby.provenance) == ("04103", Provenance.OWN_TABLE)
    assert public_server.asked == []


def test_reverse_with_a_dead_server_says_so(own_server: StandIn, at: datetime) -> None:
    own_server.replies.extend([Reply(status=500, body=[])] * 3)
    nearby = reverse(latitude=51.339, longitude=12.3858, at=at)
    assert nearby is not None
    assert (nearby.plz, nearby.note) == ("04103", str(Reason.UNREACHABLE.label))
