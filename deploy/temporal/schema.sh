#!/bin/sh
# Makes or updates the tables of Temporal's server in PostgreSQL. Run it before each start of a new server version; a
# repeat changes nothing. The connection is in SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, as temporal-sql-tool
# reads them. The role owns the two databases, which are there already: see deploy/postgres/roles.sql.
set -eu

export SQL_PLUGIN="${SQL_PLUGIN:-postgres12}"
schemas="${TEMPORAL_SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}"

for kind in temporal visibility; do
  if [ "$kind" = temporal ]; then
    SQL_DATABASE="${DBNAME:-temporal}"
  else
    SQL_DATABASE="${VISIBILITY_DBNAME:-temporal_visibility}"
  fi
  export SQL_DATABASE
  temporal-sql-tool setup-schema -v 0.0
  temporal-sql-tool update-schema -d "$schemas/$kind/versioned"
done
echo "Temporal's schema is up to date."
