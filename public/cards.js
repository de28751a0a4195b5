// Counts down the cards that wait for an answer, and closes them: [data-left] says how many milliseconds were left when
// the page was made. Cards that come later are found too.
const ends = new WeakMap();

function count(place) {
  if (!ends.has(place)) ends.set(place, Date.now() + Number(place.dataset.left));
  const left = Math.ceil((ends.get(place) - Date.now()) / 1000);
  const [clock, news] = place.children;
  if (left > 0) {
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
    return;
  }
  delete place.dataset.left;
  clock.remove();
  news.textContent = "Expired. Ask for it again.";
  for (const part of place.closest("form").elements) part.disabled = true;
}

function tick() {
  document.querySelectorAll("[data-left]").forEach(count);
}

tick();
setInterval(tick, 1000);
