"""The true city, before any source system has written anything down wrongly."""
