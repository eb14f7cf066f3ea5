{{ staged_records("property", "unit") }}
