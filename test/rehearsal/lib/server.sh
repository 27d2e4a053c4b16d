# shellcheck shell=bash disable=SC2154 # the variable stands at the head of the script that sources this one
# What the rehearsal's server scripts do. Like the originals they end with success when MicroK8s is already there and when
# it could not be removed, ask about a proxy without --quiet, and show the cluster's key on the screen.

QUIET=NA
state=$KAAPANA_REHEARSAL_STATE root=$KAAPANA_REHEARSAL_ROOT

if [[ $(id -u) != 0 ]]; then
  echo 'Please run the script with root privileges!'
  exit 1
fi
while (($# > 0)); do
  case $1 in
    --quiet) QUIET=true ;;
    --uninstall)
      snap remove helm --purge || echo '########################  NOT SUCCESSFUL! ########################'
      snap remove microk8s --purge || echo '########################  NOT SUCCESSFUL! ########################'
      echo 'UNINSTALLATION DONE'
      exit 0
      ;;
    *) echo "UNKNOWN ARGUMENT: $1!"; exit 1 ;;
  esac
  shift
done
if [[ $QUIET != true && ! -v http_proxy ]]; then
  read -r -p "Is this correct and you don't need a proxy?" answer
  [[ $answer == y* ]] || exit
fi
snap list helm >/dev/null 2>&1 || snap install helm --classic --channel=latest/stable
if snap list microk8s >/dev/null 2>&1; then
  echo 'microk8s is already installed ...'
  exit 0
fi
[[ ! -e $state/faults/dns ]] || { echo 'DNS lookup failed.'; exit 1; }
snap install microk8s --classic --channel="$DEFAULT_MICRO_VERSION"
arguments=$root/var/snap/microk8s/current/args/kube-apiserver
[[ $DEFAULT_MICRO_VERSION == 1.28* || -e $state/faults/apiserver-arguments ]] ||
  printf '%s\n' --feature-gates=ValidatingAdmissionPolicy=true --runtime-config=admissionregistration.k8s.io/v1beta1=true >>"$arguments"
if [[ ! -e $state/faults/install-cut-off ]]; then
  mkdir -p "$root/home/$SUDO_USER/.kube"
  microk8s.kubectl config view --raw | tee "$root/home/$SUDO_USER/.kube/config"
  chmod 600 "$root/home/$SUDO_USER/.kube/config"
  echo 'kaapana adm sudo microk8s' >"$state/groups-known"
  microk8s.kubectl delete configmap -n kube-public local-registry-hosting
fi
echo ' DONE'
