"""What a merge means for what sources say: the kept record's origin of a value stays.

A value taken from the other record was chosen by a person: where it differs from its origin, it counts as
kept by hand, as it should.
"""

from apps.core.merging.rules import fold, rule_for

rule_for("scraping.FieldOrigin.therapist", keeps=("origin_once_per_therapist_field",))(fold)
rule_for("scraping.FieldOrigin.practice", keeps=("origin_once_per_practice_field",))(fold)
