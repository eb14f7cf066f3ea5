{{ staged_records("elder_care", "dispatch") }}
