{{ staged_records("party", "branch") }}
