# Gene set tests of limma on a small table: Rscript genesets.R FOLDER  (reads genesets_input.csv.gz, genesets_sets.csv)
suppressMessages(library(limma)); folder <- commandArgs(TRUE)[1]
y <- as.matrix(read.csv(gzfile(file.path(folder, "genesets_input.csv.gz")), header = FALSE))
s <- read.csv(file.path(folder, "genesets_sets.csv")); sets <- split(s$row + 1, factor(s$set, unique(s$set)))
design <- cbind(1, rep(0:1, each = 5), rep(0:1, 5)); weighted <- c(0, 1, -1)
statistic <- eBayes(lmFit(y, design))$t[, 2]
keep <- function(test, x) data.frame(test = test, set = rownames(x), n = x$NGenes, direction = tolower(x$Direction),
  correlation = if (is.null(x$Correlation)) NA else x$Correlation, p = x$PValue, mixed = if (is.null(x$PValue.Mixed)) NA else x$PValue.Mixed)
out <- rbind(
  keep("camera_pr", cameraPR(statistic, sets, sort = FALSE)),
  keep("camera_pr_0.05", cameraPR(statistic, sets, inter.gene.cor = 0.05, sort = FALSE)),
  keep("camera_pr_ranks", cameraPR(statistic, sets, use.ranks = TRUE, sort = FALSE)),
  keep("camera", camera(y, sets, design, 2, sort = FALSE)),
  keep("camera_weighted", camera(y, sets, design, weighted, sort = FALSE)),
  keep("camera_trend", camera(y, sets, design, 2, trend.var = TRUE, sort = FALSE)),
  keep("camera_estimated", camera(y, sets, design, 2, inter.gene.cor = NA, sort = FALSE)),
  keep("camera_negative", camera(y, sets, design, 2, inter.gene.cor = NA, allow.neg.cor = TRUE, sort = FALSE)),
  keep("fry", fry(y, sets, design, 2, sort = "none")),
  keep("fry_weighted", fry(y, sets, design, weighted, sort = "none")))
write.csv(format(out, digits = 15), file.path(folder, "genesets_expected.csv"), row.names = FALSE, quote = FALSE)
