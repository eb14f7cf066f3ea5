"""The faults that the source systems carry, how often, and how each is written down."""
