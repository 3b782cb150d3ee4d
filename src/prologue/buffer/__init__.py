"""Where an acknowledgement becomes true: durable storage between the way in and the engine.
"""
