// Keeps the page of a running task, or the newest tasks, up to date.
const moment = (at) => `${at.slice(0, 16).replace("T", " ")} UTC`;
const reached = ({ done, total, unit }) => (total > 0 ? `${done} of ${total} ${unit}` : "");
const made = (name, text) => Object.assign(document.createElement(name), { textContent: text });

const follow = (address, show) => {
  const events = new EventSource(address);
  events.onmessage = ({ data }) => show(JSON.parse(data), events);
};

const page = document.querySelector("[data-task]");
if (page) {
  const set = (id, text) => {
    const element = document.getElementById(id);
    if (element && element.textContent !== text) element.textContent = text;
  };
  follow(`/api/tasks/${page.dataset.task}/events`, (task, events) => {
    if (!["queued", "running"].includes(task.state)) {
      events.close();
      location.reload();
      return;
    }
    set("state", task.state);
    set("progress", reached(task.progress));
    const bar = document.getElementById("bar");
    if (bar) {
      bar.max = task.progress.total;
      bar.value = task.progress.done;
    }
    const lines = task.log.map(({ at, text }) => made("li", `${moment(at)} ${text}`));
    document.getElementById("log")?.replaceChildren(...lines);
  });
}

const list = document.querySelector("[data-tasks]");
if (list) {
  const body = list.querySelector("tbody");
  // a row that has not changed stays, and whoever is on its link with it
  const update = (row, task) => {
    const [link, state, progress] = [row.querySelector("a"), row.cells[1], row.cells[2]];
    const parts = [[link, task.title], [state, task.state], [progress, reached(task.progress)]];
    for (const [part, text] of parts) if (part.textContent !== text) part.textContent = text;
  };
  const added = (task) => {
    const row = document.createElement("tr");
    row.id = `task-${task.id}`;
    const link = Object.assign(document.createElement("a"), { href: `/tasks/${task.id}` });
    const at = Object.assign(made("time", moment(task.created_at)), { dateTime: task.created_at });
    for (const part of [link, "", "", at]) row.insertCell().append(part);
    return row;
  };
  follow(`/api/tasks/events?everyone=${list.dataset.tasks === "everyone"}`, (tasks) => {
    const rows = tasks.map((task) => {
      const row = document.getElementById(`task-${task.id}`) ?? added(task);
      update(row, task);
      return row;
    });
    rows.forEach((row, place) => {
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
    });
    while (body.rows.length > rows.length) body.lastElementChild.remove();
    list.hidden = rows.length === 0;
    document.getElementById("none").hidden = rows.length > 0;
  });
}
