{{ staged_records("elder_care", "elder") }}
