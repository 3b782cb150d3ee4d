"""Where an acknowledgement becomes true: durable storage between the way in and the engine.

`disk.DiskBuffer` is both ends of it: receivers and collectors append payloads, the writer takes
segments and releases them. Read in the order a payload meets them: `settings`, `frame` (the bytes of
a segment), `segment` (a file being written, a file being read), `commit` (when it is durable),
`positions` (how far each source is held), `disk` (threads and limits), `recovery` and `quarantine`
(after a crash). The promises are written down in `docs/buffer.md`.

Next chapter: `prologue.pipeline`, whose writer moves segments into the engine.
"""
