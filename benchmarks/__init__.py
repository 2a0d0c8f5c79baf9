"""Scripts with fixed seeds that print ratios against a floor or a peer in the same run."""
