{{ staged_records("health", "referral") }}
