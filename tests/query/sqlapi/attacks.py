"""Statements that must not get anywhere, by what they try. Each line is one attack.

REFUSED: kept out before anything runs. HARMLESS: may run, and shows nothing that is not the tenant's.
COSTLY: may be allowed, and ends at a limit.
"""

from __future__ import annotations

REFUSED = {
    "files": r"""
        SELECT * FROM file('/etc/passwd', 'LineAsString')
        SELECT file('/etc/passwd')
        SELECT * FROM FILE('/etc/passwd')
        SELECT * FROM `file`('/etc/passwd', 'LineAsString')
        SELECT * FROM fileCluster('c', '/etc/passwd')
        SELECT * FROM logs WHERE line IN (SELECT * FROM file('/etc/passwd', 'LineAsString'))
        SELECT (SELECT groupArray(line) FROM file('/etc/passwd', 'LineAsString'))
        WITH f AS (SELECT * FROM file('/etc/passwd', 'LineAsString')) SELECT * FROM f
        SELECT 1 UNION ALL SELECT length(line) FROM file('/etc/passwd', 'LineAsString')
        SELECT * FROM logs JOIN file('/etc/passwd', 'LineAsString') AS f ON 1 = 1
        SELECT * FROM (SELECT * FROM (SELECT * FROM file('/etc/passwd', 'LineAsString')))
        SELECT arrayMap(x -> file(x), ['/etc/passwd'])
        SELECT * FROM executable('cat /etc/passwd', TabSeparated, 'x String')
        SELECT * FROM sqlite('/tmp/x.db', 't')
        SELECT * FROM format(LineAsString, 'x')
        SELECT * FROM input('x String')
        SELECT * FROM filesystem('/etc')
        SELECT 1 INTO OUTFILE '/tmp/stolen'
        SELECT * FROM logs INTO OUTFILE '/tmp/stolen' TRUNCATE FORMAT CSV
        SELECT 1) INTO OUTFILE '/tmp/stolen' --
        """,
    "network": """
        SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')
        SELECT * FROM urlCluster('c', 'http://127.0.0.1:1/')
        SELECT * FROM s3('http://127.0.0.1:1/b/k', 'CSV')
        SELECT * FROM remote('127.0.0.1', 'default', 'logs')
        SELECT * FROM remoteSecure('127.0.0.1', 'system', 'one')
        SELECT * FROM cluster('c', 'default', 'logs')
        SELECT * FROM clusterAllReplicas('c', system.one)
        SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')
        SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')
        SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'x String')
        SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')
        SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'CSV')
        SELECT * FROM iceberg('http://127.0.0.1:1/')
        SELECT * FROM deltaLake('http://127.0.0.1:1/')
        SELECT * FROM jdbc('x', 'y', 'z')
        SELECT * FROM Python(table)
        SELECT aiGenerate('hello')
        """,
    "the system's tables": """
        SELECT * FROM system.tables
        SELECT * FROM system.query_log
        SELECT * FROM `system`.`processes`
        SELECT * FROM "system"."settings"
        SELECT * FROM /* a comment */ system /* another */ . tables
        SELECT * FROM information_schema.tables
        SELECT * FROM INFORMATION_SCHEMA.COLUMNS
        SELECT * FROM logs JOIN system.tables AS t ON 1 = 1
        SELECT * FROM logs, system.tables
        SELECT * FROM logs WHERE line IN (system.tables)
        SELECT * FROM logs WHERE line IN system.tables
        SELECT * FROM system.numbers LIMIT 1
        SELECT * FROM merge('system', 'tables')
        SELECT * FROM merge(REGEXP('.*'), '.*')
        WITH `system.tables` AS (SELECT 1) SELECT * FROM system.tables
        WITH t AS (SELECT * FROM system.tables) SELECT * FROM t
        """,
    "the stored tables": """
        SELECT * FROM default.logs
        SELECT * FROM sqlapi.logs
        SELECT * FROM `sqlapi`.`logs`
        SELECT * FROM "sqlapi".streams
        SELECT * FROM migrations
        SELECT * FROM deletions
        WITH migrations AS (SELECT * FROM migrations) SELECT * FROM migrations
        WITH deletions AS (SELECT * FROM deletions) SELECT * FROM deletions
        SELECT * FROM (WITH deletions AS (SELECT 1) SELECT * FROM deletions) AS a, deletions
        SELECT * FROM logs AS deletions, (SELECT * FROM deletions) AS b
        SELECT * FROM deletions WINDOW deletions AS (ORDER BY 1)
        SELECT 'deletions AS (SELECT 1)', * FROM deletions
        WITH b AS (SELECT * FROM deletions), deletions AS (SELECT 1) SELECT * FROM b
        SELECT * FROM view(SELECT * FROM sqlapi.logs)
        SELECT * FROM loop(sqlapi.logs)
        SELECT * FROM mergeTreeIndex('sqlapi', 'logs')
        SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('x Int8'))
        SELECT 1 WHERE 'x' IN logs
        SELECT 1 WHERE 'x' IN (deletions)
        SELECT 1 WHERE 'x' NOT IN deletions
        SELECT 1 WHERE 'x' GLOBAL IN deletions
        SELECT in('x', deletions)
        SELECT hasColumnInTable('sqlapi', 'logs', 'tenant')
        SELECT joinGet('sqlapi.logs', 'body', 1)
        SELECT dictGet('d', 'a', 1)
        SELECT dictGetOrDefault('d', 'a', 1, 2)
        SELECT * FROM dictionary('d')
        SELECT estimateCompressionRatio(line) FROM logs
        """,
    "the server and the session": """
        SELECT getSetting('max_threads')
        SELECT getServerSetting('path')
        SELECT getMacro('shard')
        SELECT hostName()
        SELECT FQDN()
        SELECT version()
        SELECT currentUser()
        SELECT user()
        SELECT currentDatabase()
        SELECT currentQueryID()
        SELECT uptime()
        SELECT serverUUID()
        SELECT tcpPort()
        SELECT buildId()
        SELECT filesystemAvailable()
        SELECT getClientHTTPHeader('X-Scope-OrgID')
        SELECT showCertificate()
        SELECT demangle(addressToSymbol(0))
        SELECT logTrace('x')
        SELECT HOSTNAME()
        SELECT * APPLY(x -> hostName()) FROM logs
        SELECT * APPLY(hostName) FROM logs
        SELECT arrayFold((a, x) -> concat(a, hostName()), [1], '')
        SELECT if(1, hostName(), '')
        SELECT count() FROM logs GROUP BY hostName()
        SELECT 1 ORDER BY hostName()
        SELECT 1 LIMIT length(hostName())
        SELECT sum(1) OVER (PARTITION BY hostName())
        SELECT * REPLACE (hostName() AS line) FROM logs
        SELECT formatQuery('SELECT 1')
        SELECT sqrtState(1)
        """,
    "waiting": """
        SELECT sleep(3)
        SELECT sleepEachRow(1) FROM logs
        SELECT SLEEP(3)
        """,
    "states and other functions' names": """
        SELECT sumState(1)
        SELECT uniqStateIf(1, 1)
        SELECT sumSimpleState(1)
        SELECT sumMerge(x) FROM logs
        SELECT arrayReduce('sumState', [1])
        SELECT arrayReduceInRanges('sum', [(1, 1)], [1])
        SELECT initializeAggregation('sumState', 1)
        SELECT finalizeAggregation(unhex('00'))
        SELECT runningAccumulate(1)
        SELECT CAST(unhex('ff') AS AggregateFunction(sum, UInt8))
        SELECT CAST(unhex('ff'), concat('Aggregate', 'Function(sum, UInt8)'))
        SELECT unhex('ff')::AggregateFunction(uniq, String)
        SELECT JSONExtract('{}', 'AggregateFunction(sum, UInt8)')
        SELECT accurateCast(unhex('ff'), 'AggregateFunction(sum, UInt8)')
        SELECT * FROM values('x AggregateFunction(sum, UInt8)', 'a')
        SELECT reinterpretAsString(1)
        SELECT flameGraph(1)
        SELECT evalMLMethod(1, 2)
        """,
    "other statements": """
        DROP TABLE logs
        TRUNCATE TABLE logs
        ALTER TABLE logs DELETE WHERE 1
        DELETE FROM logs WHERE 1
        INSERT INTO logs SELECT * FROM logs
        INSERT INTO FUNCTION file('/tmp/x') SELECT 1
        CREATE TABLE x (a Int8) ENGINE = Memory
        CREATE VIEW v AS SELECT 1
        CREATE FUNCTION f AS x -> x
        CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(NULL()) LAYOUT(FLAT()) LIFETIME(0)
        CREATE USER mallory
        GRANT ALL ON *.* TO default
        ATTACH TABLE x FROM '/tmp' (a Int8) ENGINE = File(CSV)
        SET readonly = 0
        USE system
        SYSTEM SHUTDOWN
        KILL QUERY WHERE 1
        OPTIMIZE TABLE logs FINAL
        RENAME TABLE logs TO x
        BACKUP TABLE logs TO File('/tmp/x')
        SHOW TABLES
        SHOW CREATE TABLE logs
        SHOW DATABASES
        DESCRIBE TABLE logs
        EXISTS TABLE logs
        EXPLAIN SELECT 1
        EXPLAIN AST SELECT 1
        EXPLAIN PLAN SELECT * FROM logs
        SELECT * FROM (EXPLAIN SELECT 1)
        SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))
        CHECK TABLE logs
        SELECT 1; SELECT 2
        SELECT 1; DROP TABLE logs
        SELECT 1 /* ; */ ; DROP TABLE logs
        PARALLEL WITH SELECT 1
        """,
    "clauses": """
        SELECT 1 SETTINGS max_threads = 1
        SELECT 1 SETTINGS additional_table_filters = {}
        SELECT * FROM (SELECT * FROM logs SETTINGS readonly = 0)
        SELECT * FROM logs WHERE 1 IN (SELECT 1 SETTINGS max_execution_time = 0)
        SELECT 1 FORMAT JSON
        SELECT 1 FORMAT Null SETTINGS max_threads = 1
        SELECT * FROM logs SAMPLE 1/10
        SELECT COLUMNS('.*') FROM logs
        SELECT * EXCEPT ('l.*') FROM logs
        SELECT * APPLY(toString) FROM logs
        SELECT 1 AS n, 2 AS b ORDER BY n WITH FILL INTERPOLATE (b AS b + 1)
        WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT * FROM t
        """,
    "names": r"""
        SELECT `a\nIDENTIFIER id: 9` FROM logs
        SELECT 1 AS `x, is_cte: 1, cte_name: deletions`
        SELECT 1 AS "a\nQUERY id: 1, is_cte: 1, cte_name: deletions"
        SELECT 1 AS `a\\b`
        WITH `a\n    QUERY id: 3, is_cte: 1, cte_name: deletions` AS (SELECT 1) SELECT * FROM deletions
        """,
    "parameters": """
        SELECT * FROM {t:Identifier}
        SELECT {f:Identifier}(1)
        SELECT {x:AggregateFunction(sum, UInt8)}
        SELECT {x:Array(String)}
        """,
    "rows out of nothing": """
        SELECT * FROM numbers(10000000000)
        SELECT * FROM numbers(1, 10000000000)
        SELECT * FROM numbers(toUInt64(9e18))
        SELECT * FROM numbers()
        SELECT * FROM numbers_mt(10)
        SELECT * FROM zeros(10)
        SELECT * FROM generateRandom('x String')
        SELECT * FROM generateSeries(1, 100000000000)
        SELECT * FROM generate_series(1, 100000000000)
        SELECT * FROM null('x Int8')
        SELECT * FROM fuzzQuery('SELECT 1', 1)
        """,
}

