"""The panel of a room: the same slow reader against several designs of one chat, who waits where, and what each member has heard."""
