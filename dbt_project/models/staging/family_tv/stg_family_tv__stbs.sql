{{ staged_records("family_tv", "stb") }}
