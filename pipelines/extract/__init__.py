"""Readers for source systems, one per transport; each returns one raw relation in bulk.

Interpreting rows is left to door 1; a read here is complete or fails.
"""
