#!/usr/bin/env bash
# Debian's chromium, for browser tests and screenshots; the program itself never needs it.
set -euo pipefail
command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }
