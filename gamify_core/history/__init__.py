"""What history can tell: whether it adds up, how things stood at an instant, and all of itself, to be moved."""
