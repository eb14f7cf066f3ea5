"""Rules, the suites they become, verdicts, scorecards and work orders.

What a rule says belongs to a contract; this room turns it into checks, measures
it on the exact data that is about to leave, and remembers the outcome.
"""
