"""Plans: what a query computes, apart from how it was written, and the passes that rewrite them.

Next chapter: `prologue.query.plan.nodes`.
"""
