#!/usr/bin/env bash
# Installs the Debian packages that are missing: those to run Folio and those of the parts named as arguments
# (node, browser, postgresql, redis). What works already is left alone, wherever it came from, so that a machine that
# is set up needs no network.
set -euo pipefail

missing=()
need() { # need PACKAGE COMMAND…: COMMAND succeeds where nothing of PACKAGE is missing
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

need build-essential cc --version
need pkg-config pkg-config --version
need libssl-dev pkg-config --exists openssl
need python3 python3 --version
need python3-pip python3 -m pip --version
need python3-venv python3 -c "import ensurepip"
need brotli brotli --version

for part in "$@"; do
  case $part in
    node)
      need nodejs node --version
      need npm npm --version
      ;;
    browser)
      need chromium test -x /usr/bin/chromium
      need fonts-dejavu-core compgen -G '/usr/share/fonts/*/*'
      ;;
    redis) need redis-server redis-server --version ;;
    postgresql) need postgresql compgen -G '/usr/lib/postgresql/*/bin/initdb' ;;
    *) echo "packages.sh knows no $part" >&2 && exit 1 ;;
  esac
done

if ((${#missing[@]})); then
  echo "==> Debian packages: installing ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "This is not a Debian system. Please install what these Debian packages hold: ${missing[*]}" >&2
    exit 1
  fi
  as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "This needs root. Please run as root: apt-get install -y ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

if [[ " $* " == *" node "* ]] && (($(node -p 'process.versions.node.split(".")[0]') < 20)); then
  echo "This needs Node.js 20 or newer; here is $(node --version)." >&2
  exit 1
fi
