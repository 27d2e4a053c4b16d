# shellcheck shell=bash
# Move the thumbnails: from the bucket thumbnails to the folder thumbnails of the bucket project-admin.
# By hand: bash move-thumbnails.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use rest objects
  KM_BY_HAND=yes
fi

objects_of thumbnails '^batch/[^/]+/generate-segmentation-thumbnail/[^/]+[.]png$' thumbnails flat thumbnails

check() { objects_check; }
run() {
  objects_move
  objects_tell_mirror minio-pv-volume /minio minio-thumbnails
}
undo() { objects_undo; }

[[ -z $KM_BY_HAND ]] || km_main "$@"
