"""Running Prologue under Kubernetes."""
