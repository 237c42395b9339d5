"""What a search or a tagging is refused with."""


class SearchError(ValueError):
    """What is asked for cannot be answered; the sentence says why, and what can be asked or done."""
