"""What may go out: the newest good build, and the gate over all shares."""
