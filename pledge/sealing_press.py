"""A warm press that seals its PDFs (PAdES): `python -m pledge.sealing_press`.

The first frame is the certificate with its key. They are nowhere else but in the site and here, and
not on a command line or in the environment of this process.
"""

import json
from base64 import b64decode
from typing import Any

from pledge.pades import Sealing
from pledge.warm_press import read_frame, serve


def main() -> None:
    frame = read_frame()
    if frame is None:
        return
    given = json.loads(frame)
    sealing = Sealing(b64decode(given["pkcs12"]), given["passphrase"].encode())

    def finish(job: dict[str, Any], document: bytes) -> bytes:
        if job["format"] != "pdf":
            return document
        return sealing.sealed(document, job.get("reason", ""))

    serve(finish)


if __name__ == "__main__":
    main()
