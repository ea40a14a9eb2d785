"""The page in a real browser: it draws, it breaks no policy, it fits the window.

Run by `make slow`; needs Debian's chromium.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from secretome import report

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is absent: apt-get install chromium"),
]

# Asks a copy of the page how wide it is; the copy has no policy, or the question could not be put.
PROBE = """
<script>
window.addEventListener("load", function ask() {
  if (document.documentElement.dataset.drawn !== "yes") { setTimeout(ask, 50); return; }
  var root = document.documentElement;
  parent.postMessage({ scroll: root.scrollWidth, client: root.clientWidth }, "*");
});
</script>
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(__file__).parents[1] / "report" / "example.py"
    specification = importlib.util.spec_from_file_location("report_example_browser", path)
    assert specification is not None
    assert specification.loader is not None
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)
    return report.publish(example.dossier(), tmp_path_factory.mktemp("browser") / "study") / "index.html"


def _browse(page: Path, profile: Path, *, width: int = 1280) -> tuple[str, str]:
    """The document after its scripts ran, and what the console said."""
    command = [
        str(CHROMIUM),
        *["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        *["--disable-component-update", "--disable-sync", "--no-first-run"],
        *f"--user-data-dir={profile} --window-size={width},1200".split(),
        *["--enable-logging=stderr", "--v=0", "--virtual-time-budget=20000", "--dump-dom"],
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, "\n".join(console)


@pytest.fixture(scope="module")
def browsed(index: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return _browse(index, tmp_path_factory.mktemp("profile"))


def test_the_console_stays_silent(browsed: tuple[str, str]) -> None:
    assert browsed[1] == ""


def test_every_figure_is_drawn(browsed: tuple[str, str]) -> None:
    document = browsed[0]
    assert 'data-drawn="yes"' in document
    # Once in the script that would say it, and nowhere else.
    assert document.count("could not be drawn") == 1
    places = len(re.findall(r'class="drawing', document))
    assert places == len(re.findall(r"<svg[^>]*class=\"marks\"|<canvas[^>]*class=\"marks\"", document)) == 6


def test_a_hostile_name_runs_nothing(browsed: tuple[str, str]) -> None:
    document = browsed[0]
    assert "<script>alert(1)" not in document
    assert document.count("<script") == 4 + 6


def test_a_changed_script_is_refused(index: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.html"
    text = index.read_text(encoding="utf-8")
    changed.write_text(text.replace("</body>", "<script>document.title = 'taken'</script></body>"))
    document, console = _browse(changed, tmp_path / "profile")
    assert "Content Security Policy" in console
    assert "<title>taken" not in document


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_nothing_overflows_sideways(index: Path, tmp_path: Path, width: int) -> None:
    text = index.read_text(encoding="utf-8")
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    (tmp_path / "page.html").write_text(open_page.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    # A window of chromium cannot be as narrow as a phone, a frame can.
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<!doctype html><body><p id=answer></p><script>addEventListener('message', function (event) {"
        "answer.textContent = event.data.scroll + ' of ' + event.data.client; });</script>"
        f"<iframe src=page.html width={width} height=900></iframe>"
    )
    document, _ = _browse(frame, tmp_path / "profile", width=1400)
    found = re.search(r"(\d+) of (\d+)", document)
    assert found is not None, "the page did not answer"
    assert int(found[1]) <= int(found[2])


def test_a_tooltip_shows_the_hostile_name_as_text(index: Path, tmp_path: Path) -> None:
    probe = """
    <script>
    window.addEventListener("load", function ask() {
      if (document.documentElement.dataset.drawn !== "yes") { setTimeout(ask, 50); return; }
      document.querySelectorAll("[data-draw^='vary'] path").forEach(function (mark) {
        var box = mark.getBoundingClientRect();
        ["pointerover", "pointermove", "mouseover", "mousemove"].forEach(function (name) {
          var where = { bubbles: true, clientX: box.x + 2, clientY: box.y + 2 };
          mark.dispatchEvent(new PointerEvent(name, where));
        });
        var tip = document.getElementById("tip");
        if (tip.textContent.includes("alert(1)")) { document.title = "told " + tip.children.length; }
        if (tip.querySelector("script")) { document.title = "broken"; }
      });
    });
    </script>
    """
    text = index.read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    (tmp_path / "page.html").write_text(text.replace("</body>", probe + "</body>"), encoding="utf-8")
    document, _ = _browse(tmp_path / "page.html", tmp_path / "profile")
    assert "<title>told 5</title>" in document
