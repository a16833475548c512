"""The tests of the course: `python3 -m helpers test`."""
