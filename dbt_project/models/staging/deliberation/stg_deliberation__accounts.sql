{{ staged_records("deliberation", "account") }}
