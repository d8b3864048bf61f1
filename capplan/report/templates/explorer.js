"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  const slider = find("money"), said = find("said");
  const pounds = (amount) => (amount < 0 ? "-" : "") + "£" + Math.abs(Math.round(amount)).toLocaleString("en-GB");
  const signed = (amount) => (Math.round(amount) > 0 ? "+" : "") + pounds(amount);
  const many = (number, noun) => number.toLocaleString("en-GB") + " " + noun + (number === 1 ? "" : "s");
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const year = (letter) => {
    const first = data.first + letter.codePointAt(0) - 97;
    return first + "-" + String((first + 1) % 100).padStart(2, "0");
  };
  const what = (scheme) => data.elements[scheme[2]] + ", " + scheme[1] + ": " + data.kinds[scheme[3]];

  function basis(place) {
    const below = find("with-below").checked;
    const other = below || data.today === null ? place - 1 : data.today;
    return other < 0 || other === place || data.points[other].reason || data.points[place].reason ? null : other;
  }

  function changes(place, other) {
    const here = new Map(), there = new Map();
    for (const scheme of data.schemes) {
      const now = Array.from(scheme[5])[place], then = Array.from(scheme[5])[other];
      if (now !== ".") here.set(scheme[4], [scheme, now]);
      if (then !== ".") there.set(scheme[4], [scheme, then]);
    }
    const found = [];
    for (const need of new Set([...here.keys(), ...there.keys()])) {
      const now = here.get(need), then = there.get(need);
      if (!then) found.push(["in", now[0], what(now[0]) + ", " + year(now[1]) + ", " + pounds(now[0][6][now[1]])]);
      else if (!now) found.push(["out", then[0], what(then[0]) + ", " + year(then[1]) + ", " + pounds(then[0][6][then[1]])]);
      else if (now[0] !== then[0]) {
        found.push(["other", now[0], what(then[0]) + ", " + year(then[1]) + ", " + pounds(then[0][6][then[1]]) +
          "; here " + data.kinds[now[0][3]] + ", " + year(now[1]) + ", " + pounds(now[0][6][now[1]])]);
      } else if (now[1] !== then[1]) {
        found.push([now[1] < then[1] ? "earlier" : "later", now[0],
          what(now[0]) + ", " + year(now[1]) + " and not " + year(then[1]) + ", " + pounds(now[0][6][now[1]])]);
      }
    }
    return found;
  }

  const names = {in: "Comes in", out: "Goes out", other: "Other works", earlier: "Earlier", later: "Later"};

  function tellChanges(place) {
    const body = find("by-school"), lists = find("lists"), other = basis(place);
    body.replaceChildren();
    lists.replaceChildren();
    find("changes-table").hidden = other === null;
    if (other === null) {
      find("changes-said").textContent = data.points[place].reason ? "No programme, so nothing to compare." :
        "Nothing to compare with: move the slider, or compare with the envelope below.";
      return;
    }
    const found = changes(place, other), count = (kind, school) =>
      found.filter((each) => each[0] === kind && (school === null || each[1][0] === school)).length;
    const base = other === data.today ? "today's money" : data.points[other].label;
    find("changes-said").textContent = "Against " + base + ": " + many(count("in", null), "need") + " more met, " +
      many(count("out", null), "need") + " no longer met, " + count("other", null) + " met by other works, " +
      (count("earlier", null) + count("later", null)) + " in another year." +
      (data.left_out[place] || data.left_out[other] ? " The smallest schemes (" + data.left_out[place] + " here, " +
      data.left_out[other] + " there) are only in envelope_schemes.csv." : "");
    find("base-name").textContent = "With " + base;
    const order = data.schools.map((name, school) => [data.spent[place][school] - data.spent[other][school], school]);
    order.sort((left, right) => Math.abs(right[0]) - Math.abs(left[0]) || left[1] - right[1]);
    for (const [apart, school] of order) {
      const row = document.createElement("tr"), head = make("th", data.schools[school]);
      head.scope = "row";
      row.append(head, make("td", pounds(data.spent[place][school]), "n"), make("td", pounds(data.spent[other][school]), "n"),
        make("td", signed(apart), "n"), ...["in", "out", "other"].map((kind) => make("td", String(count(kind, school)), "n")),
        make("td", String(count("earlier", school) + count("later", school)), "n"));
      body.append(row);
      const own = found.filter((each) => each[1][0] === school);
      if (own.length) lists.append(list(data.schools[school], own));
    }
  }

  function list(school, own) {
    const box = document.createElement("details"), items = document.createElement("ul");
    box.append(make("summary", school + ": " + many(own.length, "change")));
    for (const kind of Object.keys(names)) {
      for (const each of own.filter((one) => one[0] === kind)) {
        const item = document.createElement("li");
        item.append(make("strong", names[kind] + ": "), document.createTextNode(each[2]));
        items.append(item);
      }
    }
    box.append(items);
    return box;
  }

  function show() {
    const place = Number(slider.value), point = data.points[place];
    slider.setAttribute("aria-valuetext", point.say);
    said.textContent = point.say;
    find("reason").textContent = point.reason;
    find("reason").hidden = !point.reason;
    point.cells.forEach((cell, row) => {
      find("here-" + row).textContent = cell[0] || "not known";
      find("apart-" + row).textContent = cell[1];
    });
    for (const [name, marks] of Object.entries(data.marks)) {
      const mark = find("mark-" + name), [across, up] = marks[place];
      const line = mark.querySelector("line"), ring = mark.querySelector("circle");
      line.setAttribute("x1", across);
      line.setAttribute("x2", across);
      ring.setAttribute("cx", across);
      ring.setAttribute("cy", up === null ? 0 : up);
      ring.style.display = up === null ? "none" : "";
    }
    if (data.schemes) tellChanges(place);
  }

  slider.addEventListener("input", show);
  for (const [id, step] of [["less", -1], ["more", 1]]) {
    find(id).addEventListener("click", () => {
      slider.value = String(Number(slider.value) + step);
      show();
    });
  }
  if (find("back")) {
    find("back").addEventListener("click", () => {
      slider.value = String(data.today);
      show();
    });
  }
  for (const id of ["with-today", "with-below"]) if (find(id)) find(id).addEventListener("change", show);
  for (const part of document.querySelectorAll(".live")) part.hidden = false;
  show();
})();
