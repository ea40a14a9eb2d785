#!/bin/sh
# R with limma, statmod, lme4, lmerTest and pbkrtest, for benchmarks and for repeating the golden values; never needed at run time.
set -eu
apt-get install -y --no-install-recommends r-base-core r-bioc-limma r-cran-statmod \
  r-cran-lme4 r-cran-lmertest r-cran-pbkrtest
