/* Show what a function, method or class does below its name in the results of a search. Sphinx
   shows excerpts of pages only. */
const describe = async (item) => {
  const link = item.querySelector("a");
  const response = await fetch(link.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const name = page.getElementById(new URL(link.href).hash.slice(1));
  const description = document.createElement("p");
  description.className = "context";
  description.textContent = name?.nextElementSibling?.querySelector(":scope > p")?.textContent;
  item.append(description);
};

new MutationObserver((changes) => {
  for (const item of changes.flatMap((change) => [...change.addedNodes])) {
    if (item.matches?.("li.kind-object")) describe(item);
  }
}).observe(document.getElementById("search-results"), { childList: true, subtree: true });
