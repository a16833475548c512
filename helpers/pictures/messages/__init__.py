"""The bytes of a message as a map: which of them say what, where each `recv` cut them, which a parser has used, and which point to others.

Comes in: bytes, pieces of bytes or a recording, and a function that says which `Field`s they hold. Goes out: a `Picture`. `fields` says what a field is, `http`, `frames`,
`headed` and `dns` find those of four protocols, `readings` says what a learner's parser makes of names, `received` and `recorded` say which bytes came and where they were cut; `rows` says which fields stand beside each other, `contents` holds all that
is shown; `spelling` and `layout` give every byte its place, `arrows` leads from pointers to what they point to, `wording` says it all in words, `diagram` draws it; each uses only those
before it. A protocol of one's own needs a function of its own, and nothing here.
"""
