"""Find places in a file's text: offsets are in characters, lines end at a line feed alone."""

import re

from sbapply.errors import Place

_LINE_END = re.compile(r"[\r\n]")


def place_at(file: str, text: str, offset: int) -> Place:
    """Return the place of the 0-based character ``offset`` in ``text``, with its line as the excerpt."""
    offset = max(0, min(offset, len(text)))
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    excerpt = text[start : end if end >= 0 else len(text)].rstrip("\r")
    return Place(file, text.count("\n", 0, offset) + 1, offset - start + 1, excerpt)


def skip_blank(text: str, offset: int) -> int:
    """Return the offset of the first character at or after ``offset`` that is neither blank nor in a comment.

    Comments are PostgreSQL's: ``--`` to a line feed or a carriage return, and ``/* … */``, which nest. An open
    comment ends at the end of the text, which is then what is returned.
    """
    end = len(text)
    while offset < end:
        if text[offset] in " \t\n\r\f\v":
            offset += 1
        elif text.startswith("--", offset):
            line_end = _LINE_END.search(text, offset)
            offset = line_end.end() if line_end is not None else end
        elif text.startswith("/*", offset):
            offset = _after_block_comment(text, offset)
        else:
            return offset
    return end


def _after_block_comment(text: str, offset: int) -> int:
    depth = 0
    while offset < len(text):
        if text.startswith("/*", offset):
            depth += 1
            offset += 2
        elif text.startswith("*/", offset):
            depth -= 1
            offset += 2
            if depth == 0:
                return offset
        else:
            offset += 1
    return len(text)
