import re
from typing import ClassVar

import pytest
from django.apps import apps

from apps.events import catalogue
from apps.events.catalogue import (
    Told,
    declare,
    declare_states,
    event_type,
    subscribe,
    subscriber_registry,
    type_registry,
)
from apps.events.documents import product_types
from apps.events.models import DomainEvent
from apps.events.schema import always, row_id

# what an event may say at all: ids, states, codes and names of fields
IDS = {"patient_id", "therapist_id", "search_id", "inquiry_id", "round_id", "request_id", "evidence_id"}
HARMLESS = {"from", "to", "changed", "kind", "precision", "reason", *IDS}


def test_every_declared_type_has_producer_and_description() -> None:
    assert len(type_registry) > 40
    for name, declared in type_registry.items():
        assert name == declared.name
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", name)
        assert apps.get_app_config(declared.producer)
        assert declared.description
        assert declared.subject


def test_no_declared_type_may_carry_more_than_ids_and_states() -> None:
    assert set().union(*(declared.keys for declared in product_types())) == HARMLESS


def test_no_value_is_free_text() -> None:
    for declared in product_types():
        for name, rules in declared.payload_schema["properties"].items():
            rules = rules.get("items", rules)
            is_bound = rules["type"] == "integer" or rules.keys() & {"const", "enum", "pattern"}
            assert is_bound, f"{declared.name}.{name} could carry anybody's words"


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
    told = Told("Moved", {"to": always("b", "where")}, version=2)
    declare("patients", subject="the patient", patient__went_away="Gone", patient__came_back=told)
    gone, back = (catalogue.type_registry[f"patient.{name}"] for name in ("went_away", "came_back"))
    assert (gone.producer, gone.description, gone.subject) == ("patients", "Gone", "the patient")
    assert (gone.version, gone.keys) == (1, set())
    assert (back.version, back.keys, back.description) == (2, {"to"}, "Moved")


class Machine:
    TRANSITIONS: ClassVar = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset()}
    UNDO: ClassVar = {"c": frozenset({"b"})}
    EVENTS: ClassVar = {"a": "x.a", "b": "x.b"}
    EVENT_IDS: ClassVar[dict[str, str]] = {}


class Related(Machine):
    EVENT_IDS: ClassVar = {"other_id": "other_id"}


@pytest.mark.usefixtures("registries")
def test_declared_states_know_every_way_to_them() -> None:
    declare_states("tests", Machine, subject="an x", starts=["a"], a="Begun", b="Gone on")
    schemas = {name: catalogue.type_registry[name].payload_schema["properties"] for name in ("x.a", "x.b")}
    assert schemas["x.a"]["from"]["enum"] == [""]
    assert schemas["x.b"]["from"]["enum"] == ["a", "c"]
    assert schemas["x.b"]["to"]["const"] == "b"


@pytest.mark.usefixtures("registries")
def test_declared_states_are_those_that_tell() -> None:
    with pytest.raises(LookupError, match=r"\['b', 'c'\]"):
        declare_states("tests", Machine, subject="an x", a="Begun", c="Done")


@pytest.mark.usefixtures("registries")
def test_declared_ids_are_those_of_the_machine() -> None:
    ids = {"other_id": row_id("Another row", example=7)}
    with pytest.raises(LookupError, match="ids of Related"):
        declare_states("tests", Related, subject="an x", a="Begun", b="Gone on")
    with pytest.raises(LookupError, match="ids of Machine"):
        declare_states("tests", Machine, subject="an x", ids=ids, a="Begun", b="Gone on")
    declare_states("tests", Related, subject="an x", starts=["a"], ids=ids, version=2, a="Begun", b="Gone on")
    declared = catalogue.type_registry["x.a"]
    assert (declared.version, declared.keys) == (2, {"from", "to", "other_id"})


@pytest.mark.usefixtures("registries")
def test_subscribe_names_the_handler_and_leaves_it_callable() -> None:
    @subscribe("a.one", "a.two")
    def handler(event: DomainEvent) -> None:
        raise AssertionError

    [one], [two] = catalogue.subscriber_registry["a.one"], catalogue.subscriber_registry["a.two"]
    assert one.name == two.name == f"{__name__}.handler"
    assert one.handler is handler


@pytest.mark.usefixtures("registries")
def test_types_heard_are_those_of_the_named_subscribers() -> None:
    for name, types in (("one", ["a.one", "a.two"]), ("two", ["a.two"])):
        for type_name in types:
            row = catalogue.Subscriber(name=name, handler=lambda event: None)
            catalogue.subscriber_registry.setdefault(type_name, []).append(row)
    assert catalogue.subscriber_names() == ["one", "two"]
    assert catalogue.types_heard_by(["two"]) == {"a.two"}
    assert catalogue.types_heard_by(["one", "nobody"]) == {"a.one", "a.two"}
