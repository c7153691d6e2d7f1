"use strict";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// The theme: the reader's own, or the other one, remembered where the browser lets us.
{
  const root = document.documentElement, button = document.getElementById("theme");
  const names = ["auto", "light", "dark"];
  const kept = { get: () => { try { return localStorage.theme } catch { return null } },
                 set: name => { try { localStorage.theme = name } catch { /* then not */ } } };
  const show = name => {
    if (!names.includes(name)) name = "auto";
    if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
    button.textContent = "Theme: " + name;
    button.dataset.now = name;
  };
  button.onclick = () => {
    const name = names[(names.indexOf(button.dataset.now) + 1) % names.length];
    show(name);
    kept.set(name);
  };
  show(kept.get());
  button.hidden = false;
}

// Tables: a click on a column sorts by it, numbers from the greatest; another click turns it round.
for (const table of all("table")) {
  const heads = all("thead th", table), body = table.tBodies[0];
  heads.forEach((head, index) => head.querySelector("button").onclick = () => {
    const number = head.classList.contains("number"), now = head.ariaSort;
    const rising = now ? now === "descending" : !number;
    const key = row => {
      const cell = row.cells[index];
      return number ? (cell.dataset.sort === undefined ? NaN : Number(cell.dataset.sort))
                    : cell.dataset.sort ?? cell.textContent.trim();
    };
    const compare = (one, other) => {
      if (!number) return (rising ? 1 : -1) * key(one).localeCompare(key(other), undefined, { numeric: true });
      const [a, b] = [key(one), key(other)];
      if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b); // what has none stands last
      return rising ? a - b : b - a;
    };
    body.append(...[...body.rows].sort(compare));
    heads.forEach(each => each.removeAttribute("aria-sort"));
    head.ariaSort = rising ? "ascending" : "descending";
  });
}

// Flames: a click makes a box as wide as the page.
for (const figure of all(".flame")) {
  const boxes = all(".boxes button", figure), says = figure.querySelector("output");
  const of = box => [Number(box.dataset.left), Number(box.dataset.width), Number(box.dataset.depth)];
  const tell = event => { if (event.target.matches("button")) says.textContent = event.target.title };
  figure.addEventListener("pointerover", tell);
  figure.addEventListener("focusin", tell);
  for (const chosen of boxes) chosen.onclick = () => {
    const [left, width, depth] = of(chosen);
    for (const box of boxes) {
      const [from, wide, deep] = of(box);
      const around = deep <= depth && from <= left + 1e-9 && from + wide >= left + width - 1e-9;
      const start = around ? 0 : (from - left) / width, share = around ? 1 : wide / width;
      box.hidden = !around && (deep <= depth || start < -1e-9 || start + share > 1 + 1e-9);
      box.style.left = start * 100 + "%";
      box.style.width = share * 100 + "%";
    }
  };
}

// Time: what was alive where the pointer is.
{
  const data = JSON.parse(document.getElementById("data").textContent);
  all(".timeline").forEach((figure, index) => {
    const plot = figure.querySelector(".plot"), cursor = figure.querySelector(".cursor");
    const samples = data.seen.threads[index].timeline, seconds = Number(figure.dataset.seconds);
    let share = 0;
    const tell = to => {
      share = Math.min(1, Math.max(0, to));
      const at = share * seconds;
      const [, alive, ready, suspended] = samples.findLast(sample => sample[0] <= at) ?? [0, 0, 0, 0];
      cursor.hidden = false;
      cursor.style.left = share * 100 + "%";
      figure.querySelector("output").textContent =
        `${at.toPrecision(3)} s: ${alive} alive, ${ready} ready, ${suspended} suspended`;
    };
    plot.onpointermove = plot.onpointerdown = event => {
      const room = plot.getBoundingClientRect();
      tell((event.clientX - room.left) / room.width);
    };
    plot.onkeydown = event => {
      const to = { ArrowLeft: share - 0.01, ArrowRight: share + 0.01, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      tell(to);
    };
    plot.onpointerleave = plot.onblur = () => {
      cursor.hidden = true;
      figure.querySelector("output").textContent = "";
    };
  });

  const save = document.getElementById("save");
  save.onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" }));
    link.download = "eagerly.json";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  save.hidden = false;
}
