#!/usr/bin/env bash
# A picture of a page: screenshot.sh PAGE PNG [WIDTH] [HEIGHT]
set -euo pipefail
page=$(realpath "$1"); picture=$(realpath -m "$2"); width=${3:-1280}; height=${4:-1400}
mkdir -p "$(dirname "$picture")"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
  --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$profile" \
  --virtual-time-budget=8000 --window-size="$width,$height" --screenshot="$picture" "file://$page" 2>/dev/null
echo "$picture"
