"""Ways in that are no requests: sockets that senders keep open, and datagrams.

`contract.py` says what a protocol has to tell, `catalog.py` lists the protocols; `server.py` is the one
socket layer under all of them.
"""
