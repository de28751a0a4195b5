// Offers commands above the chat's composer as soon as what is written there begins with a slash.
const list = element("ul", { id: "commands", role: "listbox", "aria-label": "Commands" });
const keys = element("p", { class: "hint", "aria-hidden": "true" }, "↑ ↓ to choose, Enter to take it, Esc to close");
const palette = element("div", { class: "palette" }, list, keys);
const news = element("p", { class: "visually-hidden", role: "status" });

/** The commands, once they were asked for. */
let known;
/** Where it is written, while the list is open. */
let field;
/** The commands that are listed, and which of them is active. */
let listed = [];
let active = -1;
/** What was put in last, which opens nothing. */
let taken = "";

document.addEventListener("input", ({ target }) => {
  if (isComposer(target)) offer(target);
});

// before the page itself hears of it, which would send the question
document.addEventListener("keydown", (event) => {
  if (event.target !== field || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!press(event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("focusout", ({ target }) => {
  if (target === field) close();
});
document.addEventListener("submit", close, true);

// the focus stays where it is written
palette.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", ({ target }) => {
  const chosen = [...list.children].indexOf(target.closest("[role=option]"));
  if (field && chosen >= 0) take(listed[chosen]);
});

/** Does what a key means to the list, and says whether it means anything. */
function press({ key, shiftKey }) {
  if (key === "ArrowDown") activate(active + 1 < listed.length ? active + 1 : 0);
  else if (key === "ArrowUp") activate(active > 0 ? active - 1 : listed.length - 1);
  else if (key === "Escape") close();
  else if ((key === "Enter" || key === "Tab") && !shiftKey && active >= 0) take(listed[active]);
  else return false;
  return true;
}

async function offer(composer) {
  const all = isAsked(composer.value) ? await load() : [];
  // more may have been written meanwhile
  const typed = composer.value;
  const found = isAsked(typed) && document.activeElement === composer ? all.filter((one) => fits(one, words(typed))) : [];
  if (found.length > 0) open(composer, found);
  else close();
}

/** Whether a command is looked for; one that has a name in quotes is found already. */
function isAsked(text) {
  return text.startsWith("/") && text !== taken && !/["“”\n]/.test(text);
}

function load() {
  known ??= fetch("/act/operations")
    .then((response) => response.json())
    // what may be done comes first
    .then((all) => all.sort((one, other) => other.allowed - one.allowed))
    .catch(() => {
      known = undefined;
      return [];
    });
  return known;
}

function fits({ summary, command }, typed) {
  const own = words(`${summary} ${command}`);
  return typed.every((word) => own.some((one) => one.startsWith(word)));
}

function words(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function open(composer, found) {
  const selected = listed[active];
  [field, listed] = [composer, found];
  list.replaceChildren(...found.map(option));
  if (!palette.isConnected || palette.parentElement !== composer.form) composer.form.append(palette, news);
  set(field, { role: "combobox", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list" });
  activate(found.indexOf(selected));
  news.textContent = found.length === 1 ? "1 command" : `${found.length} commands`;
}

function option({ summary, command, right, allowed }, index) {
  const parts = command.split(/("[^"]*")/).map((part) => (part.startsWith('"') ? element("var", {}, part) : part));
  const needs = allowed ? [] : [element("small", {}, `Needs the right “${right}”`)];
  const said = [element("span", {}, summary), element("code", {}, "/", ...parts), ...needs];
  return element("li", { id: `command-${index}`, role: "option", "aria-selected": "false" }, ...said);
}

function activate(index) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = index;
  const chosen = list.children[index];
  set(field, { "aria-activedescendant": chosen?.id });
  if (!chosen) {
    list.scrollTop = 0;
    return;
  }
  chosen.setAttribute("aria-selected", "true");
  chosen.scrollIntoView({ block: "nearest" });
}

/** Puts a command into the composer, with its first name selected so that it can be typed over. */
function take({ command }) {
  const composer = field;
  close();
  taken = composer.value = `/${command}`;
  composer.focus();
  const name = /"([^"]*)"/.exec(taken);
  const [start, end] = name ? [name.index + 1, name.index + name[0].length - 1] : [taken.length, taken.length];
  composer.setSelectionRange(start, end);
  composer.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function close() {
  if (!field) return;
  const none = ["role", "aria-expanded", "aria-controls", "aria-autocomplete", "aria-activedescendant"];
  set(field, Object.fromEntries(none.map((name) => [name, undefined])));
  [field, listed, active] = [undefined, [], -1];
  palette.remove();
  news.textContent = "";
}

function isComposer(target) {
  return target instanceof HTMLTextAreaElement && target.id === "question" && target.form?.matches(".composer");
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  set(made, attributes);
  made.append(...children);
  return made;
}

function set(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) target.removeAttribute(name);
    else target.setAttribute(name, value);
  }
}
