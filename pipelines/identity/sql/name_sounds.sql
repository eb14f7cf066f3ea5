-- How each name is spoken, without tones: whoever types by sound may pick the wrong character of the right syllable.
create or replace table name_sounds as
with syllables as (
    select syllable, unnest(string_split(characters, '')) as character
    from read_csv('{syllables}', header = true, columns = {{'syllable': 'varchar', 'characters': 'varchar'}})
),

names as (
    select distinct name from records where name is not null
),

written as (
    select name, place, substr(name, place, 1) as character
    from (select name, unnest(range(1, length(name) + 1)) as place from names)
)

select
    written.name,
    hash(string_agg(coalesce(syllables.syllable, lower(written.character)), '' order by written.place)) as name_sound
from written
left join syllables on written.character = syllables.character
group by written.name;
