-- Market prices by slot (unix seconds / 900), in major units for one unit, as they were told: they can
-- not be fetched again, so all are kept. Of several for one slot the one told last holds.
create table spot_prices (home text not null, source text not null, slot integer not null,
    told_ms integer not null, price text not null,
    primary key (home, source, slot, told_ms)) strict, without rowid;
