import re

import pytest
from django.apps import apps

from apps.events import catalogue
from apps.events.catalogue import declare, event_type, subscribe, subscriber_registry, type_registry
from apps.events.models import DomainEvent

# what an event may say at all: ids, states and names of fields
HARMLESS = {"from", "to", "changed", "search_id", "patient_id", "therapist_id", "inquiry_id"}


def test_every_declared_type_has_producer_and_description() -> None:
    assert len(type_registry) > 40
    for name, declared in type_registry.items():
        assert name == declared.name
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", name)
        assert apps.get_app_config(declared.producer)
        assert declared.description


def test_no_declared_type_may_carry_more_than_ids_and_states() -> None:
    assert set().union(*(declared.keys for declared in type_registry.values())) == HARMLESS


def test_every_event_of_a_state_machine_is_declared() -> None:
    for model in apps.get_models():
        for event in getattr(model, "EVENTS", {}).values():
            assert event_type(event).producer == model._meta.app_label


def test_subscribers_listen_to_declared_types_only() -> None:
    assert set(subscriber_registry) - set(type_registry) == set()
    assert subscriber_registry.keys() >= {"email.sent", "patient.consent_withdrawn", "therapist.objected"}


def test_undeclared_type_is_named() -> None:
    with pytest.raises(LookupError, match=r"'patient.lost' is not declared"):
        event_type("patient.lost")


@pytest.mark.usefixtures("registries")
def test_declare_turns_double_underscores_into_dots() -> None:
    declare("patients", patient__went_away="Gone")
    declared = catalogue.type_registry["patient.went_away"]
    assert (declared.producer, declared.description, declared.version) == ("patients", "Gone", 1)


@pytest.mark.usefixtures("registries")
def test_subscribe_names_the_handler_and_leaves_it_callable() -> None:
    @subscribe("a.one", "a.two")
    def handler(event: DomainEvent) -> None:
        raise AssertionError

    [one], [two] = catalogue.subscriber_registry["a.one"], catalogue.subscriber_registry["a.two"]
    assert one.name == two.name == f"{__name__}.handler"
    assert one.handler is handler
