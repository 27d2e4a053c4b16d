# ---- the entry ------------------------------------------------------------------------------------------------------

case $COMMAND in
  start | watch | log | probe | checked | stated | restarted | confirmed | collect | cancel | verify | kept | keep | attach | job | inner) "$COMMAND" "$@" ;;
  status)
    ME=$(actor)
    snapshot "$STATE/runs/$1"
    ;;
  *) refuse bad-request "The runner has no command $COMMAND." ;;
esac
