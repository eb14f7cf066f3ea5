{{ staged_records("deliberation", "points") }}
