# shellcheck shell=bash
# Save the TLS certificate and its key from the cluster, before it is destroyed, to tls in the backup folder.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… bash save-certificate.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster old-platform old-data certificate
  KM_BY_HAND=yes
fi

check() {
  km_join_group "$KM_PHASE"
  refused_folder
  [[ -z $KM_WHY ]] || km_answer blocked "$KM_WHY"
  km_root_ready || km_answer unknown "The key can be read by root only. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  km_join_group "$KM_PHASE"
  refused_folder
  [[ -z $KM_WHY ]] || km_die "$KM_WHY" 'Nothing was changed.' 'Choose another backup folder among the values of this guide.'
  km_root_ready || km_die "The key can be read by root only, and that is not possible: $KM_ROOT_WHY." 'Nothing was changed.' 'Run the step again with the right password.'
  km_elevated save
}

undo() {
  km_root_ready || km_die "Only root can delete the saved files: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  km_load_old_platform || km_die 'The cluster of 0.1.3 is gone: these files may be the only ones.' 'Nothing was changed.' 'Keep them.'
  as_root rm -f -- "$(cert_folder)/tls.crt" "$(cert_folder)/tls.key"
  km_say 'The saved files are deleted.'
}

refused_folder() {
  KM_WHY=$(km_unsafe_folder "$BACKUP_DIR" "$FAST_DATA_DIR" "$SLOW_DATA_DIR")
  [[ -z $KM_WHY ]] || KM_WHY="The backup folder $BACKUP_DIR cannot be used: $KM_WHY."
}

# ---- As root --------------------------------------------------------------------------------------------------------

answer_check() {
  local saved='' words
  if cert_saved; then saved=yes; fi
  words="$(cert_folder) holds the certificate with its key"
  if cert_read kube-system; then
    ! cert_self_made <<<"$CERT" || km_answer not-needed 'The platform made its certificate itself; the new one makes another.'
    [[ -n $saved ]] || km_answer pending "A certificate is installed, valid until $(cert_until <<<"$CERT"), and not saved yet: $KM_WHY."
    [[ $(cert_fingerprint <<<"$CERT") == "$(cert_fingerprint <"$(cert_folder)/tls.crt")" ]] || km_answer pending 'Another certificate is installed than the one that is saved.'
    km_answer 'done' "$words, the one that is installed, valid until $(cert_until <<<"$CERT")."
  fi
  [[ -z $saved ]] || km_answer 'done' "$words, valid until $(cert_until <"$(cert_folder)/tls.crt")."
  [[ $KM_WHY != *NotFound* && $(km_kept certificate) != self-made ]] || km_answer not-needed 'The platform had no certificate but the one it made itself.'
  km_answer unknown "Nothing is saved, and the cluster cannot be asked for its certificate: $KM_WHY."
}

save() {
  local folder name
  folder=$(cert_folder)
  if ! cert_read kube-system; then
    [[ $KM_WHY != *NotFound* ]] || { km_say 'There is no certificate in the cluster: nothing to save.'; return 0; }
    km_die "The certificate could not be read: $KM_WHY." 'Nothing was changed.' '0.1.3 must run for this step.'
  fi
  ! cert_self_made <<<"$CERT" || { km_say 'The platform made its certificate itself: nothing to save.'; return 0; }
  [[ $(cert_public <<<"$CERT") == "$(cert_key_public <<<"$CERT_KEY")" ]] || km_die 'The installed key does not belong to the installed certificate.' 'Nothing was changed.' 'Find the right pair, and install it after the migration by hand.'
  [[ -d $(dirname -- "$BACKUP_DIR") ]] || km_die "The folder above $BACKUP_DIR does not exist." 'Nothing was changed.' 'Is the backup disk mounted?'
  umask 077
  mkdir -p -- "$folder" || km_die "$folder cannot be created." 'Nothing was changed.' 'Choose another backup folder.'
  chmod 0700 -- "$folder"
  if ! printf '%s\n' "$CERT" >"$folder/tls.crt.new" || ! printf '%s\n' "$CERT_KEY" >"$folder/tls.key.new"; then
    km_die "$folder cannot be written." 'Nothing was changed.' 'Make room and run the step again.'
  fi
  for name in tls.key tls.crt; do
    # An earlier one of another content stays.
    if [[ -e $folder/$name ]] && ! cmp -s "$folder/$name" "$folder/$name.new"; then mv -T -- "$folder/$name" "$folder/$name.$(date +%Y%m%d-%H%M%S)"; fi
    mv -T -- "$folder/$name.new" "$folder/$name"
  done
  sync -f "$folder"
  cert_saved || km_die "$KM_WHY." 'The platform is untouched.' 'Run the step again.'
  CERT_KEY=''
  km_say "Saved to $folder, readable by root alone. Fingerprint $(cert_fingerprint <"$folder/tls.crt"), valid until $(cert_until <"$folder/tls.crt")."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
