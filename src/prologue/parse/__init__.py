"""Turning a payload of any format into the engine expressions or Arrow columns of the record model."""
