"""Fields read by the standard library alone, one at a time: what the pipeline's own ways must agree with."""

import re
import unicodedata
from datetime import datetime


def simple_tag(tag: str) -> str:
    for _ in range(2):
        tag = unicodedata.normalize("NFKC", tag)
        tag = "".join(c for c in tag if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Zs"))
        tag = tag.lower()
    return unicodedata.normalize("NFKC", tag)


def simple_stamp(text: str | None) -> datetime | None:
    if text is None or not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
