// SPDX-License-Identifier: GPL-2.0-only
// Steps through the counterexamples. All texts come from the JSON in the page and get into it by textContent alone.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const said = document.getElementById("said");
  const AROUND = 4;
  const SVG = "http://www.w3.org/2000/svg";

  function element(name, kind, ...children) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    for (const child of children) made.append(child);  // a string becomes a text, never markup
    return made;
  }

  // One counterexample: its section, and which of its steps is shown.
  class Walk {
    constructor(section, info) {
      this.section = section;
      this.info = info;
      this.last = info.steps.length - 1;
      this.step = this.last;
      if (this.last < 0) return;
      this.rows = Array.from(info.steps, () => []);
      for (const row of section.querySelectorAll(".lanes tr[data-step]")) this.rows[Number(row.dataset.step)].push(row);
      this.box = section.querySelector(".lanes-box");
      this.picture = section.querySelector(".picture svg");
      this.slider = section.querySelector(".controls input");
      this.buttons = section.querySelectorAll(".controls button");
      this.here = section.querySelector(".here");
      this.slider.addEventListener("input", () => this.go(Number(this.slider.value), true));
      for (const button of this.buttons) button.addEventListener("click", () => this.move(button.dataset.go));
      const lanes = section.querySelector(".lanes");
      if (lanes) lanes.addEventListener("click", (event) => this.clicked(event));
    }

    clicked(event) {
      const row = event.target.closest("tr[data-step]");
      if (!row || event.ctrlKey || event.metaKey || event.shiftKey || String(getSelection())) return;
      event.preventDefault();
      this.go(Number(row.dataset.step), true);
    }

    move(where) {
      const to = { first: 0, back: this.step - 1, on: this.step + 1, last: this.last }[where];
      this.go(to, true);
    }

    // Shows a step; `asked`: somebody moved, so that the address follows and the step is said.
    go(step, asked) {
      if (this.last < 0) return;
      const to = Math.max(0, Math.min(this.last, step));
      for (const row of this.rows[this.step]) row.classList.remove("now");
      this.step = to;
      this.markRows();
      this.showPicture();
      this.showControls();
      this.showStep();
      if (asked) {
        setAddress(this.link());
        said.textContent = this.sentence();
      }
    }

    link() {
      return `${this.info.link}&step=${this.step}`;
    }

    title() {
      return this.step ? `Step ${this.step} of ${this.last} · ${this.info.steps[this.step].thread}` : "At first";
    }

    sentence() {
      const now = this.info.steps[this.step];
      return [this.title(), ...now.statements, ...now.said.map(inWords)].join("; ");
    }

    markRows() {
      const rows = this.rows[this.step];
      this.section.querySelectorAll(".lanes a.step").forEach((link) => { link.tabIndex = -1; });
      for (const row of rows) {
        row.classList.add("now");
        const link = row.querySelector("a.step");
        if (link) link.tabIndex = 0;
      }
      this.section.querySelectorAll(".lanes [aria-current]").forEach((one) => one.removeAttribute("aria-current"));
      const numbered = rows.find((row) => row.querySelector("a.step"));
      if (numbered) numbered.querySelector("a.step").setAttribute("aria-current", "step");
      this.scrollTo(rows);
    }

    // Moves the lanes, not the page, so that the rows are seen.
    scrollTo(rows) {
      if (!rows.length || !this.box) return;
      const edge = 40, box = this.box.getBoundingClientRect();
      const top = rows[0].getBoundingClientRect().top - box.top - edge;
      const bottom = rows[rows.length - 1].getBoundingClientRect().bottom - box.bottom + edge;
      if (top < 0) this.box.scrollTop += top;
      else if (bottom > 0) this.box.scrollTop += Math.min(top, bottom);
    }

    showPicture() {
      if (!this.picture) return;
      const pieces = this.info.pictures[this.step];
      const uses = pieces.map((number) => {
        const use = document.createElementNS(SVG, "use");
        use.setAttribute("href", `#${this.info.prefix}-${Number(number)}`);
        return use;
      });
      if (!uses.length) {
        const text = document.createElementNS(SVG, "text");
        text.setAttribute("x", "20");
        text.setAttribute("y", "40");
        text.textContent = "This step is not drawn, so that the page stays small.";
        uses.push(text);
      }
      this.picture.replaceChildren(...uses);
      this.picture.setAttribute("aria-label", this.info.labels[this.step] || this.title());
    }

    showControls() {
      const [first, back, on, last] = this.buttons;
      // Not `disabled`, which would take the focus away from under the finger.
      for (const one of [first, back]) one.ariaDisabled = String(this.step === 0);
      for (const one of [on, last]) one.ariaDisabled = String(this.step === this.last);
      this.slider.value = String(this.step);
      this.slider.setAttribute("aria-valuetext", this.title());
      this.here.setAttribute("href", this.link());
    }

    showStep() {
      const now = this.info.steps[this.step];
      this.section.querySelector(".now-title").textContent = this.title();
      this.section.querySelector(".now-stack").textContent = now.stack.join(" › ");
      const list = element("ul", "", ...now.said.map((one) => element("li", one[0], ...parts(one))));
      const nothing = now.said.length ? list : element("p", "note", "It changes and reads nothing.");
      this.section.querySelector(".now-said").replaceChildren(nothing);
      this.section.querySelector(".now-source").replaceChildren(...sourceAround(now));
    }
  }

  function parts([kind, text, before, after]) {
    if (!after) return [(kind === "bad" ? "✗ " : "") + text];
    return [element("span", "cell", text), ` ${before} → `, element("b", "", after)];
  }

  function inWords([, text, before, after]) {
    return after ? `${text} from ${before} to ${after}` : text;
  }

  // The lines of the file around those that the step executed.
  function sourceAround(step) {
    if (!step.at.length) return [];
    const [file, line] = step.at[0];
    const executed = new Set(step.at.filter((one) => one[0] === file).map((one) => one[1]));
    const rows = [];
    for (let number = line - AROUND; number <= line + AROUND; number += 1) {
      const row = document.getElementById(`L${Number(file)}-${number}`);
      if (!row) continue;
      const made = element("tr", executed.has(number) ? "at" : "", element("td", "n", String(number)));
      made.append(element("td", "", indented(row.lastElementChild.textContent)));
      rows.push(made);
    }
    if (!rows.length) return [];
    const where = element("a", "", `${data.files[file]}:${line}`);
    where.setAttribute("href", `#L${Number(file)}-${Number(line)}`);
    return [element("p", "", where), element("table", "source", element("tbody", "", ...rows))];
  }

  // A line of code which, where it is too long, goes on below its own indentation.
  function indented(text) {
    const code = element("code", "", text);
    const hang = text.length - text.trimStart().length + 4;
    code.style.paddingLeft = `${hang}ch`;
    code.style.textIndent = `-${hang}ch`;
    return code;
  }

  function setAddress(to) {
    try {
      history.replaceState(null, "", to);
    } catch {
      location.replace(to);
    }
  }

  // ---- the page

  const sections = document.querySelectorAll(".violation");
  const walks = Array.from(sections, (section, place) => new Walk(section, data.violations[place]));
  const links = Array.from(document.querySelectorAll(".choice a"));
  let chosen = null;

  function choose(walk) {
    if (walk === chosen) return;
    chosen = walk;
    for (const one of walks) one.section.classList.toggle("chosen", one === walk);
    for (const link of links) {
      if (link.dataset.property === walk.info.property) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    walk.go(walk.step, false);
  }

  // Goes to the property and the step that the address names; false if it names none of this page's.
  function follow(asked) {
    const named = new URLSearchParams(location.hash.slice(1));
    const walk = walks.find((one) => one.info.property === named.get("property"));
    if (!walk) return false;
    choose(walk);
    const step = named.get("step");
    walk.go(step !== null && /^\d{1,9}$/.test(step) ? Number(step) : walk.last, false);
    if (asked) said.textContent = walk.last < 0 ? walk.info.property : walk.sentence();
    return true;
  }

  const KEYS = { ArrowLeft: "back", ArrowRight: "on", Home: "first", End: "last" };

  document.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (!move || !chosen || chosen.last < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = event.target;
    const scrolls = at instanceof HTMLElement && at.matches(".scrolls") && at.scrollWidth > at.clientWidth;
    if (scrolls && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    chosen.move(move);
  });

  window.addEventListener("hashchange", () => follow(true));
  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll(".all-steps")) one.open = true;
  });

  document.documentElement.classList.add("js");
  if (!follow(false) && walks.length) choose(walks[0]);
})();
