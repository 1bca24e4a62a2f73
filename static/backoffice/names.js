"use strict";

// What select2 makes of a field has no name for screen readers; the field's label has it. It is made at any time: after
// the page has loaded where the scripts come from the browser's cache, and again for each row that is added.
new MutationObserver(() => {
  for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = field.labels.length ? field.labels[0].textContent.trim() : field.name;
    const unnamed = ":is([role=combobox], [role=textbox]):not([aria-label])";
    for (const part of field.nextElementSibling?.querySelectorAll(unnamed) ?? []) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }
}).observe(document, { childList: true, subtree: true });
