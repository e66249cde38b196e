"""Roles in the reader's language."""

from gettext import NullTranslations

from pledge.domain.rights import Role


def role_words(role: Role, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        Role.OWNER: _("Owner"),
        Role.EDITOR: _("Editor"),
        Role.STAFF: _("Staff on the day"),
        Role.VIEWER: _("Viewer (exports)"),
    }[role]
