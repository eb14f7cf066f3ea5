{{ staged_records("affairs", "rating") }}
