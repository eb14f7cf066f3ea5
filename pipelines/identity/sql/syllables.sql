-- The syllable of each character.
create or replace table syllables as
select syllable, unnest(string_split(characters, '')) as character
from read_csv('{file}', header = true, columns = {{'syllable': 'varchar', 'characters': 'varchar'}});
