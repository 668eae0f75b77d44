#!/bin/sh
# Makes the two namespaces of this product and their search attributes on a Temporal server of your own; a repeat
# changes nothing but a retention that is too short. Needs the `temporal` command, and the same settings as the API
# and the worker: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE_TEST, TEMPORAL_NAMESPACE_LIVE, TEMPORAL_API_KEY, TEMPORAL_TLS_*.
set -eu

: "${TEMPORAL_ADDRESS:?set it to host:port of the Temporal server}"
export TEMPORAL_ADDRESS
WAIT_SECONDS="${WAIT_SECONDS:-120}"

# The product's names for the TLS settings, as the `temporal` command calls them.
if [ -n "${TEMPORAL_TLS_CA:-}" ]; then export TEMPORAL_TLS_SERVER_CA_CERT_PATH="$TEMPORAL_TLS_CA"; fi
if [ -n "${TEMPORAL_TLS_CERT:-}" ]; then export TEMPORAL_TLS_CLIENT_CERT_PATH="$TEMPORAL_TLS_CERT"; fi
if [ -n "${TEMPORAL_TLS_KEY:-}" ]; then export TEMPORAL_TLS_CLIENT_KEY_PATH="$TEMPORAL_TLS_KEY"; fi

wait_for_server() {
  waited=0
  until temporal operator cluster health >/dev/null 2>&1; do
    if [ "$waited" -ge "$WAIT_SECONDS" ]; then
      # Once more, for its message.
      temporal operator cluster health
      exit 1
    fi
    waited=$((waited + 2))
    sleep 2
  done
}

# Prints how long closed runs of namespace $1 are kept, in seconds; nothing when it does not exist.
retention_of() {
  temporal operator namespace describe -n "$1" -o json 2>/dev/null |
    sed -n 's/.*"workflowExecutionRetentionTtl": *"\([0-9]*\)[.0-9]*s".*/\1/p'
}

# $1 namespace, $2 days that closed runs, the billing history in the UI, are kept. A longer retention stays.
ensure_namespace() {
  retention=$(retention_of "$1")
  if [ -z "$retention" ]; then
    temporal operator namespace create -n "$1" --retention "$(($2 * 24))h" --description "Durabill, $3 keys" >/dev/null
    echo "Made namespace $1, retention $2 days."
  elif [ "$retention" -lt $(($2 * 86400)) ]; then
    temporal operator namespace update -n "$1" --retention "$(($2 * 24))h" >/dev/null
    echo "Raised the retention of namespace $1 to $2 days."
  fi
}

# $1 namespace, $2 name, $3 type. One that exists with another type is left to the check of `migrate`.
ensure_attribute() {
  case "$known" in
  *"\"$2\""*) return ;;
  esac
  temporal operator search-attribute create -n "$1" --name "$2" --type "$3" >/dev/null
  echo "Made search attribute $2 ($3) in namespace $1."
}

ensure_attributes() {
  # A new namespace is known to every part of the server some seconds later.
  tries=0
  until known=$(temporal operator search-attribute list -n "$1" -o json 2>/dev/null); do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then temporal operator search-attribute list -n "$1"; exit 1; fi
    sleep 1
  done
  ensure_attribute "$1" CustomerId Keyword
  ensure_attribute "$1" PlanId Keyword
  ensure_attribute "$1" BillingStatus Keyword
  ensure_attribute "$1" PeriodNumber Int
  ensure_attribute "$1" PeriodEnd Datetime
  ensure_attribute "$1" NextWakeAt Datetime
  ensure_attribute "$1" NextBillAt Datetime
  ensure_attribute "$1" NeedsAttention Bool
}

test_namespace="${TEMPORAL_NAMESPACE_TEST:-durabill-test}"
live_namespace="${TEMPORAL_NAMESPACE_LIVE:-durabill-live}"

wait_for_server
ensure_namespace "$test_namespace" 30 test
ensure_namespace "$live_namespace" 400 live
ensure_attributes "$test_namespace"
ensure_attributes "$live_namespace"
echo "The namespaces $test_namespace and $live_namespace are ready."
