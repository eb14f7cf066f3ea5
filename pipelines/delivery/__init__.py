"""What may be delivered: the newest successful build, and the gate over all shares."""
