{{ staged_records("party", "attendance") }}
