{{ staged_records("party", "meeting") }}
