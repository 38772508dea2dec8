-- Who may sign in at the console (kind 'account'), who is signed in or was ('session'), and wrong tries
-- that count ('tries'). Each document is as the journal's newest entry about it tells, or tells the
-- hash of.
create table access (home text not null, kind text not null, id text not null, doc text not null,
    primary key (home, kind, id)) strict, without rowid;
