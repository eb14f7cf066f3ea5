{{ staged_records("deliberation", "vote") }}
