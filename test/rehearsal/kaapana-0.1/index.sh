# shellcheck shell=bash
# Stand-in for curl in the pod of OpenSearch: state/documents is the number of documents, state/segmentations their UIDs, one
# line each, and state/modality-documents, where it exists, how many documents have the field that tells their kind.
state=$KAAPANA_REHEARSAL_STATE
case "$*" in
  */_count*exists*) printf '{"count": %s}' "$(cat "$state/modality-documents" 2>/dev/null || cat "$state/documents")" ;;
  */_count*) printf '{"count": %s}' "$(cat "$state/documents")" ;;
  */_search*) jq -Rn '[inputs | select(length > 0) | {_id: .}] | {hits: {total: {value: length}, hits: .}}' <"$state/segmentations" ;;
  *) printf '{"error": "no such index"}' ;;
esac
