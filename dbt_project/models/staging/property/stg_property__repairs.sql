{{ staged_records("property", "repair") }}
