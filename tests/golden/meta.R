# metafor and clubSandwich on simulated studies, iterated to 1e-12: Rscript meta.R FOLDER
suppressMessages({library(metafor); library(clubSandwich)}); folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, name)); s <- read("meta_studies.csv"); t <- read("meta_tables.csv"); m <- read("meta_means.csv")
tight <- list(threshold = 1e-12, maxiter = 10000, tol = 1e-12); out <- list()
keep <- function(what, ...) { v <- c(...); out[[length(out) + 1]] <<- data.frame(what = what, name = names(v), value = sprintf("%.13g", v)) }
rows <- function(what, name, v) out[[length(out) + 1]] <<- data.frame(what = what, name = paste0(name, "_", seq_along(v)), value = sprintf("%.13g", v))
all <- function(r) { p <- predict(r); q <- tryCatch(confint(r, control = list(tol = 1e-14))$random[1, 2:3], error = function(e) c(NA, NA))
  c(estimate = c(r$beta), standard_error = r$se, p_value = r$pval, lower = r$ci.lb, upper = r$ci.ub, predict_lower = p$pi.lb, predict_upper = p$pi.ub, tau2 = r$tau2,
    tau2_standard_error = r$se.tau2, tau2_lower = q[[1]], tau2_upper = q[[2]], i2 = r$I2, h2 = r$H2, q = r$QE, log_likelihood = as.numeric(logLik(r))) }
for (me in c("DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM")) for (te in c("z", "knha", "t"))
  keep(paste("pool", tolower(me), te), all(rma(yi, vi, data = s, method = me, test = te, control = tight)))
for (te in c("z", "knha")) { r <- rma(yi, vi, mods = ~ x1 + x2, data = s, test = te, control = tight)
  keep(paste("regression", te), tau2 = r$tau2, i2 = r$I2, h2 = r$H2, r2 = r$R2, qm = r$QM, qm_p_value = r$QMp, q = r$QE, log_likelihood = as.numeric(logLik(r)))
  rows(paste("regression", te), "coefficients", r$beta); rows(paste("regression", te), "standard_errors", r$se); rows(paste("regression", te), "p_values", r$pval) }
