#!/bin/bash
# shellcheck disable=SC2034 # the file that is sourced at the end uses them
# Rehearsal's stand-in for the deploy script of 0.4.1: the lines that an admin edits, and the habits of the original.
set -euf -o pipefail
PLATFORM_VERSION="0.4.1"
PLATFORM_NAME="kaapana-admin-chart"
OFFLINE_MODE="false"
CONTAINER_REGISTRY_URL="registry.clinic.example/kaapana"
CONTAINER_REGISTRY_USERNAME=""
CONTAINER_REGISTRY_PASSWORD=""
DEV_MODE=False # production mode
CREDENTIALS_MINIO_USERNAME="kaapanaminio"
CREDENTIALS_MINIO_PASSWORD="SECRET-minio"
KEYCLOAK_ADMIN_USERNAME="admin"
KEYCLOAK_ADMIN_PASSWORD="SECRET-keycloak"
FAST_DATA_DIR="/home/kaapana"
SLOW_DATA_DIR="/home/kaapana"
HTTP_PORT="80"
HTTPS_PORT="443"
DICOM_PORT="11112"
INSTANCE_UID=""
INSTANCE_NAME="central"

# Flags: --quiet, --domain NAME, --username NAME, --password WORD, and those that act at once: --undeploy, --no-hooks.
main() {
  # Everything else is the same for all versions. It stands in a function, so that a script whose end is missing is one
  # that bash cannot read, as with the original.
  # shellcheck source=../lib/deploy.sh
  . "$KAAPANA_REHEARSAL_STATE/lib/deploy.sh"
}

main "$@"
