"""The ways in from this machine: files, containers, the journal. Next chapter: `buffer`."""
