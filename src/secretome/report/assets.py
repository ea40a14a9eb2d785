"""Scripts and style that the page carries, with their hashes for the content security policy."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from secretome.errors import InvalidDossier

_INTERPRETER_IMPORT = "import { ascending, isString, DisallowedObjectProperties } from 'vega-util';"
_INTERPRETER_EXPORT = "export { expression as expressionInterpreter };"


@dataclass(frozen=True)
class Assets:
    """Everything that the page inlines.

    Parameters
    ----------
    style
        The one stylesheet.
    scripts
        Script texts in the order in which they run.
    """

    style: str
    scripts: tuple[str, ...]

    def policy(self) -> str:
        """The content security policy that lets exactly these texts run, and nothing else."""
        scripts = " ".join(_source(script) for script in self.scripts) or "'none'"
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src {scripts}",
                f"style-src {_source(self.style)}",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        )


def assets(*, interactive: bool) -> Assets:
    """The texts to inline; Vega only when the page has a figure to draw."""
    drawing = ("vega.min.js", "vega-lite.min.js", "vega-interpreter.js") if interactive else ()
    return Assets(_read("page.css"), tuple(_script(name) for name in (*drawing, "page.js")))


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _script(name: str) -> str:
    text = _read(name)
    if name == "vega-interpreter.js":
        text = _as_plain_script(text)
    # The hash is taken of what the browser sees: no carriage return, no way out of the element.
    if "\r" in text or "</script" in text.lower() or "<!--" in text:
        raise InvalidDossier(f"{name} cannot be inlined as it stands: this installation is damaged")
    # A map names a file that is not there; looking for it would break the policy.
    return "\n".join(line for line in text.split("\n") if not line.startswith("//# sourceMappingURL"))


def _as_plain_script(module: str) -> str:
    """The interpreter, which is published as an ES module only, as an ordinary script."""
    if _INTERPRETER_IMPORT not in module or _INTERPRETER_EXPORT not in module:
        raise InvalidDossier("vega-interpreter.js is not the version of VENDORED.md: reinstall secretome")
    body = module.replace(
        _INTERPRETER_IMPORT, "const { ascending, isString, DisallowedObjectProperties } = vega;"
    )
    body = body.replace(_INTERPRETER_EXPORT, "globalThis.expressionInterpreter = expression;")
    return '(function () { "use strict";\n' + body + "\n})();"


@cache
def _read(name: str) -> str:
    return (files("secretome.report") / "static" / name).read_text(encoding="utf-8")
