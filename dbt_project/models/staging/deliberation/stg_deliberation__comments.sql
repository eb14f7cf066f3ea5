{{ staged_records("deliberation", "comment") }}
