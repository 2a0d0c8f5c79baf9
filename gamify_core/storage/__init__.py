"""Where rows live: one narrow protocol, and the stores that keep it."""
