"""Speed as a ratio to a peer or limit measured in the same run, never as a timed test."""
