#!/bin/sh
# R with limma and statmod, for benchmarks and for repeating the golden values; never needed at run time.
set -eu
apt-get install -y --no-install-recommends r-base-core r-bioc-limma r-cran-statmod
