"""Every foreign key at a record that can be merged is either moved as it is or has a rule."""

import pytest

from apps.core.merging import kinds
from apps.core.merging.relations import Relation, guards, relations
from apps.core.merging.rules import kept_constraints
from apps.therapists.models import Therapist

RELATIONS = [
    pytest.param(relation, id=f"{kind.name}:{relation.key}")
    for kind in kinds.every()
    for relation in relations(kind.model)
]


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_constraint_on_a_relation_has_a_rule(relation: Relation) -> None:
    without = set(guards(relation)) - kept_constraints(relation)
    assert without == set(), (
        f"Two merged records could break {sorted(without)}: register a rule for {relation.key} with "
        "apps.core.merging.rules.rule_for in merging.py of its app"
    )


@pytest.mark.parametrize("relation", RELATIONS)
def test_rules_name_only_constraints_that_exist(relation: Relation) -> None:
    assert kept_constraints(relation) - set(guards(relation)) == frozenset()


def test_relations_are_found_by_asking_the_models() -> None:
    keys = {relation.key for relation in relations(Therapist)}
    assert keys >= {
        "communication.EmailMessage.therapist",
        "communication.InboundMessage.therapist",
        "communication.Note.therapist",
        "communication.PhoneCall.therapist",
        "matching.Inquiry.therapist",
        "matching.PlacementRequest.therapist",
        "matching.TherapistExclusion.therapist",
        "therapists.Approval.therapist",
        "therapists.ContactPause.therapist",
        "therapists.TherapistHistory.subject",
        "therapists.WeeklyHours.therapist",
        "therapists.Workplace.therapist",
    }


def test_trail_of_changes_stays_with_the_record_that_was() -> None:
    assert "therapists.TherapistEvent.pgh_obj" not in {one.key for one in relations(Therapist)}


def test_exclusion_constraints_are_seen_behind_their_functions() -> None:
    found = {relation.key: guards(relation) for relation in relations(Therapist)}
    assert found["communication.PhoneCall.therapist"] == ["call_no_overlap_per_therapist"]
    assert found["communication.Note.therapist"] == []
