"""Reading source systems over their transports, each into one raw relation in bulk.

What a row means is door 1's business; here it is read completely or not at all.
"""
