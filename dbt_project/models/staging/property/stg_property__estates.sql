{{ staged_records("property", "estate") }}
