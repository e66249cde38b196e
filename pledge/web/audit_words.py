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
        Action.ERASED: _("Personal data erased"),
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
        Action.UNINVITED: _("Taken off the roster"),
        Action.LINK_MADE: _("Link made"),
        Action.LINK_CHANGED: _("Link changed"),
        Action.LINK_REVOKED: _("Link revoked"),
        Action.EXPORTED: _("Export fetched"),
        Action.EXPORT_BEGUN: _("Export begun"),
        Action.EXPORT_REMOVED: _("Export removed"),
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
        Action.ARRANGED: _("Form and publication changed"),
        Action.LOGO: _("Logo changed"),
        Action.MEETING_ADDED: _("Meeting added"),
        Action.MEETING_CHANGED: _("Meeting changed"),
        Action.MEETINGS_ORDERED: _("Meetings put in another order"),
        Action.MEETING_REMOVED: _("Meeting removed"),
    }[action]


def change_words(values: Mapping[str, str], messages: NullTranslations) -> str:
    """What stood before or after: one “name: value” each. Names without words stay as they are.

    A name may end with the language of its value: `contact.zh`.
    """
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
        "creates": _("May make initiatives"),
        "invited_by": _("Invited by"),
        "sessions": _("Sessions"),
        "added": _("Added"),
        "changed": _("Changed"),
        "done": _("Done"),
        "signatures": _("Signatures"),
        "extent": _("Extent"),
        "meetings": _("Meetings"),
        "organs": _("Organizing bodies"),
        "contact": _("Contact"),
        "note": _("Note"),
        "processor": _("Controller"),
        "purpose": _("Purpose"),
        "retention": _("Kept for"),
        "ask.uscc": _("Form: %(field)s") % {"field": _("Unified Social Credit Code")},
        "ask.title": _("Form: %(field)s") % {"field": _("Position")},
        "ask.phone": _("Form: %(field)s") % {"field": _("Mobile number")},
        "ask.ink": _("Form: %(field)s") % {"field": _("Handwriting")},
        "show.signatories": _("Public: %(what)s") % {"what": _("Companies")},
        "show.representatives": _("Public: %(what)s") % {"what": _("Representatives")},
        "show.ink": _("Public: %(what)s") % {"what": _("Handwriting")},
        "logo": _("Logo"),
        "key": _("Key"),
        "place": _("City"),
        "venue": _("Venue"),
        "event": _("Name of the meeting"),
        "date": _("Date"),
        "time": _("Time"),
        "zone": _("Time zone"),
        "order": _("Order"),
        "text": _("Text (SHA-256)"),
        "asked_again": _("Asked again"),
        "opens_at": _("Opens by itself"),
        "closes_at": _("Closes by itself"),
        "number": _("No."),
        "name": _("Name"),
        "kind": _("Kind"),
        "meeting": _("Meeting"),
        "most": _("Companies at most"),
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
        "required": _("Required"),
        "optional": _("Optional"),
        "not asked": _("Not asked"),
        "on": _("on"),
        "off": _("off"),
        "new": _("new"),
        "zh": _("Chinese"),
        "en": _("English"),
    }

    terms_of = {
        "approval": {"": _("nothing"), "ink": _("the handwriting"), "all": _("everything")},
        "extent": {
            "full": _("Everything"),
            "public": _("What is public"),
            "person": _("The representative's data"),
            "company": _("The company's and its representatives' data"),
        },
        "scene": {
            "standby": _("Standby"),
            "text": _("Text"),
            "signing": _("Signing"),
            "scan": _("Code close-up"),
            "countdown": _("Countdown"),
            "launch": _("Launch"),
            "closed": _("Final list"),
        },
        "kind": {
            "poster": _("Poster"),
            "kiosk": _("Tablet"),
            "screen": _("Hall screen"),
            "invitation": _("Invitation"),
        },
    }

    def said(name: str, value: str) -> str:
        return terms_of.get(name, {}).get(value) or terms.get(value, value) or "–"

    def named(name: str) -> str:
        base, _dot, tag = name.rpartition(".")
        if name in names or not base:
            return names.get(name, name)
        words = {"what": names.get(base, base), "language": terms.get(tag, tag)}
        return _("%(what)s (%(language)s)") % words

    return _("; ").join(
        _("%(name)s: %(value)s") % {"name": named(name), "value": said(name, value)}
        for name, value in values.items()
    )
