{{ staged_records("elder_care", "terminal") }}
