{{ staged_records("family_tv", "household_sub") }}
