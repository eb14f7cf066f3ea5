{{ staged_records("elder_care", "sos_call") }}
