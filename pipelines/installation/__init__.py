"""What an installation on one machine is made of: home, keys, database, engine, processes and ports."""
