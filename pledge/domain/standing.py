"""How an initiative stands: what moves while it is signed, read anew for every page."""

from dataclasses import dataclass, field
from datetime import datetime

from pledge.domain.initiatives import Approval, Status
from pledge.domain.scenes import Direction, Scene


@dataclass(frozen=True)
class Standing:
    status: Status
    total: int
    """Companies whose signature stands and is not hidden."""
    cursor: int
    """Of the newest event of the feed."""
    revision: int
    """Grows whenever anything of `Initiative` changes."""
    closed_at: datetime | None = None
    opens_at: datetime | None = None
    """When signing opens by itself."""
    closes_at: datetime | None = None
    """When it closes by itself; nothing is signed from then on."""
    approval: Approval = Approval.NOTHING
    direction: Direction = field(default_factory=Direction)

    @property
    def scene(self) -> Scene:
        """What the walls show."""
        return self.direction.shown(self.status)
