"""Whatever stands in a name, a row or a server's message does nothing in a report or on a terminal."""

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbapply.errors import MigrationFailed, Place, SqlError
from sbapply.redaction import redact_values
from sbapply.render.console import Console
from sbapply.render.failure import failure_lines
from sbapply.render.report.file import SUFFIXES, report_text
from sbapply.render.verify import verdict_lines
from sbapply.render.visible import visible
from sbapply.verify.verdict import Verdict
from tests.render.report.samples import document, result

# Each holds zq, by which it is found again wherever it has come to.
HOSTILE = [
    "<b>zq</b>",
    "<script>alert('zq')</script>",
    "zq</script><script>alert(1)</script>",
    "<img src=x onerror=alert('zq')>",
    'zq" onmouseover="alert(1)',
    "zq' onmouseover='alert(1)",
    "zq</style></title></textarea><svg onload=alert(1)>",
    "zq</code></pre></td></details>",
    "<!-- zq",
    "zq --> <b>",
    "]]>zq<![CDATA[",
    "<?xml zq?>",
    "<!DOCTYPE zq [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "&lt;zq&gt; &amp; &#60; &x;",
    "<a href='javascript:alert(1)'>zq</a>",
    "zq -- comment",
    "/* zq */ ; drop table x",
    "a | zq | b",
    "a \\| zq \\\\| b",
    "zq \\",
    "`zq`",
    "```zq```",
    "``zq ` ``` ` `",
    "zq\n```\n# heading\n- item",
    "zq\n~~~~\n</details>\n<b>",
    "zq\n\n| a | b |\n|---|---|",
    "@someone zq @org/team",
    "![zq](http://example.com/x.png)",
    "[zq](javascript:alert(1))",
    "[zq]: http://example.com",
    "http://example.com/zq www.example.com zq@example.com",
    "**zq** __zq__ ~~zq~~ #1 :tada: $zq$",
    "# zq",
    "- [ ] zq",
    "> zq",
    "    zq indented",
    "zq\r\nzq\rzq",
    "\x1b[31mzq\x1b[0m\x1b]0;zq\x07",
    "\x1b]8;;http://example.com\x1b\\zq\x1b]8;;\x1b\\",
    "\x9b31mzq",
    "zq\u202egnp.exe\u2066\u2069",
    "z\u200bq zq\u200d\ufeff",
    "zq\u2028zq\u2029zq",
    "zq\x00\x01\x08\x0b\x0c\x1f\x7f",
    "zq\ufffe\uffff\ud800",
    "zq\U000e0041",
    "::error file=zq::zq",
    "  ::add-mask::zq",
    "zq\n::stop-commands::zq",
    "zq ##[error]zq",
    "zq%0A::error::x",
    "zq{{ secrets.TOKEN }} ${{ github.token }}",
    "zq" + "x" * 5_000,
    "日本zq é😀",
]
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2", "h3", "p", "ul",
    "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "span", "details",
    "summary", "figure", "figcaption", "svg", "defs", "marker", "path", "g", "rect", "text",
}  # fmt: skip
hostile = pytest.mark.parametrize("text", HOSTILE, ids=[visible(each)[:30] for each in HOSTILE])


class Page(HTMLParser):
    """Note every element and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[str] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.shape.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def hidden(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} - {"\n"}


def skeleton(markdown: str) -> list[str]:
    """Return the lines of Markdown with its code blocks and code spans taken out, by GitHub's rules."""
    left: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        if fence:
            if re.fullmatch(f"{fence}`* *", line.strip()):
                fence = ""
            continue
        opening = re.match(r" {0,3}(`{3,})[^`]*$", line)
        if opening:
            fence = opening[1]
            left.append("FENCE")
        elif line.startswith("|"):
            # A cell ends at a pipe that no backslash stands before, in a code span or not.
            cells = re.split(r"(?<!\\)\|", line)
            left.append("|".join(without_spans(cell) for cell in cells))
        else:
            left.append(without_spans(line))
    assert not fence
    return left


