{{ staged_records("volunteering", "activity") }}
