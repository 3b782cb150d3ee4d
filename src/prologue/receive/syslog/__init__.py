"""Syslog over UDP, TCP, TLS and a local socket. `frames.py` finds messages; the engine takes them apart."""
