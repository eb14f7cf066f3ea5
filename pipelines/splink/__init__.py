"""Weigh pairs with Splink on either engine; Spark's environment imports nothing else of the platform."""
