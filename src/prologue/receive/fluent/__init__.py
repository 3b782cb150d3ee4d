"""Fluent Forward: what Fluentd, Fluent Bit, Docker's fluentd driver and the fluent loggers speak."""
