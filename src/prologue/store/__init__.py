"""The engine: schema, migrations, the one writer and the readers. ClickHouse, embedded or served.

Only this package knows the engine's driver. Next chapter: `query`.
"""
