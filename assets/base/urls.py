"""URLs fit to be shown and stored: without user names, passwords and the queries in which signed URLs keep secrets."""

import re

_WEB = {"http", "https"}
_KIND = re.compile(r"^(?:yfcc100m|manifest):")
_SECRETS_IN_TEXT = re.compile(r"(?<=://)[^/\s]*@|(?<=[^\s?])\?[^\s'\")]*")


def public_url(url: str) -> str:
    """The URL without user name, password, query and fragment; a path stays as it is.

    Every link of a chain (`simplecache::https://…`) is cleaned. Beyond the web a question mark may belong to a name or
    a pattern: there only what looks like a query, with an equals sign, goes.
    """
    return "::".join(_public_link(link) for link in url.split("::"))


def public_source(source: str) -> str:
    """What the setting `source` says, without credentials: the kind before it (`manifest:…`) stays."""
    kind = _KIND.match(source)
    head = kind[0] if kind else ""
    return head + public_url(source.removeprefix(head))


def without_secrets(error: BaseException) -> str:
    """An error's first line of text with every URL's credentials and query removed."""
    return _SECRETS_IN_TEXT.sub("", str(error).split("\n", 1)[0])


def _public_link(link: str) -> str:
    scheme, mark, rest = link.partition("://")
    if not mark:
        return link
    host, slash, path = rest.partition("/")
    if scheme.lower() in _WEB:
        host, path = re.split("[?#]", host, maxsplit=1)[0], re.split("[?#]", path, maxsplit=1)[0]
    else:
        host, path = _without_query(host), _without_query(path)
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _without_query(text: str) -> str:
    before, _, query = text.partition("?")
    return before if "=" in query else text
