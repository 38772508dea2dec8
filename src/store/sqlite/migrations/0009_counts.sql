-- Orders that ended without buying give their places in counts back. What ended before keeps them.
alter table holds add column freed integer not null default 0;
