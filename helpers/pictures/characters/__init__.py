"""A text and its bytes, character by character.

`coding` finds out which bytes make which character, `spelling` writes them so that they are seen, `wording` says what there is to say, `diagram`
draws it; each uses only those before it.
"""
