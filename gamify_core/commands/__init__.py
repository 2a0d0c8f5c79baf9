"""The commands of `gamify`, one a file; each takes an `Output` to speak to and returns the exit status."""
