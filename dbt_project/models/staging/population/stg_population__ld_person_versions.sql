{{ staged_versions("population", "ld_person") }}
