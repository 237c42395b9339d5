"""What can be wrong with a source as a whole; a row that cannot be read only goes to `rejected_rows`.

Every message is a sentence for the person who set the source: it names the file (without credentials), what
was expected and what was found.
"""


class SourceError(ValueError):
    """A source cannot be used."""


class UnreachableSourceError(SourceError):
    """A source is not there, or the store that holds it does not answer."""


class EmptySourceError(SourceError):
    """A source has no file, or a file without a byte."""


class WrongFormatError(SourceError):
    """A file is not what it is said to be, or nothing that can be read."""


class DamagedSourceError(SourceError):
    """A file is cut off or damaged: nothing of what was read from it may be published."""
