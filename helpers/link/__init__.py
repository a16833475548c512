"""The imperfect network: `Link` stands in front of a server, and does to the bytes what networks do.

Comes in: a client's bytes. Goes out: the same bytes, later, in other pieces, or not at all, exactly as its faults say. Who imports it: the panel of a link, the face of the package.
"""
