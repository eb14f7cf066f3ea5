{{ staged_versions("grid", "grid") }}
