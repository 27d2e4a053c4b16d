#!/bin/bash
# shellcheck disable=SC2034 # lines that an admin edits
# Rehearsal's stand-in for the deploy script of 0.1.3, with the habits of the original: no flag to undeploy, only a menu; without a
# release it deploys; failures of helm are swallowed; prompts are filled in where there is a terminal.
set -euf -o pipefail
PROJECT_NAME="kaapana-platform-chart" # name of the platform Helm chart
DEFAULT_VERSION="0.1.3"    # version of the platform Helm chart
CONTAINER_REGISTRY_USERNAME=""
CONTAINER_REGISTRY_PASSWORD=""
HELM_NAMESPACE="kaapana"
FAST_DATA_DIR="/home/kaapana" # fast
SLOW_DATA_DIR="/home/kaapana" # slow
QUIET=NA
state=$KAAPANA_REHEARSAL_STATE

delete_deployment() {
  local release name
  for release in $(helm -n kaapana ls -q); do
    # A failure of helm is swallowed, as in the original.
    helm -n kaapana uninstall --wait --timeout 5m30s "$release" </dev/null || continue
    [[ ! -e $state/faults/namespaces-stay ]] || continue
    for name in base flow flow-jobs meta monitoring store; do
      set +f
      rm -rf "$state"/k8s/*/"$name" "$state/k8s/ns/_/$name.json"
      set -f
    done
    rm -f "$state"/k8s/pod/kube-system/oauth2-proxy.json
  done
  microk8s.kubectl delete namespace kaapana --ignore-not-found=true
  echo '####################################  UNDEPLOYMENT DONE  ############################################'
}

deploy_chart() {
  local domain
  read -r -e -p '**** server domain (FQDN): ' -i "$(hostname)" domain
  echo "$domain" >"$state/deployed-013"
}

main() {
  case ${1:-} in
    --quiet) QUIET=true ;;
    '') ;;
    *) echo "unknow parameter: $1"; exit 1 ;;
  esac
  if [[ $(helm -n "$HELM_NAMESPACE" ls -q) != *"$PROJECT_NAME"* ]]; then
    echo 'No previous deployment found -> deploy'
    deploy_chart
    return
  fi
  [[ $QUIET != true ]] || { echo 'Project already deployed!'; exit 1; }
  PS3='select option: '
    options=("Un- and Re-deploy" "Undeploy" "Quit")
  select opt in "${options[@]}"; do
    case $opt in
      'Un- and Re-deploy' | Re-install) : >"$state/redeployed"; delete_deployment; break ;;
      Undeploy | Uninstall) delete_deployment; exit 0 ;;
      Quit) exit 0 ;;
      *) echo "invalid option $REPLY" ;;
    esac
  done
}

main "$@" # microk8s
