"""The conversation as a sequence diagram. A `Scene` says what is to be seen, a `Layout` where it stands, and then it is drawn."""
