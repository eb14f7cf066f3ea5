"""Accuracy of linking records to the houses they refer to."""
