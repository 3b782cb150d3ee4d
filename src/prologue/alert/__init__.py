"""Rules and notifications. Stands beside the path of a line and uses its public ends."""
