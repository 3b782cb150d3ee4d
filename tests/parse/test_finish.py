# ruff: noqa: E501  (lines as programs write them)
"""Which level a line has, by what real programs write."""

from __future__ import annotations

import pytest

from prologue.model.payload import Payload, PayloadFormat

NOW = 1_795_800_000_000_000_000

# Program, line, level.
LINES = [
    ("nginx error n", "info", "2026/11/23 10:00:00 [notice] 1#1: start worker processes"),
    (
        "nginx error",
        "error",
        '2026/11/23 10:00:00 [error] 31#31: *1 open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory), client: 10.0.0.1',
    ),
    (
        "nginx access",
        "unknown",
        '10.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /api/items HTTP/1.1" 200 612 "-" "curl/7.88.1"',
    ),
    (
        "nginx access path",
        "unknown",
        '10.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /error/page HTTP/1.1" 200 612 "-" "curl/7.88.1"',
    ),
    (
        "nginx access path2",
        "unknown",
        '10.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /error HTTP/1.1" 200 612 "-" "curl/7.88.1"',
    ),
    (
        "nginx access path3",
        "unknown",
        '10.0.0.1 - - [23/Nov/2026:10:00:00 +0000] "GET /api/info HTTP/1.1" 200 612 "-" "curl/7.88.1"',
    ),
    (
        "apache error",
        "error",
        "[Mon Nov 23 10:00:00.123456 2026] [core:error] [pid 1:tid 2] [client 10.0.0.1:5] AH00126: Invalid URI in request",
    ),
    (
        "apache notice",
        "info",
        "[Mon Nov 23 10:00:00.123456 2026] [mpm_event:notice] [pid 1:tid 2] AH00489: Apache/2.4 configured",
    ),
    (
        "apache warn",
        "warn",
        "[Mon Nov 23 10:00:00.123456 2026] [ssl:warn] [pid 1] AH01906: server certificate is a CA",
    ),
    ("rfc3164", "unknown", "Nov 23 10:00:00 host sshd[12]: Accepted publickey for root"),
    ("rfc3164 sshd", "error", "Nov 23 10:00:00 host sshd[12]: error: PAM: Authentication failure"),
    ("rfc3164 pri", "error", "<11>Nov 23 10:00:00 host app[12]: something broke"),
    ("rfc5424 pri", "info", "<14>1 2026-11-23T10:00:00.003Z host app 123 ID47 - plain message"),
    (
        "rfc5424 crit",
        "critical",
        "<34>1 2026-10-11T22:14:15.003Z mymachine.example.com su - ID47 - BOM'su root' failed for lonvick on /dev/pts/8",
    ),
    (
        "journald short",
        "info",
        "Nov 23 10:00:00 host systemd[1]: Started Daily apt download activities, info here.",
    ),
    ("klog E", "error", "E1123 10:00:00.123456    1 reflector.go:147] failed to get info about error pods"),
    ("klog W", "warn", "W1123 10:00:00.123456    1 warnings.go:70] unknown field, info follows"),
    ("klog I", "info", "I1123 10:00:00.123456    1 main.go:10] retry after error in loop"),
    ("klog F", "fatal", "F1123 10:00:00.123456    1 main.go:10] exiting on error now"),
    ("cockroach", "info", "I261123 10:00:00.123456 1 server/node.go:1 ⋮ [n1] 1 node started"),
    ("logback", "error", "10:00:00.123 [main] ERROR com.example.App - failed"),
    ("spring", "warn", "2026-11-23T10:00:00.123Z  WARN 1 --- [           main] c.e.App : hikari info"),
    ("log4j2", "info", "2026-11-23 10:00:00,123 INFO  [main] org.apache.Foo: retry error"),
    (
        "log4j1",
        "debug",
        "[2026-11-23 10:00:00,123] DEBUG [Controller id=0] x (kafka.controller.KafkaController)",
    ),
    (
        "kafka",
        "info",
        "[2026-11-23 10:00:00,123] INFO [GroupCoordinator 0]: x (kafka.coordinator.group.GroupCoordinator)",
    ),
    ("python logging default", "error", "ERROR:root:bad thing"),
    ("python logging default w", "warn", "WARNING:urllib3.connectionpool:Retrying"),
    ("python logging fmt", "error", "2026-11-23 10:00:00,123 - root - ERROR - msg"),
    ("uvicorn", "info", 'INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK'),
    ("gunicorn", "info", "[2026-11-23 10:00:00 +0000] [1] [INFO] Starting gunicorn 20.1.0"),
    ("celery", "error", "[2026-11-23 10:00:00,123: ERROR/ForkPoolWorker-1] Task x raised"),
    ("celery i", "info", "[2026-11-23 10:00:00,123: INFO/MainProcess] Task x received"),
    ("zap console", "info", '2026-11-23T10:00:00.000Z\tINFO\tserver/main.go:12\tstarted\t{"port": 80}'),
    ("zap json", "error", '{"level":"error","ts":1790000000.1,"caller":"x.go:1","msg":"bad"}'),
    ("zap stack", "error", "2026-11-23T10:00:00.000Z\tERROR\tserver/main.go:12\tinfo"),
    ("logrus", "warn", 'time="2026-11-23T10:00:00Z" level=warning msg="info about thing"'),
    ("logrus text", "fatal", "FATA[0000] cannot start"),
    ("logrus info", "info", "INFO[0000] started"),
    ("logrus err", "error", "ERRO[0012] bad"),
    ("logrus w", "warn", "WARN[0012] hm"),
    ("pino", "info", '{"level":30,"time":1790000000000,"pid":1,"hostname":"h","msg":"hello"}'),
    (
        "bunyan",
        "error",
        '{"name":"myapp","hostname":"h","pid":1,"level":50,"msg":"boom","time":"2026-11-23T10:00:00.000Z","v":0}',
    ),
    ("winston json", "warn", '{"level":"warn","message":"careful","timestamp":"2026-11-23T10:00:00.000Z"}'),
    ("winston simple", "error", 'error: cannot connect {"service":"x"}'),
    ("rails logger", "error", "E, [2026-11-23T10:00:00.123456 #1] ERROR -- : boom"),
    ("rails", "info", "I, [2026-11-23T10:00:00.123456 #1]  INFO -- : [abc] Completed 200 OK with error page"),
    (
        "postgres LOG",
        "info",
        "2026-11-23 10:00:00.123 UTC [1] LOG:  database system is ready to accept connections",
    ),
    (
        "postgres ERROR",
        "error",
        '2026-11-23 10:00:00.123 UTC [55] ERROR:  relation "x" does not exist at character 15',
    ),
    (
        "postgres FATAL",
        "fatal",
        '2026-11-23 10:00:00.123 UTC [55] FATAL:  password authentication failed for user "x"',
    ),
    ("postgres PANIC", "fatal", "2026-11-23 10:00:00.123 UTC [55] PANIC:  could not write"),
    ("postgres user@db", "error", "2026-11-23 10:00:00 UTC [55] app@app ERROR:  deadlock detected"),
    (
        "mysql8 sys",
        "info",
        "2026-11-23T10:00:00.123456Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld starting as process 1",
    ),
    ("mysql8 err", "error", "2026-11-23T10:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting"),
    (
        "mysql8 warn",
        "warn",
        "2026-11-23T10:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed.",
    ),
    ("mysql note", "info", "2026-11-23 10:00:00 0 [Note] InnoDB: Using Linux native AIO"),
    ("redis warn", "warn", "1:M 23 Nov 2026 10:00:00.123 # WARNING overcommit_memory is set to 0!"),
    ("redis", "unknown", "1:M 23 Nov 2026 10:00:00.123 * Ready to accept connections"),
    (
        "mongo",
        "info",
        '{"t":{"$date":"2026-11-23T10:00:00.123+00:00"},"s":"I","c":"NETWORK","id":23015,"ctx":"listener","msg":"Listening on"}',
    ),
    (
        "mongo E",
        "error",
        '{"t":{"$date":"2026-11-23T10:00:00.123+00:00"},"s":"E","c":"STORAGE","id":22435,"ctx":"init","msg":"WiredTiger error"}',
    ),
    ("dotnet info", "info", "info: Microsoft.Hosting.Lifetime[14]"),
    ("dotnet fail", "error", "fail: Microsoft.AspNetCore.Server.Kestrel[13]"),
    ("dotnet crit", "critical", "crit: Microsoft.AspNetCore[6]"),
    ("dotnet dbug", "debug", "dbug: Microsoft.Extensions.Hosting.Internal.Host[1]"),
    ("dotnet trce", "trace", "trce: x[1]"),
    ("serilog", "info", "[10:00:00 INF] Starting up"),
    ("serilog e", "error", "[10:00:00 ERR] Failed"),
    ("serilog w", "warn", "2026-11-23 10:00:00.123 +00:00 [WRN] slow"),
    ("serilog f", "fatal", "[10:00:00 FTL] dead"),
    ("serilog v", "trace", "[10:00:00 VRB] x"),
    ("elastic", "info", "[2026-11-23T10:00:00,000][INFO ][o.e.n.Node               ] [node-1] starting ..."),
    ("elastic w", "warn", "[2026-11-23T10:00:00,000][WARN ][o.e.b.BootstrapChecks] x"),
    ("envoy", "info", "[2026-11-23 10:00:00.000][1][info][main] [source/server/server.cc:404] initializing"),
    ("envoy c", "critical", "[2026-11-23 10:00:00.000][1][critical][main] x"),
    ("rust tracing", "info", "2026-11-23T10:00:00.000000Z  INFO app::server: listening"),
    (
        "rust ansi",
        "error",
        "\x1b[2m2026-11-23T10:00:00.000000Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mapp\x1b[0m: boom",
    ),
    ("env_logger", "error", "[2026-11-23T10:00:00Z ERROR app] boom"),
    ("traefik", "info", 'time="2026-11-23T10:00:00Z" level=info msg="Configuration loaded"'),
    (
        "traefik3",
        "info",
        "2026-11-23T10:00:00Z INF github.com/traefik/traefik/v3/cmd/traefik/traefik.go:114 > Traefik version",
    ),
    ("traefik3e", "error", '2026-11-23T10:00:00Z ERR error="x" '),
    ("consul", "info", "2026-11-23T10:00:00.000Z [INFO]  agent: Starting: error"),
    ("haproxy", "warn", "[WARNING] 326/100000 (1) : Server is DOWN"),
    ("haproxy n", "info", "[NOTICE]   (1) : New worker forked"),
    ("haproxy a", "critical", "[ALERT] 326/100000 (1) : Starting frontend: cannot bind"),
    ("jul", "error", "SEVERE: Exception sending context initialized event"),
    ("php-fpm", "info", "[23-Nov-2026 10:00:00] NOTICE: fpm is running, pid 1"),
    ("php err", "fatal", "[23-Nov-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception: boom in /x.php:3"),
    ("php warn", "warn", "PHP Warning:  Undefined variable $x in /x.php on line 3"),
    ("rabbitmq", "info", "2026-11-23 10:00:00.123456+00:00 [info] <0.222.0> Server startup complete"),
    ("erlang", "error", "2026-11-23 10:00:00.123 [error] <0.222.0> CRASH REPORT"),
    (
        "docker daemon",
        "info",
        'time="2026-11-23T10:00:00.123456789Z" level=info msg="Loading containers: done."',
    ),
    (
        "auditd",
        "unknown",
        'type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no exit=-13 comm="cat" exe="/bin/cat" key="sshd_config"',
    ),
    ("cassandra", "info", "INFO  [main] 2026-11-23 10:00:00,123 CassandraDaemon.java:650 - Startup complete"),
    ("hdfs", "error", "2026-11-23 10:00:00,123 ERROR org.apache.hadoop.hdfs.server.datanode.DataNode: x"),
    ("zookeeper", "info", "2026-11-23 10:00:00,123 [myid:1] - INFO  [main:QuorumPeer@1] - x"),
    ("go panic", "fatal", "panic: runtime error: index out of range"),
    ("java stack", "unknown", "\tat com.example.ErrorHandler.handle(ErrorHandler.java:10)"),
    ("prose", "unknown", "user 5 looked at https://example.com/docs/info and left"),
    ("caddy", "info", '{"level":"info","ts":1790000000.1,"logger":"http","msg":"server running"}'),
    ("gcp", "info", '{"severity":"INFO","message":"x"}'),
    ("ecs", "info", '{"@timestamp":"2026-11-23T10:00:00.000Z","log.level":"info","message":"x"}'),
    ("clef w", "warn", '{"@t":"2026-11-23T10:00:00.0Z","@mt":"hi","@l":"Warning"}'),
    ("structlog", "info", "2026-11-23 10:00:00 [info     ] user_logged_in                 user=x"),
    ("loguru", "warn", "2026-11-23 10:00:00.123 | WARNING  | __main__:<module>:1 - x"),
    ("glog vlog", "info", "I20261123 10:00:00.123456     1 main.cc:10] hello"),
    ("logfmt err", "error", 'ts=2026-11-23T10:00:00Z caller=x.go level=error err="info missing"'),
    ("logfmt nolevel", "unknown", "ts=2026-11-23T10:00:00Z method=GET status=200 duration=1ms"),
    ("dmesg", "unknown", "[    0.000000] Linux version 6.1.0"),
    ("kernel", "error", "Nov 23 10:00:00 host kernel: [1.2] EXT4-fs error (device sda1): x"),
    ("dpkg", "unknown", "2026-11-23 10:00:00 status installed libc6:amd64 2.36"),
]


@pytest.fixture
def levels(parse):
    """The level of each line, all parsed at once."""
    data = "\n".join(line for _, _, line in LINES).encode()
    return {r["body"]: r["level"] for r in parse(Payload("default", PayloadFormat.LINES, data, NOW))}


def test_levels_of_what_programs_write(levels):
    wrong = {
        program: (level, levels[line.encode()])
        for program, level, line in LINES
        if levels[line.encode()] != level
    }
    assert wrong == {}, "expected and found, by program"


@pytest.mark.parametrize(
    ("labels", "line", "level"),
    [
        ({"level": "ERROR"}, "all is well", "error"),
        ({"app": "x", "severity": "warning"}, "level=info msg=x", "warn"),
        ({"app": "x", "detected_level": "debug"}, "x", "debug"),
        ({"level": "purple"}, "level=info msg=x", "info"),
        ({"sea_level": "error"}, "x", "unknown"),
        ({"note": '","level":"error'}, "x", "unknown"),
        ({"note": "level", "app": "error"}, "x", "unknown"),
    ],
)
def test_a_level_that_is_a_stream_label_counts(parse, labels, line, level):
    (row,) = parse(Payload("default", PayloadFormat.LINES, line.encode(), NOW, labels=labels))
    assert row["level"] == level
