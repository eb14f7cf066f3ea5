"""What Dagster hands to assets."""
