"""Giving data to other departments: contracts, masking, the gate, deliveries and the audit ledger.

Receives a lake connection, a PostgreSQL connection and folders from its caller;
it knows nothing of orchestration or of how the lake was built.
"""
