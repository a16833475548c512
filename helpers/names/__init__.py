"""The name server: `NameServer` answers questions of DNS on this computer, truly, or as badly as it is told to.

Comes in: names with their addresses, and a learner's questions over UDP and TCP. Goes out: answers as the standard wants them (dnspython writes them), or lies, loops, cut ones, late ones, none. `tables` keeps what it
knows and is told, `answering` says what is true, `spoiling` what becomes of it, `server` listens. Who imports it: the face of the package.
"""
