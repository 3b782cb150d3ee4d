"""Protobuf on the wire: the messages as far as we read them, and a columnar scanner for their rows.

`*.proto` describe what others send; `tools/protos.sh` generates the `_pb2` modules from them.
Next chapter: `prologue.receive.wire.scan`.
"""
