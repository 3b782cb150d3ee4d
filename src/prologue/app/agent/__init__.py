"""`prologue agent`: the collector of `prologue up` without a store; begin with `prologue.app.agent.run`."""
