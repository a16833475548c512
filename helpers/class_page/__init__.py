"""The class on one page: how many still stand after each scenario, which mistakes were made, and what to show again.

Comes in: marks, a line for each learner and exercise, or what a class that works shares; and the cells to show again. Goes out: one HTML file that asks nothing of a network; another one, for the projector, in which nobody is
named. Read from the bottom up: `marks` (the values), `figures` (what they say together), `unnamed` (the same with nobody in it), `page` (HTML, with `page.html.j2`, `page.css`, `refresh.js`); `shared` (the attempts that learners share), `working` (the values while the class works). Who may import it: `course`, which
writes the page when it has graded, and shows it while a class works.
"""
