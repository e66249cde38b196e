"""The Unified Social Credit Code (统一社会信用代码) of GB 32100-2015.

Eighteen characters: the registering authority and the kind of entity (1 and 2), the region's
administrative division (3 to 8, digits), the body of the code (9 to 17) and a check digit, in an
alphabet that leaves out I, O, S, V and Z. The first character is not held against a list: codes
of the authorities A, N and Y are issued (python-stdnum 2.2 refuses them).
"""

import unicodedata

from stdnum.cn import uscc as standard

from pledge.domain.names import Flaw, InvalidValue

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(typed: str) -> str:
    """The code in its normal form; an empty string where nothing was typed."""
    code = "".join(unicodedata.normalize("NFKC", typed).upper().split())
    if not code:
        return ""
    for position, character in enumerate(code, start=1):
        if character not in ALPHABET:
            raise InvalidValue(Flaw.CODE_CHARACTER, position=position, character=character)
    if len(code) != LENGTH:
        raise InvalidValue(Flaw.CODE_LENGTH, length=len(code))
    if not code[2:8].isdecimal():
        raise InvalidValue(Flaw.CODE_REGION)
    if standard.calc_check_digit(code[:-1]) != code[-1]:
        raise InvalidValue(Flaw.CODE_CHECK)
    return code


def masked(code: str) -> str:
    """The code as the public may see it: the first two and the last two characters."""
    return f"{code[:2]}{'*' * (len(code) - 4)}{code[-2:]}" if code else ""
