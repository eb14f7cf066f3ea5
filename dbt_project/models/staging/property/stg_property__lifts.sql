{{ staged_records("property", "lift") }}
