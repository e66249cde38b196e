"""Errors that a person can do something about. `web.problems` and `cli` turn them into words."""


class PledgeError(Exception):
    """Something that whoever asked should know. Its text is one line that says what to do."""


class InvalidSetting(PledgeError):
    """A setting in the environment can't be used."""


class InvalidContent(PledgeError):
    """A content file of an initiative can't be used."""


class NotFound(PledgeError):
    """What a command named does not exist."""


class NotErased(PledgeError):
    """Somebody's data was not erased, or not everywhere."""
