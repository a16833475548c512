"""The picture of a conversation: it tells what happened, in an order that only causes decide, and it can always be drawn and read."""
