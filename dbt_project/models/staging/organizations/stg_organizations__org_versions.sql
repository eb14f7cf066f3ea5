{{ staged_versions("organizations", "org") }}
