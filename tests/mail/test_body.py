from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sescli.mail.body import text_from_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>Ann</b>,</p><p>bye</p>", "Hello Ann,\n\nbye\n"),
        ("<h1>T</h1>\n<div>a</div>\n<div>b<br>c</div>", "T\n\na\nb\nc\n"),
        (
            '<a href="https://x.example/?a=1&amp;b=2">Start</a> now',
            "Start (https://x.example/?a=1&b=2) now\n",
        ),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example\n"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example\n"),
        ('<a href="https://x.example"><img alt="Logo" src="l.png"></a>', "Logo (https://x.example)\n"),
        ('<a href="https://x.example"><img src="l.png"></a>', "https://x.example\n"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d", "- a\n- b\n  - c\n\nd\n"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b\n"),
        ("<table><tr><td>Total</td><td>9.90</td></tr><tr><td>x</td></tr></table>", "Total  9.90\nx\n"),
        ("<head><title>t</title><style>p{}</style></head><script>x()</script><p>a</p>", "a\n"),
        ("a &lt; b &amp;&nbsp;c &#169;", "a < b & c ©\n"),
        ("<pre> a\n  b</pre>c", " a\n  b\n\nc\n"),
        ("a<!-- hidden -->b", "ab\n"),
        ("plain", "plain\n"),
        ("", "\n"),
    ],
)
def test_text_from_html(html: str, text: str) -> None:
    assert text_from_html(html) == text


@given(st.text(alphabet="<>/apbrliultd&;=\"' \n!-scripthe", max_size=60))
def test_any_html_gives_some_text(html: str) -> None:
    assert text_from_html(html).endswith("\n")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<![x b", "a\n"),
        ("a<![CDATA[ b ]]>c", "ac\n"),
        ("a<!-->b", "ab\n"),
        ("a<!-- b", "a\n"),
        ("1 < 2 <3", "1 < 2 <3\n"),
        ("a<?php b ?>c", "ac\n"),
        ("a</3>b", "ab\n"),
        ("<head><meta><body><p>a</p>", "a\n"),
        ("<title>a</title >b", "b\n"),
        ("<SCRIPT>if (a < b) { '</scripty>' }</SCRIPT>a", "a\n"),
        ("<a title=\"x > y\" href='https://x.example'>Go</a>", "Go (https://x.example)\n"),
        ("<a href=https://x.example/>Go</a>", "Go (https://x.example/)\n"),
        (
            '<a href="https://x.example"><a href="https://y.example">Go</a></a>',
            "https://x.exampleGo (https://y.example)\n",
        ),
        ("&#99999999999999999999; &#0000065; &#x41; &amp;lt;", "\N{REPLACEMENT CHARACTER} A A &lt;\n"),
        ("&#" + "9" * 5000, "\N{REPLACEMENT CHARACTER}\n"),
        ("<ul>" * 30 + "<li>a", "  " * 9 + "- a\n"),
        ("<a href='x", "\n"),
    ],
)
def test_html_that_is_not_closed_or_not_valid(html: str, text: str) -> None:
    assert text_from_html(html) == text
