"""In which order a picture tells the calls of a recording, and what links did on the way: what several pictures need.

Comes in: a recording, or whatever is like one (`helpers.recording.events.Recorded`). Goes out: the same without links, and its calls in an order that is the same at every run.
Nothing here draws or knows a picture. Who imports it: the pictures.
"""
