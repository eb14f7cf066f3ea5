{{ config(materialized=kept_as("view")) }}

{#- Written by `brain sources write`: the staging model of every table that names a house. -#}
{{ named_houses([
    ("affairs", "case", ref("stg_affairs__cases")),
    ("broadband", "address_capability", ref("stg_broadband__address_capabilities")),
    ("civil_affairs", "benefit", ref("stg_civil_affairs__benefits")),
    ("civil_affairs", "org_community", ref("stg_civil_affairs__community_organizations")),
    ("civil_affairs", "worker", ref("stg_civil_affairs__workers")),
    ("deliberation", "account", ref("stg_deliberation__accounts")),
    ("elder_care", "elder", ref("stg_elder_care__elders")),
    ("family_tv", "household_sub", ref("stg_family_tv__household_subs")),
    ("grid", "event", ref("stg_grid__events")),
    ("grid", "checkin", ref("stg_grid__checkins")),
    ("health", "ehr_index", ref("stg_health__ehr_indexes")),
    ("organizations", "org", ref("stg_organizations__orgs")),
    ("party", "member", ref("stg_party__members")),
    ("population", "hj_person", ref("stg_population__hj_persons")),
    ("population", "ld_person", ref("stg_population__ld_persons")),
    ("population", "house", ref("stg_population__houses")),
    ("population", "std_addr", ref("stg_population__std_addrs")),
    ("property", "unit", ref("stg_property__units")),
    ("property", "repair", ref("stg_property__repairs")),
    ("volunteering", "volunteer", ref("stg_volunteering__volunteers")),
]) }}
