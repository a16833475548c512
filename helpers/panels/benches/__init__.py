"""The socket bench: every call on a button, in any order, wrong ones too."""
