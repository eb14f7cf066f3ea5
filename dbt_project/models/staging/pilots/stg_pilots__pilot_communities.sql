{{ staged_records("pilots", "pilot_community") }}
