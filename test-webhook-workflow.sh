#!/usr/bin/env bash
# Tries the whole way of a WhatsApp message against a running Switchboard, with bash, curl and openssl only:
# the webhook's contract first, then, when the simulator is there, the answers on a customer's phone.
set -u -o pipefail

usage() {
  cat <<'HELP'
./test-webhook-workflow.sh

Tries a running Switchboard from outside; a tick or a cross for each step, and an exit code other than 0 when one fails.

Without settings it takes the local stack of `npm start` (.switchboard/stack.json). Settings, as variables:

  STACK_FILE        another stack.json (default: $DATA_DIR/stack.json, DATA_DIR=.switchboard)
  WEBHOOK_URL       https://<ref>.supabase.co/functions/v1/wa-webhook/cloud-api
  APP_SECRET        the Meta app's secret, one of WHATSAPP_APP_SECRETS
  VERIFY_TOKEN      WHATSAPP_VERIFY_TOKEN
  SIMULATOR_URL     the simulator, for the steps with a phone; empty: they are left out
  GATEWAY_URL, SECRET_KEY   to look at what is stored through REST; empty: that is left out
  PHONE_NUMBER_ID   the business number's id (default 100000000000001, the demo's); DISPLAY_PHONE its digits
  ANSWER_SECONDS    how long to wait for an answer (default 20)

It writes messages of a made-up customer (+1 555 010 xxxx, a range for fiction) to that number. Against a real project
without a simulator the agent answers them, and Meta refuses the answers because nobody has that number.
HELP
}

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  "") ;;
  *) usage >&2; exit 2 ;;
esac
for tool in curl openssl sed grep; do
  command -v "$tool" >/dev/null || { echo "$tool is needed and is not installed." >&2; exit 2; }
done

# --- settings -------------------------------------------------------------------------------------------------------

cd "$(dirname "$0")" || exit 2
stack_file=${STACK_FILE:-${DATA_DIR:-.switchboard}/stack.json}

# The value of a key of stack.json, which has one key a line; "" without the file.
from_stack() {
  [ -r "$stack_file" ] && sed -n "s/^ *\"$1\": \"\([^\"]*\)\",\{0,1\}\$/\1/p" "$stack_file"
}

if [ -z "${WEBHOOK_URL:-}" ]; then
  if [ ! -r "$stack_file" ]; then
    echo "There is no $stack_file: start the local stack with npm start, or set WEBHOOK_URL, APP_SECRET and VERIFY_TOKEN." >&2
    exit 2
  fi
  WEBHOOK_URL=$(from_stack webhookUrl)
  APP_SECRET=${APP_SECRET:-$(from_stack appSecret)}
  VERIFY_TOKEN=${VERIFY_TOKEN:-$(from_stack verifyToken)}
  SIMULATOR_URL=${SIMULATOR_URL-$(from_stack simulatorUrl)}
  GATEWAY_URL=${GATEWAY_URL-$(from_stack gatewayUrl)}
  SECRET_KEY=${SECRET_KEY-$(from_stack secretKey)}
fi
if [ -z "${APP_SECRET:-}" ] || [ -z "${VERIFY_TOKEN:-}" ]; then
  echo "APP_SECRET and VERIFY_TOKEN are needed beside WEBHOOK_URL. --help shows all settings." >&2
  exit 2
fi
SIMULATOR_URL=${SIMULATOR_URL:-}
GATEWAY_URL=${GATEWAY_URL:-}
SECRET_KEY=${SECRET_KEY:-}
number_id=${PHONE_NUMBER_ID:-100000000000001}
display_phone=${DISPLAY_PHONE:-15550100001}
answer_seconds=${ANSWER_SECONDS:-20}
run=$(openssl rand -hex 6)
phone=1555010$(printf '%04d' $((RANDOM % 9000 + 1000)))

# --- reporting ------------------------------------------------------------------------------------------------------

green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then green=$'\033[32m' red=$'\033[31m' plain=$'\033[0m'; fi
passed=0 failed=0

# check <sentence> <condition> [<what was seen>]: the condition is a command; its success is the tick.
check() {
  local sentence=$1 condition=$2 seen=${3:-}
  if eval "$condition"; then
    passed=$((passed + 1))
    echo "${green}✓${plain} $sentence"
  else
    failed=$((failed + 1))
    echo "${red}✗${plain} $sentence"
    [ -n "$seen" ] && printf '    %s\n' "${seen:0:600}"
  fi
}

