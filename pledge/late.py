"""Modules that are imported when something of them is first used, and not before.

What reads spreadsheets or joins PDFs is large, and a site that only signs never needs it: its start
and its memory would pay for it all the same. Types see the module itself:

    if TYPE_CHECKING:
        import pypdf
    else:
        pypdf = late("pypdf")

`tests/test_late.py` holds what a site has not imported after its first page, and that both lines
name the same module ([decision 43](../docs/decisions/043-imported-when-used.md)).
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def late(name: str) -> Any:
    """The module of this name; raises ImportError where something of it is used, not here."""
    return _Late(name)
