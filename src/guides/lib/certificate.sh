# shellcheck shell=bash
# The TLS certificate of a platform: in the cluster, and saved in the backup folder. All of it as root, as the key is secret.
# shellcheck disable=SC2034 # what is set here is for the steps

cert_folder() { printf '%s' "${BACKUP_DIR%/}/tls"; }

# Certificate and key of the cluster into CERT and CERT_KEY. Fails with KM_WHY.
CERT='' CERT_KEY=''
cert_read() { # NAMESPACE
  CERT='' CERT_KEY=''
  km_ask "$KM_KUBECTL" -n "$1" get secret certificate -o json || return 1
  CERT=$(jq -r '.data["tls.crt"] // empty' <<<"$KM_OUT" | base64 -d 2>/dev/null) || CERT=''
  CERT_KEY=$(jq -r '.data["tls.key"] // empty' <<<"$KM_OUT" | base64 -d 2>/dev/null) || CERT_KEY=''
  KM_OUT=''
  [[ -n $CERT && -n $CERT_KEY ]] || {
    KM_WHY="the secret certificate in $1 holds no certificate with a key"
    return 1
  }
}

# Whether the platform made a certificate itself: its own issuer, for the name kaapana.
cert_self_made() { # reads the certificate
  local subject issuer
  read -r subject issuer < <(openssl x509 -noout -subject -issuer -nameopt RFC2253 2>/dev/null | sed -E 's/^(subject|issuer)= *//; s/ /_/g' | paste -sd ' ')
  [[ -n $subject && $subject == "$issuer" && $subject =~ (^|,)CN=kaapana(,|$) ]]
}

cert_fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null | sed 's/.*=//'; } # reads the certificate
cert_public() { openssl x509 -noout -pubkey 2>/dev/null; }
cert_key_public() { openssl pkey -pubout 2>/dev/null; } # reads the key
cert_until() { openssl x509 -noout -enddate 2>/dev/null | sed 's/.*=//'; }

# Whether the saved pair is whole; KM_WHY says what is wrong with it.
cert_saved() {
  local folder
  folder=$(cert_folder)
  [[ -f $folder/tls.crt && -f $folder/tls.key ]] || {
    KM_WHY="$folder holds no tls.crt with a tls.key"
    return 1
  }
  [[ -n $(cert_public <"$folder/tls.crt") && $(cert_public <"$folder/tls.crt") == "$(cert_key_public <"$folder/tls.key")" ]] || {
    KM_WHY="the key in $folder does not belong to the certificate"
    return 1
  }
}
