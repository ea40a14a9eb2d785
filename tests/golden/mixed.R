# Values of tests/golden/mixed_*.csv.gz: Rscript mixed.R <folder>; lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2 (Debian 12).
# 30 rows x 36 samples: 3 tissues x 3 donors x 2 cultures (nested) x 2 conditions, 4 batches (crossed), gaps.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)}); o <- commandArgs(TRUE)[1]; options(digits = 15)
w <- function(x, f) { con <- gzfile(file.path(o, f), "w"); write.csv(x, con, row.names = FALSE, quote = FALSE); close(con) }
set.seed(20261123); s <- expand.grid(condition = c("basal", "primed"), culture = 1:2, donor = 1:3, tissue = c("AT", "BM", "UC"))
s$donor <- paste0(s$tissue, s$donor); s$culture <- paste0(s$donor, "c", s$culture); s$batch <- paste0("b", sample(rep(1:4, 9)))
re <- function(f, sd) { z <- rnorm(length(unique(f)), 0, sd); z[match(f, unique(f))] }
Y <- t(sapply(1:30, function(i) round(20 + re(s$donor, runif(1, .2, 1)) + re(s$culture, runif(1, 0, .7)) + re(s$batch, runif(1, 0, .6)) + .5*(s$condition == "primed") + rnorm(36, 0, .4), 6)))
Y[runif(length(Y)) < .12] <- NA; Y[1:10, ] <- t(apply(Y[1:10, ], 1, function(v) replace(v, is.na(v), 21)))
w(s, "mixed_samples.csv.gz"); w(Y, "mixed_input.csv.gz"); x <- list(); f <- list()
for (i in 1:30) for (d in c("Satterthwaite", "Kenward-Roger")) {
  m <- suppressMessages(lmerTest::lmer(y ~ tissue + condition + (1 | donor/culture) + (1 | batch), cbind(y = Y[i, ], s), control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10))))
  v <- as.data.frame(VarCorr(m)); v <- setNames(v$vcov, v$grp); z <- coef(summary(m, ddf = d)); a <- lmerTest::contestMD(m, rbind(c(0, 1, 0, 0), c(0, 0, 1, 0)), ddf = d)
  x[[length(x) + 1]] <- data.frame(row = i, ddf = d, term = rownames(z), z, row.names = NULL)
  f[[length(f) + 1]] <- data.frame(row = i, ddf = d, criterion = REMLcrit(m), donor = v["donor"], culture = v["culture:donor"], batch = v["batch"], residual = v["Residual"], singular = isSingular(m), f = a[["F value"]], den = a$DenDF, p = a[["Pr(>F)"]], row.names = NULL) }
w(do.call(rbind, x), "mixed_coefficients.csv.gz"); w(do.call(rbind, f), "mixed_tests.csv.gz")
