"""The true city, before any source system has recorded anything incorrectly."""
