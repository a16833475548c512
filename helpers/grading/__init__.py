"""Many learners' notebooks, judged: each exercise's function taken out as source, tried in a sandbox, and told in a line of a table and a page to give back.

Comes in: a folder with a folder a learner, or one's own notebooks. Goes out: verdicts, `marks.csv`, a page for each learner. No notebook is run, and nothing of a learner's runs in this process or in the one that
judges: `checking` has a third one for it. Read from the bottom up: `cells` (the code of a notebook, as statements), `taking` (one function, and what it needs), `likeness`; `verdict` (how one did, as a line and back), `inside` (what runs in
the sandbox), `sandbox`, `compiling` (once for all sandboxes), `running` (one of these processes, bounded), `submissions` (which files), `outcomes` (all of them), `marks` (the files that are written). Who may import it: `course`, whose command it is, and `class_page`, which shows what came of it; `inside` is started by `running`.
"""
