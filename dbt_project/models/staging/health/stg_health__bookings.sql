{{ staged_records("health", "booking") }}