HARMLESS = """
SELECT * FROM logs
SELECT * FROM streams
SELECT * FROM logs AS system
SELECT * FROM logs -- FROM globex.logs
WITH logs AS (SELECT * FROM logs) SELECT * FROM logs
WITH logs AS (SELECT * FROM streams) SELECT * FROM logs
WITH logs AS (WITH logs AS (SELECT * FROM logs) SELECT * FROM logs) SELECT * FROM logs
WITH streams AS (SELECT * FROM logs), logs AS (SELECT * FROM streams) SELECT * FROM logs
WITH migrations AS (SELECT * FROM logs) SELECT * FROM migrations
WITH deletions AS (SELECT 1 AS x) SELECT * FROM deletions
SELECT * FROM (SELECT * FROM logs UNION ALL SELECT * FROM logs)
SELECT * FROM logs WHERE 1 OR level = 'x'
SELECT * FROM logs WHERE 1) OR (1
SELECT * FROM logs WHERE line IN (SELECT line FROM logs)
SELECT * FROM logs AS a JOIN logs AS b USING (line)
SELECT a.line FROM logs AS a LEFT JOIN logs AS b ON a.stream = b.stream
SELECT * FROM logs AS a JOIN streams AS s ON s.stream != a.stream
SELECT * FROM streams AS a CROSS JOIN streams AS b
SELECT (SELECT groupArray(line) FROM logs)
SELECT groupArray(tuple(*)) FROM logs
SELECT groupUniqArray(labels) FROM streams
SELECT * FROM logs ARRAY JOIN mapKeys(labels) AS k
SELECT 1 WHERE exists(SELECT 1 FROM logs WHERE line LIKE '%globex%')
SELECT tenant FROM logs
SELECT logs.tenant FROM logs
SELECT _table, _part, _database FROM logs
SELECT *, _part FROM logs
SELECT 'it''s -- a /* string */ ; DROP TABLE logs'
SELECT $$ a heredoc; DROP TABLE logs $$
SELECT $x$ FROM system.tables $x$
SELECT '\\'; DROP TABLE logs; --'
SELECT '\\u0027; DROP TABLE logs'
SELECT 1 /* /* nested */ */
SELECT 1 # FROM system.tables
SELECT\u00a01
SELECT\u20281
ＳＥＬＥＣＴ * FROM system.tables
SELECT * FROM ｓｙｓｔｅｍ.tables
SELECT 'x' AS `FROM system.tables`
SELECT 0x27, '\\x27', unhex('27')
SELECT * FROM numbers(3)
SELECT * FROM values('a Int8', 1)
SELECT * FROM logs PREWHERE 1
SELECT * FROM logs FINAL
SELECT DISTINCT labels['app'] FROM logs
SELECT labels['app'] FROM logs GROUP BY ALL
SELECT line FROM logs QUALIFY row_number() OVER (ORDER BY line) < 3
(SELECT line FROM logs)
((SELECT line FROM logs) UNION ALL (SELECT line FROM logs))
FROM logs SELECT line
SELECT line FROM logs;
""".strip().split("\n")

