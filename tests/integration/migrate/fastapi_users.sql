-- The table of SQLAlchemyBaseUserTableUUID.
create table "user" (
    id uuid primary key,
    email varchar(320) not null unique,
    hashed_password varchar(1024) not null,
    is_active boolean not null,
    is_superuser boolean not null,
    is_verified boolean not null
);
insert into "user" values
    ('6f6b0a4e-0000-4000-8000-000000000001', 'alice@example.com', :'argon2', true, false, true),
    ('6f6b0a4e-0000-4000-8000-000000000002', 'bob@example.com', :'bcrypt', true, true, false),
    ('6f6b0a4e-0000-4000-8000-000000000003', 'dave@example.com', :'bcrypt', false, false, false);
