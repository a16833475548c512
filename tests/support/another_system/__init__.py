"""macOS and Windows, as far as Linux can look like them: what of this machine's they do not have, and what they do in another way.

Who uses it: the tests that run a second and a third time (`each_kind_of_socket`, the mark `everywhere`), and the judge's child in these, which finds it by way of `child/sitecustomize.py`.
What Linux cannot look like stands in CONTRIBUTING.
"""
