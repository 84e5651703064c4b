"""Write elements of HTML, SVG and XML: text is escaped unless it is markup already."""

import html
import re

from sbapply.render.visible import visible

# What no XML 1.0 document may hold besides control characters and surrogates, which ``visible`` writes out.
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


class Markup(str):
    """Be text that stands in a document as it is; only this module makes it."""

    __slots__ = ()


def escaped(text: str, *, lines: bool = False) -> Markup:
    """Return ``text`` as content or as an attribute's value; with ``lines`` a line feed stays."""
    shown = visible(text, lines=lines)
    shown = _NONCHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
    return Markup(html.escape(shown))


def element(name: str, /, *content: str, **attributes: str | None) -> Markup:
    """Return an element; an attribute that is None is left out.

    In an attribute's name ``_`` stands for ``-``, and one at the end for nothing: ``class_``.
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(each if isinstance(each, Markup) else escaped(each) for each in content)
    return Markup(f"<{name}{shown}>{inside}</{name}>")


def joined(*content: str) -> Markup:
    """Return pieces behind one another, text escaped."""
    return Markup("".join(each if isinstance(each, Markup) else escaped(each) for each in content))
