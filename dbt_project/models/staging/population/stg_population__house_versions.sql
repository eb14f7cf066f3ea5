{{ staged_versions("population", "house") }}