# --- the webhook ----------------------------------------------------------------------------------------------------

signature_of() { printf '%s' "$1" | openssl dgst -sha256 -hmac "$2" | sed 's/^.*= *//'; }

# Posts a body; sets `status` and `answer`. The second argument is the header's value, by default the right signature.
post() {
  local body=$1 sign=${2-sha256=$(signature_of "$1" "$APP_SECRET")} reply
  reply=$(printf '%s' "$body" | curl -sS -m 20 -X POST "$WEBHOOK_URL" -H 'content-type: application/json' \
    ${sign:+-H "x-hub-signature-256: $sign"} --data-binary @- -w '\n%{http_code}' 2>&1)
  status=${reply##*$'\n'}
  answer=${reply%$'\n'*}
}

# An envelope as Meta posts it: envelope <field> <rest of the value>.
envelope() {
  printf '{"object":"whatsapp_business_account","entry":[{"id":"200000000000001","changes":[{"field":"%s","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"%s","phone_number_id":"%s"},%s}}]}]}' \
    "$1" "$display_phone" "$number_id" "$2"
}

# message <id> <rest>: a customer's message of now.
message() {
  envelope messages "\"contacts\":[{\"profile\":{\"name\":\"Robin Test\"},\"wa_id\":\"$phone\"}],\"messages\":[{\"from\":\"$phone\",\"id\":\"$1\",\"timestamp\":\"$(date +%s)\",$2}]"
}

# How many rows a query of REST gives; "" when REST is not known.
stored() {
  [ -n "$GATEWAY_URL" ] && [ -n "$SECRET_KEY" ] || return 0
  curl -sS -m 20 -G "$GATEWAY_URL/rest/v1/messages" -H "apikey: $SECRET_KEY" \
    --data-urlencode "select=provider_message_id" --data-urlencode "provider_message_id=eq.$1" | grep -o '"provider_message_id"' | grep -c .
}

has() { case "$answer" in *"$1"*) return 0 ;; *) return 1 ;; esac; }

echo "Webhook: $WEBHOOK_URL"

challenge=$RANDOM$RANDOM
answer=$(curl -sS -m 20 -G "$WEBHOOK_URL" --data-urlencode hub.mode=subscribe --data-urlencode "hub.challenge=$challenge" \
  --data-urlencode "hub.verify_token=$VERIFY_TOKEN" -w ' %{http_code}' 2>&1)
check "the verification sends the challenge back" '[ "$answer" = "$challenge 200" ]' "$answer"
status=$(curl -sS -m 20 -o /dev/null -G "$WEBHOOK_URL" --data-urlencode hub.mode=subscribe \
  --data-urlencode "hub.challenge=$challenge" --data-urlencode hub.verify_token=wrong -w '%{http_code}' 2>&1)
check "a wrong verify token is refused (403)" '[ "$status" = 403 ]' "$status"

id=wamid.test.$run.1
body=$(message "$id" '"type":"text","text":{"body":"Hello! Are you open on Sunday?"}')
post "$body"
check "a signed message is taken in (200, stored)" '[ "$status" = 200 ] && has "\"stored\":1"' "$status $answer"
post "$body"
check "the same message again is a duplicate (200, nothing stored)" \
  '[ "$status" = 200 ] && has "\"stored\":0" && has "\"duplicates\":1"' "$status $answer"
rows=$(stored "$id")
[ -n "$rows" ] && check "it is stored once" '[ "$rows" = 1 ]' "$rows rows"

post "$body" "sha256=$(signature_of "$body" not-the-secret)"
check "a signature by another secret is refused (401)" '[ "$status" = 401 ]' "$status $answer"
post "$body" ""
check "no signature is refused (401)" '[ "$status" = 401 ]' "$status $answer"
post "${body%?} }" "sha256=$(signature_of "$body" "$APP_SECRET")"
check "a changed body with the old signature is refused (401)" '[ "$status" = 401 ]' "$status $answer"
post '{"object": "whatsapp_business_account", "entry": ['
check "what is not JSON is refused, though signed (400)" '[ "$status" = 400 ]' "$status $answer"

