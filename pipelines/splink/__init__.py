"""Pairs weighed by Splink on either engine; all that Spark's environment imports of the platform."""
