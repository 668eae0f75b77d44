-- Run once by the image of PostgreSQL as its superuser, when the data directory is new: a role and a database for this
-- product, and a role with its two databases for Temporal. Neither is a superuser or sees the other's data.
\getenv durabill_password DURABILL_DB_PASSWORD
\getenv temporal_password TEMPORAL_DB_PASSWORD
create role durabill login password :'durabill_password';
create role temporal login password :'temporal_password';
create database durabill owner durabill;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database durabill, temporal, temporal_visibility from public;
