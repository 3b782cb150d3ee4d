"""Topics of Kafka as a source of logs. Next chapter: `prologue.receive.kafka.source`."""
