/* Replace the version in the sidebar with a menu, if versions.json lists others. A page opened from
   a directory cannot read it, and shows its own version. */
document.addEventListener("DOMContentLoaded", async () => {
  const label = document.querySelector(".versions");
  if (!label || !location.protocol.startsWith("http")) return;
  const response = await fetch(label.dataset.url);
  const versions = response.ok ? await response.json() : [];
  if (versions.length < 2) return;
  const root = new URL(".", response.url).href;
  const menu = document.createElement("select");
  menu.ariaLabel = "Version of the documentation";
  for (const { name, url } of versions) {
    const target = new URL(url, root).href;
    menu.add(new Option(name, target, target === root, target === root));
  }
  menu.addEventListener("change", () => location.assign(menu.value));
  label.replaceChildren(menu);
});

/* Scroll the sidebar to the current page. */
document.addEventListener("DOMContentLoaded", () => {
  const sidebar = document.querySelector(".sidebar-scroll");
  const page = sidebar?.querySelector(".current-page");
  if (!page) return;
  const top = page.getBoundingClientRect().top - sidebar.getBoundingClientRect().top;
  sidebar.scrollTo({ top: top - sidebar.clientHeight / 2, behavior: "instant" });
});
