"""Speed beside others: `python -m benchmarks` measures ours and its peers in turn, on the same machine, in one session.

Every figure is a ratio of what was measured side by side; README.md says how, and how to add a suite.
"""
