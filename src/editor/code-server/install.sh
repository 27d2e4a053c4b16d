#!/bin/sh
# Adds Kaapana Migration, and the OpenSSH client that it reaches the host by, to a code-server: while its image is built,
# or in its running pod. The VSIX lies beside this file.
set -eu

folder=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

set -- "$folder"/kaapana-migration-*.vsix
if [ $# -ne 1 ] || [ ! -f "$1" ]; then fail "exactly one kaapana-migration-*.vsix has to lie in $folder."; fi
command -v code-server >/dev/null || fail 'there is no code-server here.'

code-server --install-extension "$1" --force
# Its exit code says little: what it lists is there.
code-server --list-extensions | grep -qx 'kaapana-migration.kaapana-migration' || fail 'code-server did not take the extension.'

if ! command -v ssh >/dev/null; then
  if ! { apt-get update && apt-get install -y --no-install-recommends openssh-client; } >&2; then
    fail 'the extension is installed, but the package openssh-client could not be: DAG files are checked, no host is reached.'
  fi
fi
echo 'Kaapana Migration and ssh are installed. Reload the editor.'
