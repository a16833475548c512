"""Exercises of lesson 18: a TLS connection to the right one.

`certificates` makes what servers show, for one scenario, and keeps nothing; `server` plays a TLS server, and those who only look like one; `opening` has the exercise and its scenarios, `why` the sentences.
"""

from helpers.exercises.lesson18.opening import open_tls

EXERCISES = [open_tls]
