"""The audit log in the reader's language."""

from collections.abc import Mapping
from gettext import NullTranslations

from pledge.domain.audit import Action
from pledge.domain.rights import Role
from pledge.web.role_words import role_words


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
        Action.ORGANIZER_ADDED: _("Organizer added"),
        Action.PASSWORD_SET: _("Password set"),
        Action.ROLE: _("Role changed"),
        Action.ROLE_TAKEN: _("Role taken away"),
        Action.INVITED: _("Invited"),
        Action.INVITATION_REVOKED: _("Invitation revoked"),
        Action.JOINED: _("Joined"),
        Action.SECOND_FACTOR_ON: _("Second factor turned on"),
        Action.SECOND_FACTOR_OFF: _("Second factor turned off"),
        Action.SESSIONS_ENDED: _("Sessions ended"),
        Action.RESET: _("Account reset"),
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
        "invited_by": _("Invited by"),
        "sessions": _("Sessions"),
        "added": _("Added"),
        "changed": _("Changed"),
        "done": _("Done"),
        "signatures": _("Signatures"),
    }
    roles = {role.value: role_words(role, messages) for role in Role}
    return "; ".join(
        f"{names.get(name, name)}: {roles.get(value, value) if name == 'role' else value or '–'}"
        for name, value in values.items()
    )
