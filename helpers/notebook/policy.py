"""What a browser is told to hold a page of the course's to, in the page itself (`Content-Security-Policy`): nothing comes from elsewhere, and no script runs but the page's own.

Comes in: the page's scripts. Goes out: the policy, for a `<meta>`. Who may import it: whoever writes a page that stands in a file of its own.
"""

from __future__ import annotations

import base64
import hashlib

NOTHING_FROM_ELSEWHERE = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def allowing(*scripts: str) -> str:
    """That, and that these scripts run, whoever wrote others; none if there are none."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"{NOTHING_FROM_ELSEWHERE}; script-src {allowed}" if scripts else NOTHING_FROM_ELSEWHERE
