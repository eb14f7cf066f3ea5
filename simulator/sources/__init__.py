"""The source systems: each one's dirty copy of the true city, and the truth about every record."""
