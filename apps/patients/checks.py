"""Pure checks of German numbers: KVNR and Vermittlungscode."""

import re

KVNR = re.compile(r"^[A-Z]\d{9}$")
REFERRAL_CODE = re.compile(r"^[A-Z0-9]{4}-?[A-Z0-9]{4}-?[A-Z0-9]{4}$")


def normalise_kvnr(text: str) -> str:
    return re.sub(r"\s", "", text).upper()


def is_valid_kvnr(kvnr: str) -> bool:
    """Letter and nine digits, the last one the check digit.

    § 290 SGB V: the letter counts as 01–26, the ten digits are weighted 1, 2, 1, 2 …, the digit sums of
    the products are added, modulo 10.
    """
    if not KVNR.match(kvnr):
        return False
    digits = f"{ord(kvnr[0]) - ord('A') + 1:02d}{kvnr[1:9]}"
    total = sum(sum(divmod(int(digit) * (1 + position % 2), 10)) for position, digit in enumerate(digits))
    return total % 10 == int(kvnr[9])


def normalise_referral_code(text: str) -> str:
    """a1b2c3d4e5f6 → A1B2-C3D4-E5F6; text of another form comes back upper-cased for the error message."""
    bare = re.sub(r"[\s-]", "", text).upper()
    return f"{bare[:4]}-{bare[4:8]}-{bare[8:]}" if len(bare) == 12 else text.strip().upper()


def is_valid_referral_code(code: str) -> bool:
    return bool(REFERRAL_CODE.match(code))
