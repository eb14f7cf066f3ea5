-- The pronunciation of each name without tones: typing by sound may select the wrong character for
-- the right syllable.
create or replace table name_sounds as
with syllables as (
    select syllable, unnest(string_split(characters, '')) as character
    from read_csv('{syllables}', header = true, columns = {{'syllable': 'varchar', 'characters': 'varchar'}})
),

names as (
    select name, row_number() over () as name_no
    from (select distinct name from records where name is not null)
),

-- Keyed by a number: repeating the name beside each of its characters would take space quadratic in
-- its length.
written as (
    select name_no, generate_subscripts(characters, 1) as place, unnest(characters) as character
    from (select name_no, string_split(name, '') as characters from names)
),

spoken as (
    select
        written.name_no,
        hash(string_agg(coalesce(syllables.syllable, lower(written.character)), '' order by written.place)) as name_sound
    from written
    left join syllables on written.character = syllables.character
    group by written.name_no
)

select names.name, spoken.name_sound
from spoken
inner join names on spoken.name_no = names.name_no;
