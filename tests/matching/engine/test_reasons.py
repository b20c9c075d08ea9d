from apps.matching.engine.reasons import REASONS, REASONS_BY_RULE, Reason, mask_of, reasons_of


def test_every_reason_has_its_own_bit_in_32() -> None:
    assert len({reason.bit for reason in Reason}) == len(Reason)
    assert max(reason.bit for reason in Reason) < 2**32


def test_every_reason_belongs_to_one_rule() -> None:
    listed = [reason for reasons in REASONS_BY_RULE.values() for reason in reasons]
    assert sorted(listed) == sorted(REASONS)
    assert list(REASONS_BY_RULE) == list(range(1, 11))


def test_rule_of_reason() -> None:
    assert Reason.TOO_FAR.rule == 1
    assert Reason.GROUP_ONLY.rule == 6
    assert Reason.NO_COMMON_TIME.rule == 10


def test_reasons_of_mask_come_in_the_order_of_rules() -> None:
    mask = mask_of(Reason.NO_COMMON_TIME, Reason.TOO_FAR, Reason.NO_SEAT, Reason.NO_SEAT)
    assert reasons_of(mask) == (Reason.TOO_FAR, Reason.NO_SEAT, Reason.NO_COMMON_TIME)
    assert reasons_of(0) == ()
