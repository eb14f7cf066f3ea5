{{ staged_records("property", "parking") }}
