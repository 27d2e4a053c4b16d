# shellcheck shell=bash
# Install the saved TLS certificate with the new deploy script, as root, and compare what is installed afterwards.
# By hand: FAST_DATA_DIR=… SLOW_DATA_DIR=… BACKUP_DIR=… SCRIPTS_DIR=… bash tls-certificates.sh run

if ! declare -F km_main >/dev/null; then
  # shellcheck source=../../lib.sh
  . "$(dirname -- "${BASH_SOURCE[0]}")/../../lib.sh"
  km_use cluster scripts old-platform old-scripts old-data certificate
  KM_BY_HAND=yes
fi

: "${SCRIPTS_DIR:=$HOME}"

check() {
  km_join_group "$KM_PHASE"
  km_root_ready || km_answer unknown "The key can be read by root only. $KM_ROOT_WHY."
  km_elevated answer_check >&3
}

run() {
  km_join_group "$KM_PHASE"
  km_root_ready || km_die "The script installs certificates as root only: $KM_ROOT_WHY." 'Nothing was changed.' 'Run the step again with the right password.'
  km_elevated install_saved
}

undo() {
  km_root_ready || km_die "The files can be read by root only: $KM_ROOT_WHY." 'Nothing was changed.' 'Run it again with the right password.'
  km_elevated take_out
}

# ---- As root --------------------------------------------------------------------------------------------------------

answer_check() {
  local saved
  if ! cert_saved; then
    [[ $(km_kept certificate) != self-made ]] || km_answer not-needed 'The old platform had no certificate of its own.'
    km_answer blocked "$KM_WHY."
  fi
  saved=$(cert_fingerprint <"$(cert_folder)/tls.crt")
  old_find_new_folders || km_answer unknown "$KM_WHY."
  cert_read admin || {
    same_file "$saved" && km_answer 'done' "The certificate lies in $NEW_FAST/tls, from where each deployment takes it."
    km_answer pending "The certificate is saved and not installed: $KM_WHY."
  }
  [[ $(cert_fingerprint <<<"$CERT") == "$saved" ]] || km_answer pending 'Another certificate is installed than the saved one.'
  same_file "$saved" || km_answer pending "The certificate is installed, but not in $NEW_FAST/tls: the next deployment would lose it."
  km_answer 'done' "The saved certificate is installed, valid until $(cert_until <<<"$CERT")."
}

same_file() { # FINGERPRINT
  [[ -f $NEW_FAST/tls/tls.key && $(cert_fingerprint <"$NEW_FAST/tls/tls.crt" 2>/dev/null) == "$1" ]] 2>/dev/null
}

install_saved() {
  local folder host rc=0 state='Nothing was changed.'
  cert_saved || km_die "$KM_WHY." "$state" 'Put tls.crt and tls.key there, as root, then run the step again.'
  openssl x509 -checkend 0 -noout <"$(cert_folder)/tls.crt" >/dev/null || km_die "The saved certificate has expired on $(cert_until <"$(cert_folder)/tls.crt")." "$state" 'Get a new one, put both files there, and run the step again.'
  host=$(km_kept hostname)
  [[ -z $host ]] || openssl x509 -noout -checkhost "$host" <"$(cert_folder)/tls.crt" 2>/dev/null | grep -q 'does match' || km_say "Note: the certificate does not name $host; browsers will warn."
  old_find_new_folders || km_die "$KM_WHY." "$state" 'Put the script there.'
  # The script deletes the secret first, and stops where there is none.
  km_ask "$KM_KUBECTL" -n admin get secret certificate -o name || km_die "0.2.2 is not ready: $KM_WHY." "$state" 'Run the step when the platform is deployed.'
  mkdir -p -- "$NEW_FAST/tls"
  folder=$(mktemp -d) || km_die 'A temporary folder cannot be made.' "$state" 'Make room and run the step again.'
  # shellcheck disable=SC2064
  trap "rm -rf -- $(printf '%q' "$folder")" EXIT
  if ! cp -- "$(cert_folder)/tls.crt" "$(cert_folder)/tls.key" "$folder/" || ! cp -- "$NEW_DEPLOY" "$folder/deploy.sh"; then
    km_die 'The files cannot be copied.' "$state" 'Make room and run the step again.'
  fi
  cd -- "$folder" || return 1
  km_run_script '' env -u KUBECONFIG TERM=xterm bash ./deploy.sh --install-certs </dev/null || rc=$?
  ((rc == 0)) || km_say "The script ended with code $rc. That alone says little; the cluster is asked now."
  { cert_read admin && [[ $(cert_fingerprint <<<"$CERT") == "$(cert_fingerprint <"$(cert_folder)/tls.crt")" ]]; } ||
    km_die 'The certificate is not the one that is installed now.' 'The platform has the certificate that it had, or none until the next deployment.' 'Read what the script printed above, then run the step again.'
  chmod 600 -- "$NEW_FAST/tls/tls.key" || km_die "The certificate was not put into $NEW_FAST/tls." 'It is installed until the next deployment.' 'Run the step again.'
  km_say 'The saved certificate is installed.'
}

# The saved pair stays, so that the copy of it can go. The secret goes with the platform, at the next undeployment.
take_out() {
  local state='Nothing was changed.'
  cert_saved || km_die "$KM_WHY: the files of the platform may be the only ones." "$state" 'Keep them.'
  old_find_new_folders || km_die "$KM_WHY." "$state" 'Put the script there.'
  same_file "$(cert_fingerprint <"$(cert_folder)/tls.crt")" || km_die "$NEW_FAST/tls does not hold the saved certificate." "$state" 'There is nothing of this step to take out.'
  rm -f -- "$NEW_FAST/tls/tls.crt" "$NEW_FAST/tls/tls.key"
  km_say "The certificate is out of $NEW_FAST/tls. The running platform shows it until it is undeployed; the next deployment makes one of its own."
}

[[ -z $KM_BY_HAND ]] || km_main "$@"
