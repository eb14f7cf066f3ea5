{{ staged_records("elder_care", "visit") }}
