-- Word to people: what waits to be told, and how the last of it went.
create table notices (home text not null, id text not null, at_ms integer not null,
    is_open integer not null, doc text not null, sum integer, primary key (home, id)) strict;
create index notices_open on notices (home, is_open, at_ms);
