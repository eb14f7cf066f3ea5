{{ staged_records("deliberation", "mediation") }}
