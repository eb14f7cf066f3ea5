-- How each name is spoken, without tones: whoever types by sound may pick the wrong character of the right syllable.
create or replace table name_sounds as
with syllables as (
    select syllable, unnest(string_split(characters, '')) as character
    from read_csv('{syllables}', header = true, columns = {{'syllable': 'varchar', 'characters': 'varchar'}})
),

names as (
    select name, row_number() over () as name_no
    from (select distinct name from records where name is not null)
),

-- Under a number: the name itself beside each of its characters would make a long one as large as its square.
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
