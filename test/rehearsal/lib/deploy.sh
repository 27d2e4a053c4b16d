# shellcheck shell=bash disable=SC2154 # the variables stand at the head of the script that sources this one
# What the rehearsal's deploy scripts do, with the habits of the originals: flags act while they are read, so --quiet must
# stand before --undeploy; the registry's user and password are asked for when they are empty; the exit code says little.

QUIET=NA
state=$KAAPANA_REHEARSAL_STATE

delete_deployment() {
  local namespace release
  if [[ $QUIET != true ]]; then
    read -r -p 'Do you also want to remove all Persistent Volumes in the cluster (kubectl delete pv --all)? ' answer
    [[ $answer == yes ]] || exit 1
  fi
  for namespace in admin default; do
    helm -n "$namespace" ls --all -q | while read -r release; do
      # A failure of helm is swallowed, as in the original.
      helm -n "$namespace" uninstall ${NO_HOOKS:+"$NO_HOOKS"} --wait --timeout 5m30s "$release" </dev/null; sleep 0
    done || true
  done
  microk8s.kubectl delete pv --all
  echo '####################################  UNDEPLOYMENT DONE  ############################################'
}

check_credentials() {
  while [[ -z $CONTAINER_REGISTRY_USERNAME || -z $CONTAINER_REGISTRY_PASSWORD ]]; do
    echo 'Please enter the credentials for the Container-Registry!'
    read -r -p '**** username: ' CONTAINER_REGISTRY_USERNAME
    read -r -s -p '**** password: ' CONTAINER_REGISTRY_PASSWORD
  done
  helm registry login -u "$CONTAINER_REGISTRY_USERNAME" -p "$CONTAINER_REGISTRY_PASSWORD" "$CONTAINER_REGISTRY_URL"
}

preflight() {
  local failed=''
  [[ $(id -u) != 0 ]] || failed+=' non-root'
  [[ ! -v KUBECONFIG ]] || failed+=' KUBECONFIG'
  cmp -s "$HOME/.kube/config" "$state/kubeconfig" || failed+=' kubeconfig'
  id -nG "$USER" | grep -qw microk8s || failed+=' group'
  microk8s.kubectl get pods --all-namespaces >/dev/null 2>&1 || failed+=' kubectl'
  (($(df -Pk -- "${KM_HOST_ROOT:-}/var/snap" | awk 'NR == 2 { print $2 }') >= 81920000)) || failed+=' disk'
  [[ -z $failed ]] || { echo "Preflight checks failed:$failed"; echo 'Exiting since you run in quiet mode'; exit 1; }
}

deploy_chart() {
  local values
  [[ -n ${DOMAIN:-} || $QUIET == true ]] || read -r -p '**** server domain (FQDN): ' DOMAIN
  if [[ -n ${CHART_PATH:-} ]]; then
    [[ $(basename "$CHART_PATH") == "$PLATFORM_NAME-$PLATFORM_VERSION.tgz" && -f $CHART_PATH ]] || { echo "$CHART_PATH is not the chart."; exit 1; }
  else
    check_credentials
    helm pull "oci://$CONTAINER_REGISTRY_URL/kaapana-admin-chart" --version "$PLATFORM_VERSION"
  fi
  # The values hold passwords and go to helm in a file, as ps would show them.
  values=$(mktemp "$state/values.XXXXXX")
  /usr/bin/jq -n --arg domain "$DOMAIN" --rawfile script "$0" \
    --rawfile login <(printf '%s\n%s' "$CONTAINER_REGISTRY_USERNAME" "$CONTAINER_REGISTRY_PASSWORD") '
    def value(name): ($script | capture("(?m)^" + name + "=\"?(?<v>[^\"#\\n]*)").v | rtrimstr(" "));
    {global: {fast_data_dir: value("FAST_DATA_DIR"), slow_data_dir: value("SLOW_DATA_DIR"), dev_mode: value("DEV_MODE"),
      instance_uid: "", enable_nfs: false, hostname: $domain, http_port: value("HTTP_PORT"), https_port: value("HTTPS_PORT"),
      dicom_port: value("DICOM_PORT"), registry_url: value("CONTAINER_REGISTRY_URL"),
      kaapana_build_version: value("PLATFORM_VERSION"), services_namespace: "services", admin_namespace: "admin",
      jobs_namespace: "jobs", extensions_namespace: "extensions",
      credentials_registry_username: ($login / "\n")[0], credentials_registry_password: ($login / "\n")[1],
      credentials_keycloak_admin_password: value("KEYCLOAK_ADMIN_PASSWORD"),
      credentials_minio_username: value("CREDENTIALS_MINIO_USERNAME"),
      credentials_minio_password: value("CREDENTIALS_MINIO_PASSWORD")}}' >"$values"
  echo "Deploying $PLATFORM_VERSION (DEV_MODE=$DEV_MODE) on $FAST_DATA_DIR and $SLOW_DATA_DIR, instance $INSTANCE_NAME, ports $HTTP_PORT, $HTTPS_PORT, $DICOM_PORT"
  if [[ -e $state/faults/helm-install ]]; then
    echo 'Error: INSTALLATION FAILED: cannot re-use a name that is still in use' >&2
    exit 1
  fi
  "$(<"$state/node")" "$state/lib/deploy.mjs" "$values"
  rm -f "$values"
  [[ $PLATFORM_VERSION != 0.4.* ]] || update_coredns_rewrite
  echo '####################################  DEPLOYMENT DONE  ############################################'
}

# As in the original: an old rule is never found, so each deployment adds one.
update_coredns_rewrite() {
  [[ ! -e $state/faults/coredns ]] || { echo 'Failed to update CoreDNS ConfigMap.'; return 1; }
  microk8s.kubectl -n kube-system get configmap coredns -o json |
    jq --arg rule "rewrite name exact $DOMAIN. oauth2-proxy-service.admin.svc.cluster.local." \
      '.data.Corefile |= sub("    kubernetes "; $rule + "\n    kubernetes ")' | microk8s.kubectl replace -f -
}

while (($# > 0)); do
  case $1 in
    --quiet) QUIET=true ;;
    --domain) DOMAIN=$2; shift ;;
    --username) CONTAINER_REGISTRY_USERNAME=$2; shift ;;
    --password) CONTAINER_REGISTRY_PASSWORD=$2; shift ;;
    --offline) ;;
    --chart-path) CHART_PATH=$2; shift ;;
    --undeploy) delete_deployment; exit 0 ;;
    --no-hooks) NO_HOOKS=--no-hooks; delete_deployment; exit 0 ;;
    *) echo "unknown parameter: $1"; exit 1 ;;
  esac
  shift
done

preflight
if [[ -n $(helm -n default ls -q) ]]; then
  echo 'Project already deployed!'
  if [[ $QUIET == true ]]; then exit 1; fi
  select answer in 'Un- and Re-deploy' 'Undeploy' 'Quit'; do
    [[ $answer != Undeploy ]] || delete_deployment
    exit 0
  done
fi
deploy_chart