post "$(message "wamid.test.$run.2" '"type":"hologram","hologram":{"depth":3}')"
check "a message of an unknown type is taken in (200)" '[ "$status" = 200 ] && has "\"received\":1"' "$status $answer"
post "$(envelope "a_field_of_$run" '"something":"new"')"
check "a webhook of an unknown field is taken in (200)" '[ "$status" = 200 ] && has "\"received\":1"' "$status $answer"
reaction() {
  printf '{"from":"%s","id":"wamid.test.%s.%s","timestamp":"%s","type":"reaction","reaction":{"message_id":"%s","emoji":"%s"}}' \
    "$phone" "$run" "$1" "$(date +%s)" "$id" "$2"
}
post "$(envelope messages "\"contacts\":[{\"profile\":{\"name\":\"Robin Test\"},\"wa_id\":\"$phone\"}],\"messages\":[$(reaction 3 a),$(reaction 4 b)]")"
check "every item of a batch is read (200, two stored)" '[ "$status" = 200 ] && has "\"received\":2" && has "\"stored\":2"' "$status $answer"
state="{\"id\":\"wamid.test.$run.out\",\"status\":\"delivered\",\"timestamp\":\"$(date +%s)\",\"recipient_id\":\"$phone\"}"
post "$(envelope messages "\"statuses\":[$state]")"
check "a status of a message that is not known is taken in (200)" '[ "$status" = 200 ] && has "\"received\":1"' "$status $answer"

# --- the phone ------------------------------------------------------------------------------------------------------

# Lets the customer write, one text for each argument, and waits until more than $before answers are on the phone.
write() {
  local json='' text
  for text in "$@"; do json="$json${json:+,}{\"type\":\"text\",\"text\":\"$text\"}"; done
  curl -sS -m 20 -o /dev/null -X POST "$SIMULATOR_URL/phones/$writer/messages" -H 'content-type: application/json' -d "[$json]"
  local end=$((SECONDS + answer_seconds))
  while [ "$(answers)" -le "$before" ] && [ "$SECONDS" -lt "$end" ]; do sleep 0.3; done
}
on_phone() { curl -sS -m 20 "$SIMULATOR_URL/phones/$writer/messages?direction=out" 2>/dev/null; }
duplicate_sends() { curl -sS -m 20 "$SIMULATOR_URL/stats" | sed 's/^.*"duplicateSends":\([0-9]*\).*$/\1/'; }
answers() { on_phone | grep -o '"direction":"out"' | grep -c . ; }

if [ -n "$SIMULATOR_URL" ] && curl -sS -m 5 "$SIMULATOR_URL/health" >/dev/null 2>&1; then
  writer=1555010$(printf '%04d' $((RANDOM % 9000 + 1000)))
  [ "$writer" = "$phone" ] && writer=15550100999
  duplicates_before=$(duplicate_sends)
  echo "Phone: $SIMULATOR_URL, customer +$writer"

  before=0
  write 'Hello! When are you open?'
  check "a customer who writes is answered" '[ "$(answers)" = 1 ]' "$(on_phone)"

  before=$(answers)
  write 'One more thing' 'is there parking' 'and do you have vegan dishes?'
  sleep 3 # a second answer would come now
  check "a burst of three messages is answered once" '[ "$(answers)" = $((before + 1)) ]' "$(answers) answers, $before before"

  end=$((SECONDS + answer_seconds))
  unread=1
  while [ "$unread" != 0 ] && [ "$SECONDS" -lt "$end" ]; do
    unread=$(on_phone | grep -o '"status":"[a-z]*"' | grep -vc read)
    [ "$unread" = 0 ] || sleep 0.3
  done
  check "the answers are delivered and read" '[ "$unread" = 0 ]' "$(on_phone)"

  out=$(on_phone | sed 's/^.*"id":"\([^"]*\)".*$/\1/')
  post "$(envelope messages "\"statuses\":[{\"id\":\"$out\",\"status\":\"read\",\"timestamp\":\"$(date +%s)\",\"recipient_id\":\"$writer\"}]")"
  check "a status that came before is a duplicate (200)" '[ "$status" = 200 ] && has "\"duplicates\":1"' "$status $answer"

  check "nothing was sent twice" '[ "$(duplicate_sends)" = "$duplicates_before" ]' "$(duplicate_sends) sends, $duplicates_before before"
else
  echo "No simulator: the steps with a phone are left out."
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
