{{ staged_records("broadband", "emergency_communication") }}
