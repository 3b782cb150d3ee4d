"""GELF (Graylog's format) over UDP, TCP, TLS and HTTP. The engine takes the JSON apart."""
