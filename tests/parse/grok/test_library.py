"""Every pattern of both vocabularies compiles in the engine, and well-known ones match what they are for."""

from __future__ import annotations

import pytest

from prologue.parse.columns import quoted
from prologue.parse.grok.errors import GrokError
from prologue.parse.grok.expressions import groups, typed
from prologue.parse.grok.library import VOCABULARIES, load, read
from prologue.parse.grok.translate import translate


@pytest.fixture
def match(engine):
    """`match(expression, *lines)`: each line's fields, None where it does not match."""

    def run(expression, *lines, vocabulary="ecs"):
        grok = translate(expression, load(vocabulary))
        fields = ", ".join(
            f"{quoted(field.name)}, {typed(f'found[{field.groups[0]}]', field.type)}" for field in grok.fields
        )
        table = engine.arrow(
            f"SELECT found, map({fields}) AS fields "
            f"FROM (SELECT {groups('line', grok.regex, grok.fast, quoted)} AS found "
            "FROM (SELECT arrayJoin({lines:Array(String)}) AS line))",
            {"lines": list(lines)},
        )
        return [
            {key: text for key, text in row["fields"] if text} if row["found"] else None
            for row in table.to_pylist()
        ]

    return run


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_engine_compiles_every_pattern(engine, vocabulary):
    library = load(vocabulary)
    assert len(library) > 340
    expressions = []
    for name in library:
        grok = translate(f"%{{{name}}}", library)
        text = "materialize('x')"
        # The engine finds groups only where there are some.
        found = f"length({groups(text, grok.regex, grok.fast, quoted)})"
        expressions.append(found if grok.fields else f"match({text}, {quoted(f'(?-s:{grok.regex})')})")
    for start in range(0, len(expressions), 40):
        engine.command(f"SELECT {', '.join(expressions[start : start + 40])} FORMAT Null")


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_cheap_expressions_compile(engine, vocabulary):
    library = load(vocabulary)
    cheap = [grok.fast for name in library if (grok := translate(f"%{{{name}}}", library)).fast]
    assert len(cheap) > 30
    engine.command(
        f"SELECT {', '.join(f'match(materialize(1)::String, {quoted(e)})' for e in cheap)} FORMAT Null"
    )


NAMES_OF_THE_REFERENCE = (
    "WORD NOTSPACE GREEDYDATA DATA INT NUMBER BASE10NUM BASE16NUM BASE16FLOAT POSINT NONNEGINT "
    "QUOTEDSTRING QS UUID URN MAC CISCOMAC WINDOWSMAC COMMONMAC IP IPV4 IPV6 HOSTNAME IPORHOST HOSTPORT "
    "PATH UNIXPATH WINPATH TTY URI URIPROTO URIHOST URIPATH URIPARAM URIPATHPARAM MONTH MONTHNUM MONTHDAY "
    "DAY YEAR HOUR MINUTE SECOND TIME DATE DATE_US DATE_EU DATESTAMP TIMESTAMP_ISO8601 ISO8601_TIMEZONE "
    "TZ DATESTAMP_RFC822 DATESTAMP_RFC2822 DATESTAMP_OTHER HTTPDATE SYSLOGTIMESTAMP SYSLOGPROG SYSLOGHOST "
    "SYSLOGFACILITY SYSLOGBASE SYSLOGLINE SYSLOG5424LINE LOGLEVEL USERNAME USER EMAILADDRESS "
    "COMMONAPACHELOG COMBINEDAPACHELOG HTTPD_COMBINEDLOG HTTPD_ERRORLOG HAPROXYHTTP HAPROXYTCP "
    "S3_ACCESS_LOG ELB_ACCESS_LOG CLOUDFRONT_ACCESS_LOG BIND9 BRO_HTTP ZEEK_CONN EXIM CISCOFW106001 "
    "IPTABLES SHOREWALL SFW2 JAVACLASS JAVASTACKTRACEPART CATALINALOG TOMCATLOG RT_FLOW_EVENT RT_FLOW1 "
    "MAVEN_VERSION MCOLLECTIVE MONGO3_LOG NAGIOSLOGLINE POSTGRESQL RAILS3 REDISLOG RUBY_LOGGER SQUID3 "
    "BACULA_LOGLINE CRONLOG "
)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_names_of_the_reference_are_there(vocabulary):
    missing = [name for name in NAMES_OF_THE_REFERENCE.split() if name not in load(vocabulary)]
    assert missing == []


