"""A load on a server of this computer, and what its clients waited: told in words, and plotted.

Comes in: the address of a server. Goes out: a `Load`, which has each client's fate and waits; several of them side by side. The clients are driven in a process of their own
(`child`, by one thread and one selector), so that they take nothing from the server that they measure, neither the turns of its Python nor its descriptors, and stand in no recording. Who uses
it: whoever calls `helpers.load` in a cell.
"""
