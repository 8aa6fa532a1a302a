"""Renders prompts so that no author's template can stop the process that needs them.

Templates that are provably cheap (`tandem.labeling.cheap_prompts`) are rendered in place, as a function call. All
others run in child processes, which have no secrets in their environment, a limit on memory, and a limit on CPU time
for each record that the kernel enforces: nothing in Python can interrupt a comparison of two lists. A template that
passes the limits too often is refused without being rendered, so that it costs next to nothing from then on.
"""
