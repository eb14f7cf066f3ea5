{{ staged_records("grid", "event_flow") }}
