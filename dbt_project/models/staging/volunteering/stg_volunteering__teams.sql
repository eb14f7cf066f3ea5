{{ staged_records("volunteering", "team") }}
