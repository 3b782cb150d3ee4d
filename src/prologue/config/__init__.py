"""One YAML file, the environment and the flags, read once into frozen data.
"""
