"""The installation on one machine: home folder, keys, database, engine, processes and ports."""
