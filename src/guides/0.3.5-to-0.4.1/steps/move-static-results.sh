# shellcheck shell=bash
# Move website results: from the bucket staticwebsiteresults to the folder of that name in the bucket project-admin.
# By hand: bash move-static-results.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest objects
  KM_BY_HAND=yes
fi

objects_of staticwebsiteresults '.' staticwebsiteresults whole 'website results'

check() { objects_check; }
run() {
  objects_move
  objects_tell_mirror os-data-pv-volume /os/data staticwebsiteresults
}
undo() { objects_undo; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
