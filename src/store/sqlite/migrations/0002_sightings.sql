-- When devices were heard, whether they are there, and what was not taken of what they said.
create table sightings (home text not null, device text not null, doc text not null,
    primary key (home, device)) strict, without rowid;

-- Volumes are called by what they are volumes of.
update readings set quantity = 'water_volume' where quantity = 'water';
update readings set quantity = 'gas_volume' where quantity = 'gas';
update meters set quantity = 'water_volume' where quantity = 'water';
update meters set quantity = 'gas_volume' where quantity = 'gas';
update usage_days set quantity = 'water_volume' where quantity = 'water';
update usage_days set quantity = 'gas_volume' where quantity = 'gas';
