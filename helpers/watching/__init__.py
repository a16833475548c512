"""`watch()` and `states()`: the sockets of a block recorded and drawn, and what the kernel says of them.

Comes in: a block of code, or sockets, addresses, programs, servers. Goes out: a recording, or a row of states for each look; as the last line of a cell either is a
picture. Who imports it: the magics, the panels, the face of the package.
"""
