#!/bin/bash
# shellcheck disable=SC2034 # lines that an admin edits
# Rehearsal's stand-in for the deploy script of 0.2.2, with the habits of the original: helm 4 breaks it, flags act while they are
# read, prompts are filled in where there is a terminal, failures of helm are swallowed, --quiet still asks about what it finds.
set -euf -o pipefail
PLATFORM_NAME="kaapana-admin-chart" # name of the platform Helm chart
PLATFORM_VERSION="0.2.2" # Specific version or empty for dialog

CONTAINER_REGISTRY_URL="registry.clinic.example/kaapana" # registry
CONTAINER_REGISTRY_USERNAME=""
CONTAINER_REGISTRY_PASSWORD=""
OFFLINE_MODE=false
FAST_DATA_DIR="/home/kaapana" # fast
SLOW_DATA_DIR="/home/kaapana" # slow
QUIET=NA NO_HOOKS='' DOMAIN=''
state=$KAAPANA_REHEARSAL_STATE

delete_deployment() {
  local namespace release answer
  for namespace in admin default; do
    for release in $(helm -n "$namespace" ls -q); do
      helm -n "$namespace" uninstall $NO_HOOKS --wait --timeout 5m30s "$release" </dev/null || true
    done
  done
  if [[ $QUIET != true ]]; then
    while true; do
      read -r -e -p 'Do you also want to remove all Persistent Volumes in the cluster (kubectl delete pv --all)?' -i ' yes' answer
      case $answer in
        [Yy]*) microk8s.kubectl delete pv --all; break ;;
        [Nn]*) break ;;
      esac
    done
  else
    microk8s.kubectl delete pv --all
  fi
  echo '####################################  UNDEPLOYMENT DONE  ############################################'
}

install_certs() {
  [[ $(id -u) == 0 ]] || { echo 'The installation of certs requires root privileges!'; exit 1; }
  [[ -f ./tls.key && -f ./tls.crt ]] || { echo 'tls.key or tls.crt could not been found in this directory.'; exit 1; }
  microk8s.kubectl -n admin delete secret certificate
  "$(<"$state/node")" "$state/kaapana-0.1/secret.mjs" ./tls.crt ./tls.key | microk8s.kubectl -n admin create -f -
  cp ./tls.key ./tls.crt "$FAST_DATA_DIR/tls/"
}

preflight() {
  local answer failed=''
  [[ $(id -u) != 0 ]] || failed+=' non-root'
  [[ ! -v KUBECONFIG ]] || failed+=' KUBECONFIG'
  cmp -s "$HOME/.kube/config" "$state/kubeconfig" || failed+=' kubeconfig'
  [[ -z $failed ]] && return
  read -r -e -p "Found:$failed. Do you want to fix problems before continuing?" -i yes answer
  [[ $answer != y* ]] || exit 1
}

main() {
  while (($# > 0)); do
    case $1 in
      --quiet) QUIET=true ;;
      --domain) DOMAIN=$2; shift ;;
      --no-hooks) NO_HOOKS=--no-hooks; delete_deployment; exit 0 ;;
      --undeploy) delete_deployment; exit 0 ;;
      --install-certs) install_certs; exit 0 ;;
      *) echo "unknow parameter: $1"; exit 1 ;;
    esac
    shift
  done
  preflight
  [[ $(helm version --short) != v4* ]] || { echo "Error: unknown shorthand flag: 'a' in -a" >&2; exit 1; }
  [[ -z $(helm -n default ls -a -q) ]] || { echo 'Project already deployed!'; exit 1; }
  [[ -n $DOMAIN ]] || exit 1 # the name service does not know the host
  while [[ -z $CONTAINER_REGISTRY_USERNAME || -z $CONTAINER_REGISTRY_PASSWORD ]]; do
    read -r -p '**** username: ' CONTAINER_REGISTRY_USERNAME
    read -r -s -p '**** password: ' CONTAINER_REGISTRY_PASSWORD
  done
  printf '%s' "$CONTAINER_REGISTRY_PASSWORD" >"$state/registry-password"
  [[ ! -e $state/faults/helm-install ]] || { echo 'Error: INSTALLATION FAILED' >&2; exit 1; }
  "$(<"$state/node")" "$state/kaapana-0.1/deploy.mjs" "$FAST_DATA_DIR" "$SLOW_DATA_DIR" "$DOMAIN"
  echo 'Deployment done.'
}

main "$@"
