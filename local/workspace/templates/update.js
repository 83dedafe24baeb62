// Shows the current states without a reload that would move the page: only the content changes.
const active = ".badge.pending, .badge.queued, .badge.running, .badge.blocked, .badge.waiting_for_retry, .badge.terminating";
async function update() {
  const content = document.getElementById("content");
  const list = ["/jobs", "/runs"].includes(location.pathname);
  if (!document.hidden && (list || content.querySelector(active))) {
    try {
      const page = await (await fetch(location.href)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("content");
      if (fresh && fresh.innerHTML !== content.innerHTML) content.replaceChildren(...fresh.childNodes);
    } catch { /* the workspace restarts */ }
  }
  setTimeout(update, 2000);
}
setTimeout(update, 2000);
