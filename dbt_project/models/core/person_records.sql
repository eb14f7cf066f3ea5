{{ config(materialized=kept_as("ephemeral")) }}

{#- What each source record says about the person it was resolved to. Records of health, relief and the party take
    part in identity only: that a person has one is itself not for everybody. -#}
{{ person_records() }}
