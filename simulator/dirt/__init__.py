"""The faults in source systems: how often they occur, and how each is written."""
