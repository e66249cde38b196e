"""Where the command `pledge` begins: what it consists of is imported without a look for garbage.

Nothing that is imported ever becomes garbage. Looking for it meanwhile takes a tenth of the start;
looking later, through a hundred thousand objects, would hold up everybody for 50 ms each time.
"""

import gc

from pledge.late import late


def main() -> None:
    gc.disable()
    begin = late("pledge.cli").main
    gc.freeze()
    gc.enable()
    begin()
