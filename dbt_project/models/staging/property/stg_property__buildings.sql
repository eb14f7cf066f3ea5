{{ staged_records("property", "building") }}
