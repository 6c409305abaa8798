#!/usr/bin/env bash
# Sets up one part of the work place: python, tools (what tests drive from outside) or portal. Called by make.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\033[1m%s\033[0m\n' "· $*"; }
stop() { printf 'waykeep: %s\n' "$*" >&2; exit 1; }

python_part() {
  command -v python3 >/dev/null || stop "python3 is missing: apt-get install python3 python3-venv"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "python3 is older than 3.11: install Debian 12 or newer"
  python3 -c 'import venv, ensurepip' 2>/dev/null || stop "python3-venv is missing: apt-get install python3-venv"
  [ -x .venv/bin/python ] || { say "making the virtual environment in .venv"; python3 -m venv .venv; }
  say "installing the pinned packages (cached by pip; the first time takes a minute or two)"
  .venv/bin/python -m pip install --disable-pip-version-check --progress-bar on -q --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
}

tools_part() {
  local wanted=() missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  fc-list 2>/dev/null | grep -qi 'noto.*cjk' || wanted+=(fonts-noto-cjk)
  [ ${#missing[@]} -eq 0 ] && [ ${#wanted[@]} -eq 0 ] && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing what the tests drive: ${missing[*]:-} ${wanted[*]:-}"
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" "${wanted[@]}" >/dev/null
  elif [ ${#missing[@]} -gt 0 ]; then
    stop "the tests need ${missing[*]}: sudo apt-get install ${missing[*]}"
  fi
}

portal_part() {
  PATH="$PWD/.venv/bin:$PATH"
  say "building the portal with node $(node --version) (the first time fetches its pinned packages)"
  (cd web && npm ci --no-audit --no-fund --loglevel=error)
  say "drawing the offline map"
  .venv/bin/python web/basemap/build.py
  say "bundling the portal"
  (cd web && npm run --silent build)
}

case "${1:-}" in
  python) python_part ;;
  tools) tools_part ;;
  portal) portal_part ;;
  *) stop "deploy/setup.sh python|tools|portal" ;;
esac
