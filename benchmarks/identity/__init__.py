"""Identity against the simulator's truth: pairwise precision and recall with confidence intervals."""
