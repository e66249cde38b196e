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
        Action.CORRECTED: _("Entry corrected"),
        Action.REPLACED: _("Representative replaced"),
        Action.WITHDRAWN: _("Signature withdrawn"),
        Action.MERGED: _("Entries merged"),
        Action.ASSISTED: _("Signed with the help of staff"),
        Action.IMPORTED: _("Content file imported"),
        Action.CREATED: _("Initiative made"),
        Action.DUPLICATED: _("Duplicate made"),
        Action.DRAFTED: _("Draft of the text written"),
        Action.DRAFT_DROPPED: _("Draft of the text given up"),
        Action.PUBLISHED: _("Text published"),
        Action.SCHEDULED: _("Schedule changed"),
        Action.ROSTER: _("Roster taken in"),
        Action.MATCHED: _("Invitation and signature matched"),
        Action.LINK_MADE: _("Link made"),
        Action.LINK_CHANGED: _("Link changed"),
        Action.LINK_REVOKED: _("Link revoked"),
        Action.EXPORTED: _("Export fetched"),
        Action.ORGANIZER_ADDED: _("Organizer added"),
        Action.PASSWORD_SET: _("Password set"),
        Action.ROLE: _("Role changed"),
        Action.NOTICES_ADDED: _("Target of notices added"),
        Action.NOTICES_CHANGED: _("Target of notices changed"),
        Action.NOTICES_REMOVED: _("Target of notices removed"),
        Action.NOTICES_TESTED: _("Target of notices tested"),
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
        "text": _("Text (SHA-256)"),
        "asked_again": _("Asked again"),
        "opens_at": _("Opens by itself"),
        "closes_at": _("Closes by itself"),
        "number": _("No."),
        "name": _("Name"),
        "kind": _("Kind"),
        "meeting": _("Meeting"),
        "most": _("At most"),
        "from": _("From"),
        "until": _("Until"),
        "address": _("Address"),
        "events": _("Events"),
        "language": _("Language"),
        "active": _("Switched on"),
        "secret": _("Secret"),
        "answer": _("Answer"),
    }
    terms = {
        "draft": _("Draft"),
        "open": _("Open"),
        "closed": _("Closed"),
        "owner": _("Owner"),
        "editor": _("Editor"),
        "staff": _("Staff on the day"),
        "viewer": _("Viewer (exports)"),
        "created": _("created"),
        "updated": _("updated"),
        "yes": _("Yes"),
        "no": _("No"),
        "on": _("on"),
        "off": _("off"),
        "new": _("new"),
        "zh": _("Chinese"),
        "en": _("English"),
    }
    return _("; ").join(
        _("%(name)s: %(value)s")
        % {"name": names.get(name, name), "value": terms.get(value, value) or "–"}
        for name, value in values.items()
    )
