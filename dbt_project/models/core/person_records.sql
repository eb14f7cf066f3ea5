{{ config(materialized=kept_as("ephemeral")) }}

{#- What each source record says about the person it was resolved to. Records of health, relief and
   the party take part in entity resolution only, because their very existence is restricted. -#}
{{ person_records() }}