def without_spans(text: str) -> str:
    """Return a text without its code spans: runs of backticks of the same length around anything."""
    left, at = "", 0
    while at < len(text):
        run = re.compile("`+").match(text, at)
        if run is None:
            left += text[at]
            at += 1
            continue
        closing = next((each for each in re.finditer("`+", text[run.end() :]) if each[0] == run[0]), None)
        if closing is None:
            left += run[0]
            at = run.end()
        else:
            left += "CODE"
            at = run.end() + closing.end()
    return left


@hostile
def test_a_page_has_the_same_elements_whatever_the_text(text: str) -> None:
    page = report_text(document(text), ".html")
    found, plain = Page(page), Page(report_text(document("zq"), ".html"))
    assert found.shape == plain.shape
    assert {name for name, _ in found.shape} <= TAGS | {f"/{name}" for name in TAGS}
    assert not [value for value in found.values if "zq" in value or "http" in value]
    assert not [
        name for _, names in found.shape for name in names if name.startswith("on") or name in {"href", "src"}
    ]
    assert found.other == []
    assert not hidden(found.text)
    assert "zq" in found.text


@hostile
def test_a_page_shows_the_text_itself(text: str) -> None:
    shown = re.sub("[\ufffe\uffff]", lambda each: f"\\u{ord(each[0]):04x}", visible(text))
    assert shown[:900] in Page(report_text(document(text), ".html")).text


@hostile
def test_junit_has_the_same_elements_and_holds_what_xml_allows(text: str) -> None:
    found = ET.fromstring(report_text(document(text), ".xml"))
    plain = ET.fromstring(report_text(document("zq"), ".xml"))

    def shape(root: ET.Element) -> list[tuple[str, list[str]]]:
        return [(each.tag, sorted(each.attrib)) for each in root.iter()]

    assert shape(found) == shape(plain)
    for each in found.iter():
        assert not hidden("".join([each.text or "", *each.attrib.values()]))
        assert not set("\ufffe\uffff") & set("".join([each.text or "", *each.attrib.values()]))


@hostile
def test_markdown_is_the_same_but_for_what_its_code_holds(text: str) -> None:
    page = report_text(document(text), ".md")
    found, plain = skeleton(page), skeleton(report_text(document("zq"), ".md"))
    assert found == plain
    assert not [line for line in found if "zq" in line or "@" in line or "http" in line]
    assert not hidden(page)


@hostile
def test_json_says_the_same(text: str) -> None:
    page = report_text(document(text), ".json")
    assert json.loads(page) == redact_values(dict(document(text)))
    assert page.isascii()
    assert not hidden(page)


@hostile
def test_a_terminal_is_shown_characters_only(text: str) -> None:
    said = SqlError("42703", text, detail=text, hint=text)
    error = MigrationFailed(text, text, version="1", file=text, place=Place(text, 1, 2, text), sql_error=said)
    verdict = Verdict(
        (result(object=text, expected=text, found={"x": text}, status="differs", rows={"reason": text}),)
    )
    for line in [*failure_lines(error), *verdict_lines(verdict)]:
        assert not hidden(line)


@hostile
def test_in_github_actions_no_line_is_taken_for_a_command(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    console = Console("text")
    for say in (console.say, console.note, console.progress):
        say(visible(text, lines=True))
    Console("json").document({"text": text})
    told = capsys.readouterr()
    for line in (told.out + told.err).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
    assert json.loads(told.out[told.out.index("{\n") :]) == {"text": text}


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1))
def test_no_text_at_all_changes_what_a_report_is_built_of(text: str) -> None:
    assert Page(report_text(document(text), ".html")).shape == Page(report_text(document("zq"), ".html")).shape
    assert skeleton(report_text(document(text), ".md")) == skeleton(report_text(document("zq"), ".md"))
    ET.fromstring(report_text(document(text), ".xml"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_report_is_what_it_is_every_time(suffix: str) -> None:
    assert report_text(document("zq"), suffix) == report_text(document("zq"), suffix)
