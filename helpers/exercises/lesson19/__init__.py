"""Exercises of lesson 19, the clinic: eight sick programs, each seen from outside before it is mended with the fewest lines.

A module for each patient (`starved`, …) has its exercise, its callers and what there is to say of it; `ward` lists them all. `clinic` is what a lesson uses; `bed` is where a program falls ill, `chart` what is seen of it, `symptoms` the table.
"""

from helpers.exercises.lesson19.ward import PATIENTS

EXERCISES = [each.exercise for each in PATIENTS]
