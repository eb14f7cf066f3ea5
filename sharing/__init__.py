"""Sharing data with other departments: contracts, masking, the gate, deliveries and the audit ledger.

The caller provides a lake connection, a PostgreSQL connection and folders; nothing here depends on
orchestration or on how the lake was built.
"""
