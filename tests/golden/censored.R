# Means of groups with limits, R survival 3.5-3: the values in tests/stats/test_censored.py
library(survival)
d <- data.frame(lo = c(1, 2, 3, NA, 2.5, 4, 5, NA, 4.2, 7, 6.5, NA),
                hi = c(1, 2, 3, 1.5, 2.5, 4, 5, 3.1, 4.2, 7, NA, 5.9),
                g = c(1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3))
f <- survreg(Surv(lo, hi, type = "interval2") ~ 0 + factor(g), dist = "gaussian", data = d,
             control = survreg.control(rel.tolerance = 1e-14, maxiter = 200))
print(f$coefficients, digits = 12); print(f$scale, digits = 12); print(sqrt(diag(f$var)), digits = 10)
