"""The commands of `gamify`, one a file: each takes what was asked and an `Output`, and returns the exit status."""
