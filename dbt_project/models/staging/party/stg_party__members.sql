{{ staged_records("party", "member") }}
