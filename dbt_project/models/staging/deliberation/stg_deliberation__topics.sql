{{ staged_records("deliberation", "topic") }}