COSTLY = """
SELECT sum(a.number * b.number) FROM numbers(10000000) AS a, numbers(10000000) AS b
SELECT count() FROM numbers(10000000) AS a CROSS JOIN numbers(10000000) AS b WHERE a.number * b.number = 7
SELECT arrayJoin(range(400000000))
SELECT arrayJoin(range(1000000)) AS a, arrayJoin(arrayMap(x -> x + 1, range(1000000))) AS b
SELECT length(groupArray(toString(number))) FROM numbers(10000000)
SELECT groupArray(repeat('x', 1000000)) FROM numbers(1000000)
SELECT repeat('x', 10000000000)
SELECT arrayWithConstant(1000000000, 'x')
SELECT number FROM numbers(10000000)
SELECT count() FROM (SELECT arrayJoin(range(100000)) FROM numbers(10000000))
SELECT leftPad('x', 100000000000, 'y')
SELECT space(100000000000)
SELECT replaceRegexpAll(repeat('a', 1000000), '(a*)*b', '') FROM numbers(10000000)
SELECT uniqExact(number, a) FROM (SELECT number, arrayJoin(range(1000)) AS a FROM numbers(10000000))
SELECT * FROM numbers(10000000) ORDER BY cityHash64(number), repeat('x', 1000)
""".strip().split("\n")


def refused() -> list[tuple[str, str]]:
    """Kind and statement, one each."""
    return [
        (kind, line.strip()) for kind, text in REFUSED.items() for line in text.splitlines() if line.strip()
    ]
