"""Splunk's HTTP Event Collector: events, raw text, health and acknowledgements."""
