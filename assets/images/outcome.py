"""What can become of a wanted photo's image: the words of the column `status`, and failures that carry them.

Everything that might retry asks `Failure.is_transient`; nothing else decides what is permanent.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["ok", "missing", "transient", "undecodable", "too_large", "not_an_image"]
STATUSES: tuple[Status, ...] = get_args(Status)
OK: Status = "ok"
TRANSIENT: Status = "transient"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no image of a photo.

    Attributes:
        status: One of `STATUSES`, never `ok`.
        error: One sentence that says what was expected and what was found, without secrets.
    """

    status: Status
    error: str

    @property
    def is_transient(self) -> bool:
        """Whether it may be asked for again."""
        return self.status == TRANSIENT
