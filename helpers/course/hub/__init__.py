"""A class on one machine: JupyterHub for it, in which no learner sees another; lessons handed out, servers started before the hour, notebooks collected.

Comes in: the accounts of the group `learners`, whose homes may hold anything. Goes out: for each learner a JupyterLab in a network of their own, and `submissions/NAME/`, which `grade` takes. JupyterHub does the
serving; here is what the course needs of it. Read from the bottom up: `learners` (who they are, and work done with their rights), `network` and `limits` (of one learner's processes), `spawner` (the only module that
imports jupyterhub), `serving` (what runs as the learner), `configuration`; `early`, `collecting` (and `sending`, which runs as the learner), `handing_out`; `command`. `jupyterhub_config.py` is what JupyterHub itself reads; `Dockerfile` and `values.yaml` are for a class on several machines. Who may import it: the front door.
"""
