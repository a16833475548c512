"""A text and its bytes, character by character."""
