"""Every precursor format on a file that its tool wrote: rows, runs, proteins and traps of the READMEs."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from secretome.errors import InvalidInput
from secretome.plan import AssayPlan
from secretome.read.recognise import FORMATS, open_measurements, open_table, recognise

REPORTS = "data/formats-precursor-reports/"
ENGINES = "data/formats-search-engine-outputs/"
HYE = "data/species-mix-hye124-skyline/Skyline_HYE124_TTOF5600_64var_it2.tsv.gz"
UPS2 = "data/spikein-yeast-ups2-diann-staes/spikein248-staesetal2024.pg_matrix.tsv.gz"

# file: format, runs, proteins, entries of the tidy table, distinct precursors, default quantity
WHOLE = {
    REPORTS + "diann_report_3runs.tsv.gz": ("diann", 3, 371, 2910, 1052, "MaxLFQ of Precursor.Normalised"),
    REPORTS + "diann_hela_timstof_head.tsv.gz": ("diann", 4, 4, 162, 48, "PG.MaxLFQ"),
    REPORTS + "diann_yeast_qc_comma.csv": ("diann", 6, 20, 64, 30, "MaxLFQ of Precursor.Normalised"),
    ENGINES + "diann_1.8.1_report_head.tsv.gz": ("diann", 6, 14, 90, 16, "PG.MaxLFQ"),
    ENGINES + "diann_1.9.0_report_head.tsv.gz": ("diann", 6, 15, 97, 18, "PG.MaxLFQ"),
    REPORTS + "diann_QC_Mam.pg_matrix.tsv.gz": ("diann_matrix", 1, 5550, None, None, "PG.MaxLFQ"),
    REPORTS + "diann_QC_Mam.gg_matrix.tsv.gz": ("diann_matrix", 1, 5521, None, None, "matrix as written"),
    ENGINES + "diann_report.pg_matrix.tsv": ("diann_matrix", 20, 10, None, None, "PG.MaxLFQ"),
    UPS2: ("diann_matrix", 9, 3694, None, None, "PG.MaxLFQ"),
    REPORTS + "spectronaut_precursor_head.tsv": ("spectronaut", 2, 20, 74, 48, "MaxLFQ of EG.TotalQuantity (Settings)"),
    REPORTS + "spectronaut_hye124_fragments.csv.gz": ("spectronaut", 6, 1, 108, 18, "PG.Quantity"),
    REPORTS + "spectronaut_bruderer_spikeins.csv.gz": ("spectronaut", 24, 12, 5885, 324, "MaxLFQ of F.PeakArea"),
    ENGINES + "spectronaut_report.tsv.gz": ("spectronaut", 1, 33, 84, 84, "PG.Quantity"),
    REPORTS + "skyline_fragments.csv.gz": ("skyline", 15, 5, 705, 47, "MaxLFQ of Area"),
    REPORTS + "openswath.csv": ("openswath", 6, 2, 7, 2, "MaxLFQ of Intensity"),
    REPORTS + "maxquant_evidence.csv.gz": ("maxquant_evidence", 15, 5, 1417, 109, "MaxLFQ of Intensity"),
    REPORTS + "proteome_discoverer_psm.csv.gz": ("discoverer_psm", 15, 5, 225, 32, "MaxLFQ of Precursor.Area"),
    REPORTS + "fragpipe_msstats.csv": ("msstats", 6, 10, 76, 32, "MaxLFQ of Intensity"),
    ENGINES + "alphadia_1.8.1_report_head.tsv.gz": ("alphadia", 1, 95, 100, 100, "MaxLFQ of intensity"),
}  # fmt: skip


def read(path, *, samples=(), **plan):
    table, chosen = open_measurements(path)
    return chosen.read(table, AssayPlan("proteome", path, **plan), samples)


@pytest.mark.parametrize("file", WHOLE)
def test_a_file_is_recognised_and_read_whole(shared, file):
    name, runs, proteins, entries, precursors, quantity = WHOLE[file]
    table, chosen = open_measurements(shared / file)
    found = chosen.read(table, AssayPlan("proteome", shared / file), ())
    assert (chosen.name, found.values.shape, found.quantity) == (name, (proteins, runs), quantity)
    assert recognise(table).evidence
    assert FORMATS[name].measurements(table) == found.measurements
    assert found.features.index.is_unique
    assert not (found.values <= 0).any()
    if entries is None:
        assert found.precursors is None
    else:
        assert len(found.precursors) == entries
        assert found.precursors["precursor"].nunique() == precursors
        assert (found.precursors["intensity"] > 0).all()
        assert not found.precursors.duplicated(["sample", "protein", "precursor"]).any()
        counted = found.precursors.groupby("protein", observed=True)["precursor"].nunique()
        assert (found.features["precursors"] == counted.reindex(found.features.index, fill_value=0)).all()
        assert (found.features["peptides"] <= found.features["precursors"]).all()


# --- DIA-NN ---------------------------------------------------------------------------------------


def test_diann_without_run_takes_the_name_from_the_windows_path(shared):
    found = read(shared / REPORTS / "diann_report_3runs.tsv.gz")
    assert found.measurements == ("KL_Try_001_a", "KL_Try_001_b", "KL_Try_001_c")
    assert "48 of 2,992 rows were left out: without a protein" in found.remarks[0]
    assert "34 of 2,992 rows were left out: with PG.Q.Value above 0.01 or empty" in found.remarks[1]


def test_diann_protein_quantities_are_taken_once_not_summed(shared):
    path = shared / ENGINES / "diann_1.8.1_report_head.tsv.gz"
    report = pd.read_csv(path, sep="\t")
    passed = report[(report[["Q.Value", "PG.Q.Value", "Global.PG.Q.Value"]] <= 0.01).all(axis=1)]
    expected = passed.groupby(["Protein.Group", "Run"])["PG.MaxLFQ"].first().unstack()
    found = read(path)
    np.testing.assert_array_equal(found.values, expected.loc[found.features.index, list(found.measurements)])
    assert passed.groupby(["Protein.Group", "Run"]).size().max() > 1  # else nothing could be summed
    assert len(passed) == 90


def test_diann_filters_on_global_protein_q_values_as_well(shared):
    found = read(shared / ENGINES / "diann_1.9.0_report_head.tsv.gz")
    assert [remark.split(": ", 1)[1] for remark in found.remarks] == [
        "1 of 100 rows were left out: with PG.Q.Value above 0.01 or empty",
        "2 of 100 rows were left out: with Global.PG.Q.Value above 0.01 or empty",
    ]


def test_diann_runs_in_conflict_with_files_are_said_and_decided_by_the_sheet(shared):
    path = shared / REPORTS / "diann_yeast_qc_comma.csv"
    told = "Run names 6 runs and File.Name names 3 runs, which do not go together; Run was taken"
    assert told in read(path).remarks[0]
    runs = [f"Run{i}" for i in range(1, 7)]
    assert set(read(path, samples=runs).measurements) == set(runs)
    files = ["pre_qc_1", "pre_qc_2", "pre_qc_3"]
    by_file = read(path, samples=files, quantity="PG.Normalised")
    assert by_file.measurements == tuple(files)
    assert "File.Name was taken" in by_file.remarks[0]
    with pytest.raises(
        InvalidInput, match=r"row \d+: Run names 6 runs and File.Name names 3 runs, which do not"
    ):
        read(path, samples=["a", "b"])


def test_diann_a_protein_quantity_with_two_values_in_a_run_is_refused(shared):
    """The quantities of this file belong to File.Name: read by Run, six of them have two values."""
    with pytest.raises(InvalidInput, match="one value for a protein and run") as error:
        read(shared / REPORTS / "diann_yeast_qc_comma.csv", quantity="PG.Normalised")
    assert len(error.value.problems) == 6


def test_diann_peptides_are_letters_even_where_stripped_sequence_is_not(shared):
    found = read(shared / REPORTS / "diann_yeast_qc_comma.csv")
    assert "AADNNIPTK/2" in set(found.precursors["precursor"])


def test_diann_matrix_columns_are_windows_paths(shared):
    found = read(shared / UPS2)
    assert found.measurements[0] == "B000254_Ap_6883_EXT-765_DIA_Yeast_UPS2_ratio02_DIA"
    assert found.measurements[-1] == "B000310_Ap_6883_EXT-765_DIA_Yeast_UPS2_ratio08_DIA_3"
    assert np.isnan(found.values).mean() == pytest.approx(0.0365, abs=5e-5)


def test_diann_matrix_takes_ups2_accessions_from_the_group_and_no_gene_from_a_word(shared):
    features = read(shared / UPS2).features
    ups2 = features[features.index.str.endswith("ups")]
    assert len(ups2) == 31
    assert ups2.loc["P02768ups", "entry_name"] == "ALBU_HUMAN_UPS"
    assert (ups2["gene"] == "").all()
    assert (features["organism"] == "Homo sapiens").sum() == 31
    assert features.loc["D6VTK4", "gene"] == "STE2"
    assert features.loc["D6VTK4", "peptides"] == 4


def test_diann_matrix_recovers_the_ups2_steps(shared):
    found = read(shared / UPS2)
    logs = np.log2(found.values)
    yeast = ~found.features.index.str.endswith("ups")
    complete = yeast & ~np.isnan(logs).any(axis=1)
    logs -= np.median(logs[complete], axis=0)
    levels = [
        np.array([f"ratio{level}" in name for name in found.measurements]) for level in ("02", "04", "08")
    ]
    expected = {(0, 1): (0.93, 28), (1, 2): (1.12, 30), (0, 2): (2.03, 28)}
    for (low, high), (median, n) in expected.items():
        sides = [np.where((~np.isnan(logs[:, levels[at]])).sum(axis=1) >= 2, np.nan_to_num(logs[:, levels[at]]).sum(axis=1) / np.maximum((~np.isnan(logs[:, levels[at]])).sum(axis=1), 1), np.nan) for at in (low, high)]  # fmt: skip
        difference = (sides[1] - sides[0])[~yeast]
        assert (~np.isnan(difference)).sum() == n
        assert np.nanmedian(difference) == pytest.approx(median, abs=0.01)


def test_diann_matrix_with_blanks_cut_off_is_filled_and_said(shared):
    found = read(shared / ENGINES / "diann_report.pg_matrix.tsv")
    assert "9 rows end early" in " ".join(open_table(shared / ENGINES / "diann_report.pg_matrix.tsv").remarks)
    assert np.isnan(found.values).mean() == pytest.approx(0.725)
    assert "2 protein groups share their first accession" in found.remarks[0]


# --- Spectronaut ----------------------------------------------------------------------------------


def test_spectronaut_precursor_quantity_is_that_of_its_fragments_not_their_sum(shared):
    path = shared / REPORTS / "spectronaut_hye124_fragments.csv.gz"
    report = pd.read_csv(path)
    expected = report.groupby(["R.FileName", "EG.PrecursorId"])["FG.Quantity"].first()
    found = read(path).precursors.set_index(["sample", "precursor"])
    np.testing.assert_allclose(found["intensity"], [expected[key] for key in found.index], rtol=1e-12)
    assert found["n"].sum() == 648


def test_spectronaut_fragments_are_summed_and_conditions_are_runs_without_file_names(shared):
    path = shared / REPORTS / "spectronaut_bruderer_spikeins.csv.gz"
    report = pd.read_csv(path)
    found = read(path)
    assert found.measurements == tuple(f"C{i:02d}" for i in range(1, 25))
    assert "each R.Condition was taken as one run" in found.remarks[0]
    assert found.precursors["intensity"].sum() == pytest.approx(report["F.PeakArea"].sum(), rel=1e-12)
    assert found.features.loc["P02754", ["gene", "organism"]].tolist() == ["LGB", "Bos taurus"]


# --- others ---------------------------------------------------------------------------------------


def test_skyline_isotopes_are_summed(shared):
    path = shared / REPORTS / "skyline_fragments.csv.gz"
    found = read(path)
    assert found.precursors["intensity"].sum() == pytest.approx(pd.read_csv(path)["Area"].sum(), rel=1e-12)


def test_openswath_decoys_shared_peptides_and_second_peaks_are_counted_out(shared):
    remarks = read(shared / REPORTS / "openswath.csv").remarks
    assert [remark.split(": ", 1)[1] for remark in remarks] == [
        "12 of 26 rows were left out: of decoy proteins",
        "6 of 26 rows were left out: of peptides of several proteins",
        "1 of 26 rows were left out: with peak_group_rank above 1",
    ]


def test_maxquant_evidence_features_of_a_precursor_are_summed(shared):
    path = shared / REPORTS / "maxquant_evidence.csv.gz"
    found = read(path)
    assert found.precursors["intensity"].sum() == pytest.approx(
        pd.read_csv(path)["Intensity"].sum(), rel=1e-12
    )
    assert found.precursors["n"].sum() == 1575 - 21  # 21 rows of type MSMS have no intensity


def test_maxquant_evidence_is_matched_by_experiment_when_the_sheet_names_those(shared):
    path = shared / REPORTS / "maxquant_evidence.csv.gz"
    experiments = list(dict.fromkeys(pd.read_csv(path)["Experiment"]))
    assert read(path, samples=experiments).measurements == tuple(experiments)


def test_proteome_discoverer_area_is_taken_once_for_all_spectra_of_a_feature(shared):
    path = shared / REPORTS / "proteome_discoverer_psm.csv.gz"
    report = pd.read_csv(path).assign(Modifications=lambda rows: rows["Modifications"].fillna(""))
    expected = report.groupby(["Spectrum.File", "Sequence", "Modifications", "Charge"])[
        "Precursor.Area"
    ].max()
    assert read(path).precursors["intensity"].sum() == pytest.approx(expected.sum(), rel=1e-12)


def test_fragpipe_msstats_keeps_the_contaminant_tag_and_its_species(shared):
    features = read(shared / REPORTS / "fragpipe_msstats.csv").features
    assert features.loc["P02769", ["tagged_contaminant", "organism", "peptides"]].tolist() == [
        True,
        "Bos taurus",
        11,
    ]
    assert features["tagged_contaminant"].sum() == 1


def test_alphadia_groups_of_entry_names_become_accessions_led_by_the_master(shared):
    features = read(shared / ENGINES / "alphadia_1.8.1_report_head.tsv.gz").features
    assert features.loc["P16104", ["entry_name", "protein_group"]].tolist() == [
        "H2AX_HUMAN",
        "P16104;Q8IUE6;Q16777",
    ]
    assert not features.index.str.contains("_").any()


@pytest.fixture(scope="module")
def hye124(shared):
    return read(shared / HYE)


def test_hye124_drops_peptides_of_several_proteins(hye124):
    found = hye124
    assert "12,831 of 147,438 rows were left out: of peptides of several proteins" in found.remarks[0]
    assert found.precursors["precursor"].nunique() == 33339
    species = found.features["organism"].value_counts()
    assert species.to_dict() == {
        "Homo sapiens": 2255,
        "Saccharomyces cerevisiae": 1581,
        "Escherichia coli": 1274,
    }


def species_ratios(found, values):
    """Median log2(B/A) per species, centred on complete human proteins, two values in each group."""
    logs, human = np.log2(values), (found.features["organism"] == "Homo sapiens").to_numpy()
    logs = logs - np.median(logs[human & ~np.isnan(logs).any(axis=1)], axis=0)
    means = []
    for group in (("007", "009", "011"), ("008", "010", "012")):
        side = logs[:, [name.endswith(group) for name in found.measurements]]
        seen = (~np.isnan(side)).sum(axis=1)
        means.append(np.where(seen >= 2, np.nansum(side, axis=1) / np.maximum(seen, 1), np.nan))
    ratio = pd.Series(means[1] - means[0]).groupby(found.features["organism"].to_numpy())
    return ratio.median(), ratio.count()


def test_hye124_sums_are_those_of_the_reference_and_maxlfq_is_nearer_to_the_truth(hye124, shared):
    tidy = hye124.precursors
    totals = tidy.groupby(["protein", "sample"], observed=True)["intensity"].sum().unstack()
    totals = totals.loc[hye124.features.index, list(hye124.measurements)].to_numpy()
    medians, counts = species_ratios(hye124, totals)
    truth = {
        "Homo sapiens": (0.07, 1948),
        "Saccharomyces cerevisiae": (-1.24, 931),
        "Escherichia coli": (2.35, 651),
    }
    for species, (median, n) in truth.items():
        assert medians[species] == pytest.approx(median, abs=0.005)
        assert counts[species] == n
    rolled, _ = species_ratios(hye124, hye124.values)
    for species, ratio in (("Homo sapiens", 0), ("Saccharomyces cerevisiae", -1), ("Escherichia coli", 2)):
        assert abs(rolled[species] - ratio) < abs(medians[species] - ratio)
    assert "377 values of 315 proteins were left empty" in hye124.remarks[1]


# --- mzTab ----------------------------------------------------------------------------------------


def test_mztab_of_identifications_has_no_abundances_but_counts_of_spectra(shared):
    pytest.importorskip("pyteomics")
    from pyteomics import mztab

    path = shared / ENGINES / "mztab_test.mztab.gz"
    with pytest.raises(InvalidInput, match="mzTab-type Identification"):
        read(path)
    found = read(path, quantity="spectral_count")
    assert found.values.shape == (283, 63)
    assert found.unit == "spectral count"
    with gzip.open(path, "rt") as stream:
        oracle = mztab.MzTab(stream)
    assert len(oracle.protein_table) == 283
    psms = oracle.spectrum_match_table
    psms = psms[
        psms["accession"].isin(oracle.protein_table["accession"])
        & (psms["opt_global_cv_MS:1002217_decoy_peptide"] == 0)
    ]
    expected = psms.groupby("accession")["spectra_ref"].nunique()
    counted = pd.Series(np.nansum(found.values, axis=1), found.features.index)
    assert (counted[counted > 0] == expected.reindex(counted[counted > 0].index)).all()
    assert counted.sum() == expected.sum() == 388
