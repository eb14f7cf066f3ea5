"""Quality rules, expectation suites, verdicts, scorecards and work orders.

A contract defines the rules; this package turns them into checks, measures them on the exact data to be
delivered, and records the outcome.
"""
