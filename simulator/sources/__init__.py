"""What each source system holds: its own dirty copy of the true city, and the truth about every record."""
