// Keeps the page of a running task up to date, and shows its end.
const page = document.querySelector("[data-task]");
if (page) {
  const events = new EventSource(`/api/tasks/${page.dataset.task}/events`);
  const set = (id, text) => {
    const element = document.getElementById(id);
    if (element && element.textContent !== text) element.textContent = text;
  };
  events.onmessage = ({ data }) => {
    const task = JSON.parse(data);
    if (!["queued", "running"].includes(task.state)) {
      events.close();
      location.reload();
      return;
    }
    const { done, total, unit } = task.progress;
    set("state", task.state);
    set("progress", total > 0 ? `${done} of ${total} ${unit}` : "");
    const bar = document.getElementById("bar");
    if (bar) {
      bar.max = total;
      bar.value = done;
    }
    document.getElementById("log")?.replaceChildren(
      ...task.log.map(({ at, text }) => {
        const line = document.createElement("li");
        line.textContent = `${at.slice(0, 16).replace("T", " ")} UTC ${text}`;
        return line;
      }),
    );
  };
}
