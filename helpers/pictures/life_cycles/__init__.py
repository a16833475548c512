"""The life cycle: which states the sockets of some recordings went through, and by which calls.

`lives` follows the sockets, `wording` says what they did, `layout` gives everything its place, `diagram` draws it; each uses only those before it.
"""