for (me in c("DL", "HE", "HS", "SJ", "ML", "PM")) { r <- rma(yi, vi, mods = ~ x1, data = s, method = me, test = "knha", control = tight); keep(paste("slope", tolower(me)), tau2 = r$tau2, tau2_standard_error = r$se.tau2, slope = r$beta[2], error = r$se[2], r2 = r$R2) }
r <- rma(yi, vi, data = s, control = tight); i <- influence(r); x <- i$inf
for (n in c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight")) rows("influence", n, x[[n]]); rows("influence", "dfbs", i$dfbs[[1]])
r2 <- rma(yi, vi, mods = ~ x1, data = s, test = "knha", control = tight); i <- influence(r2); x <- i$inf
for (n in c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat")) rows("influence x1 knha", n, x[[n]]); rows("influence x1 knha", "dfbs0", i$dfbs[[1]]); rows("influence x1 knha", "dfbs1", i$dfbs[[2]])
l <- leave1out(r); for (n in c("estimate", "se", "tau2", "I2", "Q", "pval")) rows("leave", n, l[[n]]); u <- cumul(r, order = s$year); for (n in c("estimate", "se", "tau2")) rows("cumulative", n, u[[n]])
b <- blup(r); rows("blup", "estimate", b$pred); rows("blup", "se", b$se); b <- blup(r2); rows("blup x1 knha", "estimate", b$pred); rows("blup x1 knha", "se", b$se); rows("blup x1 knha", "lower", b$pi.lb)
for (pr in c("sei", "vi")) for (mo in c("rma", "lm")) { g <- regtest(r, predictor = pr, model = mo); keep(paste("egger", mo, pr), statistic = g$zval, p = g$pval, limit = g$est, limit_lower = g$ci.lb) }
k <- ranktest(r); keep("begg", tau = k$tau, p = k$pval)
for (es in c("L0", "R0", "Q0")) for (si in c("left", "right")) { f <- trimfill(r, estimator = es, side = si); keep(paste("trim", tolower(es), si), missing = f$k0, estimate = f$beta) }
keep("fsn", n = fsn(yi, vi, data = s)$fsnum)
v <- function(f) { x <- rma.mv(yi, vi, random = ~ 1 | district/study, data = s, control = list(optimizer = "optim", optmethod = "Nelder-Mead", reltol = 1e-15, maxit = 5000)); x }
n <- v(); keep("nested", estimate = n$beta, standard_error = n$se, outer = n$sigma2[1], inner = n$sigma2[2], log_likelihood = as.numeric(logLik(n)), q = n$QE)
p <- predict(n); keep("nested prediction", lower = p$pi.lb, upper = p$pi.ub)
for (kind in c("CR2", "CR1")) { z <- coef_test(n, vcov = kind, cluster = s$district); keep(paste("robust nested", tolower(kind)), se = z$SE, df = z$df_Satt, p = z$p_Satt)
  z <- coef_test(r2 <- rma(yi, vi, mods = ~ x1, data = s, control = tight), vcov = kind, cluster = s$district); rows(paste("robust pool", tolower(kind)), "se", z$SE); rows(paste("robust pool", tolower(kind)), "df", z$df_Satt); rows(paste("robust pool", tolower(kind)), "p", z$p_Satt) }
e6 <- s[1:6, ]; keep("permutation", p = suppressMessages(permutest(rma(yi, vi, data = e6), exact = TRUE, progbar = FALSE))$pval)
e5 <- s[1:5, ]; keep("permutation x1", p = suppressMessages(permutest(rma(yi, vi, mods = ~ x1, data = e5), exact = TRUE, progbar = FALSE))$pval[2])
for (me in c("RR", "OR", "RD", "AS", "PETO")) { e <- escalc(me, ai = events_treated, n1i = n_treated, ci = events_control, n2i = n_control, data = t); rows(paste("effect", tolower(me)), "estimate", e$yi); rows(paste("effect", tolower(me)), "variance", e$vi) }
for (me in c("MD", "SMD", "SMDH", "ROM", "CVR", "VR")) { e <- escalc(me, m1i = mean_treated, sd1i = sd_treated, n1i = n_treated, m2i = mean_control, sd2i = sd_control, n2i = n_control, data = m); rows(paste("effect", tolower(me)), "estimate", e$yi); rows(paste("effect", tolower(me)), "variance", e$vi) }
e <- escalc("SMD", m1i = mean_treated, sd1i = sd_treated, n1i = n_treated, m2i = mean_control, sd2i = sd_control, n2i = n_control, data = m, vtype = "UB"); rows("effect smd exact", "variance", e$vi)
for (me in c("PR", "PLO", "PFT")) { e <- escalc(me, xi = events_treated, ni = n_treated, data = t); rows(paste("effect", tolower(me)), "estimate", e$yi); rows(paste("effect", tolower(me)), "variance", e$vi) }
for (me in c("ZCOR", "COR")) { e <- escalc(me, ri = correlation, ni = n_treated + 1, data = m); rows(paste("effect", tolower(me)), "estimate", e$yi); rows(paste("effect", tolower(me)), "variance", e$vi) }
for (me in c("OR", "RR", "RD")) { r <- rma.mh(measure = me, ai = events_treated, n1i = n_treated, ci = events_control, n2i = n_control, data = t); keep(paste("mh", tolower(me)), estimate = r$beta, standard_error = r$se, q = r$QE) }
r <- rma.peto(ai = events_treated, n1i = n_treated, ci = events_control, n2i = n_control, data = t); keep("peto", estimate = r$beta, standard_error = r$se, q = r$QE)
write.csv(do.call(rbind, out), file.path(folder, "meta_expected.csv"), row.names = FALSE, quote = FALSE)
