"""The audit log in the reader's language."""

from collections.abc import Mapping
from gettext import NullTranslations

from pledge.domain.audit import Action


def action_words(action: Action, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        Action.STATUS: _("Signing opened or closed"),
        Action.APPROVAL: _("Approval setting changed"),
        Action.SCENE: _("Scene shown"),
        Action.REHEARSAL_STARTED: _("Rehearsal begun"),
        Action.REHEARSAL_ENDED: _("Rehearsal ended"),
        Action.HIDDEN: _("Signature hidden"),
        Action.RESTORED: _("Signature shown again"),
        Action.APPROVED: _("Signature approved"),
        Action.IMPORTED: _("Content file imported"),
        Action.ROSTER: _("Roster taken in"),
        Action.MATCHED: _("Invitation and signature matched"),
        Action.LINK_MADE: _("Link made"),
        Action.EXPORTED: _("Export fetched"),
        Action.EXPORT_BEGUN: _("Export begun"),
        Action.EXPORT_REMOVED: _("Export removed"),
        Action.ORGANIZER_ADDED: _("Organizer added"),
        Action.PASSWORD_SET: _("Password set"),
        Action.ROLE: _("Role changed"),
    }[action]


def change_words(values: Mapping[str, str], messages: NullTranslations) -> str:
    """What stood before or after: one “name: value” each. Names without words stay as they are."""
    _ = messages.gettext
    names = {
        "status": _("Status"),
        "approval": _("Approval"),
        "scene": _("Scene"),
        "company": _("Company"),
        "uscc": _("Unified Social Credit Code"),
        "representative": _("Representative"),
        "title": _("Position"),
        "phone": _("Mobile number"),
        "role": _("Role"),
        "added": _("Added"),
        "changed": _("Changed"),
        "done": _("Done"),
        "signatures": _("Signatures"),
        "extent": _("Extent"),
        "meetings": _("Meetings"),
    }
    return "; ".join(f"{names.get(name, name)}: {value or '–'}" for name, value in values.items())
