"""`/static/…`: scripts, kept for as long as their address names their content."""

import os
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from pledge.web.templating import static

_FOR_EVER = "public, max-age=31536000, immutable"


class VersionedFiles(StaticFiles):
    """Modules import their neighbours without a version: those are asked for each time (304)."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        versioned = scope["query_string"] == urlsplit(static(self.get_path(scope))).query.encode()
        response.headers["Cache-Control"] = _FOR_EVER if versioned else "no-cache"
        return response
