"""Public data sets that a command may bring: pinned files, their sha256, source and terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from secretome.folders import cache_folder

from .http import Policy, download, is_file_of

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set.

    Parameters
    ----------
    path
        Place in the repository, at the pinned commit.
    size_bytes, sha256
        Of the file as it stands there.
    """

    path: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The file name without its folders."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class DataSet:
    """Files of one public repository at one commit.

    Parameters
    ----------
    name
        Slug; the folder in the cache.
    title, source, terms
        What it is, where it comes from, and what may be done with it: shown before anything
        is fetched.
    commit
        Pinned; a newer version of the repository is never fetched.
    base_url
        Address that the paths of the files are relative to.
    """

    name: str
    title: str
    source: str
    terms: str
    commit: str
    base_url: str
    files: tuple[RemoteFile, ...]

    def announcement(self) -> str:
        """What a person must see before agreeing: files, size, source, commit, terms."""
        size = sum(file.size_bytes for file in self.files) / 1e6
        names = ", ".join(file.name for file in self.files)
        return "\n".join(
            [
                self.title,
                f"Source:  {self.source} at commit {self.commit}",
                f"Files:   {names} ({size:.1f} MB), checked by sha256",
                f"Terms:   {self.terms}",
            ]
        )


_SIX_NICHES_COMMIT = "c811fd035f524fa8f13bec454bf22639192a0141"

SIX_NICHES = DataSet(
    name="six-niches",
    title="Secretomes of six human mesenchymal cell types (Lobov et al.)",
    source="https://github.com/tniapp/Human-mesenchymal-cells-osteogenic-differentiation",
    terms=(
        "the repository has no licence file. The files are fetched for your own use; neither they nor a "
        "dossier made from them may be passed on without the authors' consent."
    ),
    commit=_SIX_NICHES_COMMIT,
    base_url=f"https://raw.githubusercontent.com/tniapp/Human-mesenchymal-cells-osteogenic-differentiation/{_SIX_NICHES_COMMIT}/",
    files=(
        RemoteFile(
            "secretome/combined_protein_secr_fragpipe.tsv",
            2_853_292,
            "93dae9f9590325d188db3729112235b85d2a8bde72d6ca4ee8f27a8138795c32",
        ),
        RemoteFile(
            "secretome/fact_secr.xlsx",
            14_088,
            "594874ed9d7dc1c6dc96df8578d863e1d7d63c886b19b3e2511012f49935325f",
        ),
    ),
)


def folder_of(data: DataSet) -> Path:
    """Where the files of a data set are kept on this machine.

    Examples
    --------
    >>> folder_of(SIX_NICHES).parts[-3:] == ("data", "six-niches", SIX_NICHES.commit)
    True
    """
    return cache_folder() / "data" / data.name / data.commit


def missing(data: DataSet) -> tuple[RemoteFile, ...]:
    """The files that are not here yet, or not with their sha256."""
    folder = folder_of(data)
    return tuple(file for file in data.files if not is_file_of(folder / file.name, file.sha256))


def bring(
    data: DataSet, *, offline: bool = False, policy: Policy | None = None, progress: Progress | None = None
) -> Path:
    """The folder with all files of a data set, fetched where they are not here yet.

    Whoever calls this has shown `data.announcement()` and been told yes.

    Parameters
    ----------
    offline
        Fetch nothing; fail when a file is missing.
    progress
        Called with file name, bytes so far and bytes in all.

    Raises
    ------
    Unreachable
        If a file is missing and the source does not answer, or we are offline.
    WrongDownload
        If a file has another sha256 than the one recorded here.
    """
    folder = folder_of(data)
    for file in missing(data):
        tell = None if progress is None else _named(progress, file.name)
        url = data.base_url + quote(file.path)
        download(url, folder / file.name, sha256=file.sha256, offline=offline, policy=policy, progress=tell)
    return folder


def _named(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)