def test_an_access_log(match):
    line = (
        '203.0.113.7 - frank [10/Oct/2026:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326 "-" '
        '"Mozilla/5.0 (X11)"'
    )
    expected = {
        "source.address": "203.0.113.7",
        "user.name": "frank",
        "timestamp": "10/Oct/2026:13:55:36 -0700",
        "http.request.method": "GET",
        "url.original": "/a?b=1",
        "http.version": "1.1",
        "http.response.status_code": "200",
        "http.response.body.size": "2326",
        "user_agent.original": "Mozilla/5.0 (X11)",
    }
    assert match("%{COMBINEDAPACHELOG}", line, "pre " + line, "no such line") == [expected, expected, None]
    [legacy] = match("^%{COMBINEDAPACHELOG}$", line, vocabulary="legacy")
    assert (legacy["clientip"], legacy["auth"], legacy["agent"]) == (
        "203.0.113.7",
        "frank",
        '"Mozilla/5.0 (X11)"',
    )


CASES = {
    "an IPv6 address": ("^%{IP:ip}$", "2001:db8::8a2e:370:7334", {"ip": "2001:db8::8a2e:370:7334"}),
    "the loopback": ("^%{IP:ip}$", "::1", {"ip": "::1"}),
    "an IPv4 address in an IPv6": ("^%{IP:ip}$", "::ffff:192.0.2.1", {"ip": "::ffff:192.0.2.1"}),
    "a zone": ("^%{IPV6:ip} x$", "fe80::1%eth0 x", {"ip": "fe80::1%eth0"}),
    "a time is no address": ("^%{IP:ip}$", "10:20:30", None),
    "an address is not too long": ("^%{IPV4:ip}$", "300.1.1.1", None),
    "numbers": ("%{NUMBER:a:float} %{INT:b:int}", "-1.50 +07", {"a": "-1.5", "b": "7"}),
    "a number that is none": ("^%{NOTSPACE:a:int}$", "12x", {"a": "12x"}),
    "a truth": ("^%{WORD:a:bool}$", "True", {"a": "true"}),
    "a quoted string": ("%{QS:q} end", r'say "a \"b\" c" end', {"q": r'"a \"b\" c"'}),
    "a syslog line": (
        "%{SYSLOGLINE}",
        "Oct 11 22:14:15 mymachine sshd[4721]: failed",
        {
            "timestamp": "Oct 11 22:14:15",
            "host.hostname": "mymachine",
            "process.name": "sshd",
            "process.pid": "4721",
            "message": "failed",
        },
    ),
    "the first line of several": (
        "^%{WORD:a} %{GREEDYDATA:rest}$",
        "one two\nthree",
        {"a": "one", "rest": "two"},
    ),
    "an empty field": ("^a%{DATA:x}b$", "ab", {}),
    "an ISO time": (
        "%{TIMESTAMP_ISO8601:t}",
        "at 2026-11-26T01:02:03.456+08:00!",
        {"t": "2026-11-26T01:02:03.456+08:00"},
    ),
    "an e-mail address": ("%{EMAILADDRESS:m}", "to a.b@example.com", {"m": "a.b@example.com"}),
}


@pytest.mark.parametrize(("expression", "line", "expected"), CASES.values(), ids=CASES)
def test_matches(match, expression, line, expected):
    assert match(expression, line) == [expected]


def test_cheap_and_exact_agree_on_real_lines(engine):
    """Every pattern with a cheap expression, over lines of every kind, in the engine itself."""
    lines = [line for _, line, _ in CASES.values()] + [
        '10.0.0.1 - - [10/Oct/2026:13:55:36 -0700] "GET / HTTP/1.1" 200 - "-" "-"',
        "[Fri Sep 09 10:42:29.902022 2026] [core:error] [pid 35708:tid 43286] [client 72.15.9.18:1] missing",
        '1.2.3.4 - - [x] "bad" 400 0 "-" "-"',
        "I, [2026-11-26T01:02:03.456789 #77]  INFO -- app: hello",
        "2026-11-26T01:02:03.456+0000 I NETWORK  [listener] connection accepted",
    ]
    for vocabulary in VOCABULARIES:
        for name in load(vocabulary):
            grok = translate(f"%{{{name}}}", load(vocabulary))
            if grok.fast and grok.fields:
                exact, fast = quoted(f"^(?-s:{grok.regex})"), quoted(f"(?-s:{grok.fast})")
                table = engine.arrow(
                    "SELECT line FROM (SELECT arrayJoin({lines:Array(String)}) AS line) "
                    f"WHERE match(line, {exact}) "
                    f"AND extractGroups(line, {exact}) != extractGroups(line, {fast})",
                    {"lines": lines},
                )
                assert table.num_rows == 0, (name, table.to_pylist())


def test_a_definition_without_an_expression_is_refused():
    with pytest.raises(GrokError, match="line 2 defines nothing"):
        read("A a\nB\n")


def test_an_unknown_vocabulary_is_refused():
    with pytest.raises(GrokError, match="there is no pattern vocabulary `ecs-v8`"):
        load("ecs-v8")
