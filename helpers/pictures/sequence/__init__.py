"""The conversation as a sequence diagram: `sheet.conversation(recording)` gives a `Picture`.

A `Scene` says what is to be seen (`scene`, with `lanes`, `folding` and `closing`), its `Wording` says it in words (`wording`), a `Layout`
gives everything its place (`layout`, with `rows`). By these three it is drawn (`sheet`, `ribbons`, `signals`), with `marks` on a `Canvas`.
"""
