// Draws the figures and lets tables be sorted. No evaluation of text, no network, no inline style.
(function () {
  "use strict";

  var tip = document.getElementById("tip");

  function rowsOf(packed) {
    return packed.rows.map(function (row) {
      var record = {};
      packed.columns.forEach(function (name, i) { record[name] = row[i]; });
      return record;
    });
  }

  function placeTip(event) {
    var gap = 14;
    var x = Math.min(event.clientX + gap, window.innerWidth - tip.offsetWidth - gap);
    var y = event.clientY + gap;
    if (y + tip.offsetHeight > window.innerHeight) { y = event.clientY - tip.offsetHeight - gap; }
    tip.style.left = Math.max(x, 4) + "px";
    tip.style.top = Math.max(y, 4) + "px";
  }

  // Only text nodes: what a gene or a sample is called can never become markup.
  function showTip(handler, event, item, value) {
    tip.textContent = "";
    if (value === null || value === undefined || value === "") { tip.hidden = true; return; }
    var entries = typeof value === "object" ? Object.entries(value) : [["", String(value)]];
    entries.forEach(function (entry) {
      var line = document.createElement("div");
      var name = document.createElement("span");
      name.textContent = entry[0];
      line.append(name, " " + entry[1]);
      tip.append(line);
    });
    tip.hidden = false;
    placeTip(event);
  }

  function draw(place, figure) {
    var spec = figure.spec;
    spec.datasets = {};
    Object.keys(figure.data).forEach(function (name) { spec.datasets[name] = rowsOf(figure.data[name]); });
    var runtime = vega.parse(vegaLite.compile(spec).spec, null, { ast: true });
    var view = new vega.View(runtime, {
      expr: expressionInterpreter,
      renderer: figure.renderer,
      hover: true,
      logLevel: vega.Error,
      tooltip: showTip
    });
    view.initialize(place);
    return view.runAsync();
  }

  function drawAll(places) {
    if (!places.length) { document.documentElement.dataset.drawn = "yes"; return; }
    var place = places.shift();
    var data = document.querySelector('script[data-figure="' + CSS.escape(place.dataset.draw) + '"]');
    Promise.resolve()
      .then(function () { return draw(place, JSON.parse(data.textContent)); })
      .catch(function (error) {
        place.textContent = "This figure could not be drawn; its files are linked below.";
        console.error("figure " + place.dataset.draw + ": " + error.message);
      })
      .then(function () { setTimeout(drawAll, 0, places); });
  }

  function valueOf(row, at) {
    var text = row.cells[at].textContent.trim();
    var number = Number(text.replace(/,/g, ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  }

  function compare(a, b) {
    if (a === "" || b === "") { return a === b ? 0 : a === "" ? 1 : -1; }
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    return String(a).localeCompare(String(b));
  }

  function sort(table, at, heading) {
    var down = heading.getAttribute("aria-sort") === "ascending";
    var body = table.tBodies[0];
    var rows = Array.from(body.rows).sort(function (one, two) {
      var a = valueOf(one, at), b = valueOf(two, at);
      // Gaps stay at the end in both directions.
      return down && a !== "" && b !== "" ? compare(b, a) : compare(a, b);
    });
    table.querySelectorAll("th[aria-sort]").forEach(function (th) { th.removeAttribute("aria-sort"); });
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append.apply(body, rows);
  }

  document.querySelectorAll("table").forEach(function (table) {
    if (table.tBodies[0].rows.length < 3) { return; }
    Array.from(table.tHead.rows[0].cells).forEach(function (heading, at) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", function () { sort(table, at, heading); });
      heading.textContent = "";
      heading.append(button);
    });
  });

  // Settings that are folded away on a screen belong on paper; long tables stay files.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open]):not(.rows)").forEach(function (d) { d.open = true; d.dataset.folded = ""; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-folded]").forEach(function (d) { d.open = false; delete d.dataset.folded; });
  });

  drawAll(Array.from(document.querySelectorAll("[data-draw]")));
})();
