{{ staged_records("grid", "checkin") }}
