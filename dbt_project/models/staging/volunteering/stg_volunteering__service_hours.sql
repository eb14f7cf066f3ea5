{{ staged_records("volunteering", "service_hour") }}
