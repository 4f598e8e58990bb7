-- As the tutorials make it with SQLAlchemy.
create table users (
    id serial primary key,
    username varchar not null unique,
    email varchar not null unique,
    hashed_password varchar not null,
    is_active boolean not null default true,
    created_at timestamp with time zone default now()
);
create table posts (id serial primary key, owner_id integer references users (id), title varchar);
insert into users (id, username, email, hashed_password, is_active, created_at) values
    (1, 'alice', 'alice@example.com', :'bcrypt', true, '2023-04-05 06:07:08.123456+00'),
    (2, 'bob', 'bob@example.com', :'pbkdf2', true, '2024-01-02 03:04:05+02'),
    (5, 'carol', 'carol@example.com', :'bcrypt_sha256', true, null),
    (7, 'dave', 'dave@example.com', :'bcrypt', false, now());
insert into posts (owner_id, title) values (5, 'A post of carol''s');
