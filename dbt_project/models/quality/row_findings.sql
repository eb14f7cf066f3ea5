{{ config(materialized="ephemeral") }}

{#- Written by `brain sources write`: every staging model and every model named <…>_checks. -#}
{%- set staged = [
    ("affairs", "case", ref("stg_affairs__cases")),
    ("affairs", "case_step", ref("stg_affairs__case_steps")),
    ("affairs", "visit", ref("stg_affairs__visits")),
    ("affairs", "rating", ref("stg_affairs__ratings")),
    ("affairs", "item_list", ref("stg_affairs__items")),
    ("population", "hj_person", ref("stg_population__hj_persons")),
    ("population", "ld_person", ref("stg_population__ld_persons")),
    ("population", "house", ref("stg_population__houses")),
    ("population", "std_addr", ref("stg_population__std_addrs")),
    ("safety_devices", "device", ref("stg_safety_devices__devices")),
    ("safety_devices", "alarm", ref("stg_safety_devices__alarms")),
    ("safety_devices", "pass_log", ref("stg_safety_devices__pass_logs")),
    ("safety_devices", "heartbeat", ref("stg_safety_devices__heartbeats")),
    ("safety_devices", "video_alarm", ref("stg_safety_devices__video_alarms")),
    ("safety_devices", "visitor_call", ref("stg_safety_devices__visitor_calls")),
    ("safety_devices", "patrol_point", ref("stg_safety_devices__patrol_points")),
    ("safety_devices", "patrol_sign", ref("stg_safety_devices__patrol_signs")),
] -%}
{%- set compared = [
    ref("case_checks"),
    ref("house_checks"),
    ref("person_checks"),
    ref("resident_checks"),
    ref("stream_checks"),
] -%}
{{ row_findings(staged, compared) }}
