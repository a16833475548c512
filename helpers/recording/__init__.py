"""What happened on a tape, in records that explain each other.

Comes in: the entries of a tape (`helpers.sockets.tapes`). Goes out: `Event`s, causes before effects; `Conversation`s with both their ends; `Flow`s, which say which
`send` a `recv` took its bytes from. Nothing here waits, prints or draws. Who imports it: the pictures, `watching`, the judge, the panels; of its files only `recorder`
(what records) and `events` (what comes out), and `pictures.telling` also `spans`.
"""
