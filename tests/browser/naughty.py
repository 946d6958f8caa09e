"""Strings that break programs: markup that runs, words that other languages act on, characters that hide or pile up.

`STRINGS` are put together from templates, so that each kind of payload meets each way to quote and to encode it. What
runs sets `window.__xss`. None holds a lone surrogate: no form and no database can.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

RUNS = ("window.__xss=1", "alert(1)")
SCRIPTS = (
    "<script>{0}</script>",
    "<ScRiPt >{0}</sCrIpT >",
    "<script\n>{0}</script\n>",
    "<script/x>{0}</script>",
    '"><script>{0}</script>',
    "'><script>{0}</script>",
    "</textarea><script>{0}</script>",
    "</title></h1><script>{0}</script>",
    "</option></select><script>{0}</script>",
    "--><script>{0}</script><!--",
    "]]><script>{0}</script>",
    "<<script>{0}//<</script>",
    "<scr<script>ipt>{0}</scr</script>ipt>",
    "<script>{0}",
    "<script src='data:text/javascript,{0}'></script>",
    "&lt;script&gt;{0}&lt;/script&gt;",
    "&#60;script&#62;{0}&#60;/script&#62;",
    "&#x3c;script&#x3e;{0}&#x3c;/script&#x3e;",
    "\\u003cscript\\u003e{0}\\u003c/script\\u003e",
    "\\x3cscript\\x3e{0}\\x3c/script\\x3e",
    "+ADw-script+AD4-{0}+ADw-/script+AD4-",
    "\uff1cscript\uff1e{0}\uff1c/script\uff1e",
    "\u2039script\u203a{0}",
)
ELEMENTS = (
    "<img src=x onerror={0}>",
    "<img src=`x` onerror={0}>",
    "<svg onload={0}>",
    "<svg><script>{0}</script></svg>",
    "<svg><animate onbegin={0} attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror={0}></math>",
    "<body onload={0}>",
    "<input autofocus onfocus={0}>",
    "<select autofocus onfocus={0}>",
    "<details open ontoggle={0}>",
    "<video><source onerror={0}>",
    "<audio src=x onerror={0}>",
    "<iframe srcdoc='<script>parent.{0}</script>'>",
    "<object data='javascript:{0}'>",
    "<form action='javascript:{0}'><button autofocus>x</button></form>",
    "<style>@import 'javascript:{0}'; body {{display: none}}</style>",
    "<link rel=stylesheet href='data:text/css,*{{display:none}}'>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<base href='javascript:{0}//'>",
    "<p style='position:fixed;inset:0' onpointerover={0}>",
    "<template><img src=x onerror={0}></template>",
    "<noscript><img src=x onerror={0}></noscript>",
)
AROUND = ("{0}", '">{0}', "'>{0}", "</textarea>{0}", "<!--{0}", "\x00{0}")
ATTRIBUTES = (
    '" onmouseover={0} x="',
    "' onmouseover={0} x='",
    "` onmouseover={0} ",
    '" autofocus onfocus={0} "',
    "'-{0}-'",
    "';{0};//",
)
ADDRESSES = (
    "javascript:{0}",
    "JaVaScRiPt:{0}",
    " javascript:{0}",
    "java\tscript:{0}",
    "java\nscript:{0}",
    "\x01javascript:{0}",
    "javascript&colon;{0}",
    "data:text/html,<script>{0}</script>",
    "vbscript:{0}",
    "view-source:javascript:{0}",
)
SUMS = ("7*7", "config", "self.__class__.__mro__", "'a'.join([])")
MARKS = (
    "{{{{{0}}}}}",
    "${{{0}}}",
    "#{{{0}}}",
    "<%= {0} %>",
    "{{% print({0}) %}}",
    "[[${{{0}}}]]",
    "@({0})",
    "*{{{0}}}",
    "{{{{{0}|safe}}}}",
)
SQL = (
    "OR 1=1",
    "; DROP TABLE message; --",
    "UNION SELECT password FROM account",
    "); DELETE FROM audit; --",
    "|| (SELECT 1)",
)
QUOTES = ("'", '"', "')", "\\'", "%27", "`")
SHELL = (
    "; cat /etc/passwd",
    "| id",
    "$(id)",
    "`id`",
    "&& id",
    "> /dev/null",
    "\n id",
    "|| ping -c 1 127.0.0.1",
    "%0a id",
    "() { :; }; id",
)
FORMATS = (
    "%s%s%s%n",
    "%x%x%x",
    "%(text)s",
    "%d",
    "{0}",
    "{}",
    "{text.__class__}",
    "{0.__init__.__globals__}",
    "%%",
    "$1 \\1 &",
    "%c0%ae",
)
HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u061c\u180e\u2028\u2029\u115f\u3164\u2800"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
EMOJI = (
    "🚓🚨👮",
    "👩‍👩‍👧‍👦",
    "👮🏿‍♀️",
    "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "1️⃣2️⃣",
    "❤️‍🔥",
    "🇬🇧🇬",
    "😀" * 60,
    "¯\\_(ツ)_/¯",
    "(╯°□°)╯︵ ┻━┻",
)
WIDE = (
    "𝓗𝓮𝓵𝓹 𝕞𝕖",
    "\U0001f600\U00010348\U0010ffff",
    "\ufffd\ufffe\uffff",
    "Ａｍ Ｉ ｓａｆｅ",
    "раураl",
    "ß ẞ ﬁ İ ı ǆ Σς",
    "ﷺ﷽",
    "ᚠᛇᚻ",
    "𒀀𒁀",
    "مرحبا، أنا في خطر",
    "שלום، עזרה",
    "ظ" * 40 + "<b>x</b>",
    "नमस्ते",
    "助けて",
    "Ŵŷŵ Ÿ",
    "Z̷a̷",
    "\u0e49" * 50,
)
PATHS = (
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "/etc/passwd\x00.txt",
    "file:///etc/passwd",
    "....//....//x",
)
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://127.0.0.1/","x")',
)
XML = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<x xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></x>",
    "&amp;&lt;&nbsp;&#0;&#x1F600;&notanentity;",
)
HEADERS = (
    "Set-Cookie: responder=x",
    "Location: http://127.0.0.1/",
    "Content-Length: 0\r\n\r\n<script>alert(1)</script>",
)
NOTHING = (
    "null",
    "undefined",
    "None",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "1e309",
    "0x10",
    "true",
    "[]",
    "{}",
    "__proto__",
    "constructor",
    "[object Object]",
    "\\",
    "\\\\",
    "\\n",
    "//",
    "/restart",
    '/greet{"x": 1}',
    "-- ",
    "#",
    '"',
    "'",
    "`",
    "<",
    ">",
    "&",
    "%",
    ".",
    "…",
    " leading",
    "trailing ",
    "two  spaces",
    "a\n\n\n\nb",
    "a\tb",
    "a\r\nb\rc",
    "${jndi:ldap://127.0.0.1/x}",
    "CON",
    "nul.txt",
)


def _made() -> Iterator[str]:
    for template, run in product(SCRIPTS, RUNS):
        yield template.format(run)
    for around, element in product(AROUND, ELEMENTS):
        yield around.format(element.format(RUNS[0]))
    for template, run in product((*ATTRIBUTES, *ADDRESSES), RUNS):
        yield template.format(run)
    for mark, what in product(MARKS, SUMS):
        yield mark.format(what)
    for mark, what in product(QUOTES, SQL):
        yield f"x{mark} {what}"
    yield from (f"hello{one}" for one in SHELL)
    yield from FORMATS
    yield from (f"kn{one}ife {one}" for one in (*HIDDEN, *TURNING))
    yield f"He has a {TURNING[4]}<script>{RUNS[0]}</script>{TURNING[2]} knife"
    yield from (*EMOJI, *WIDE, *PATHS, *XML, *NOTHING)
    yield from (quote(path, safe="") for path in PATHS)
    yield from FORMULAS
    for ending, header in product(("\r\n", "\n", "%0d%0a", "\u560d\u560a"), HEADERS):
        yield f"hello{ending}{header}"
    yield from (f"a{chr(code)}b" for code in (*range(0x20), 0x7F, 0x80, 0x85, 0x9F))
    for marks in ("\u0300\u0301\u0302\u0303", "\u0489", "\u20dd\u20e3"):
        yield "".join(letter + marks * 6 for letter in "zalgo")
    yield from ("w" * 3_000, "w" * 400 + "<script>" + RUNS[0] + "</script>", "<b>" * 300, "&" * 500)
    yield "\u202e" * 100 + "x"


STRINGS = tuple(dict.fromkeys(_made()))
