{{ staged_records("volunteering", "claim") }}
