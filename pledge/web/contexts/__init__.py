"""What each template is given: one frozen dataclass a page, by what the pages are about.

A template gets exactly the fields of its dataclass (and the globals that `web.templating` lists),
so that a page's needs can be read without opening its handler. All of them are imported from here.
"""

from pledge.web.contexts.accounts import *
from pledge.web.contexts.arrangement import *
from pledge.web.contexts.audit import *
from pledge.web.contexts.desks import *
from pledge.web.contexts.entries import *
from pledge.web.contexts.exports import *
from pledge.web.contexts.hall import *
from pledge.web.contexts.links import *
from pledge.web.contexts.notices import *
from pledge.web.contexts.public import *
from pledge.web.contexts.registers import *
from pledge.web.contexts.rosters import *
from pledge.web.contexts.texts import *
from pledge.web.contexts.views import *
