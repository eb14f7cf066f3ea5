create or replace table rows_party_attendance as from true_attendances;
