"""The ways in over the network: one module for each protocol, listed in `catalog.py`.

Next chapter: `buffer`.
"""
