"use strict";

// What select2 makes of a field has no name for screen readers; the field's label has it.
window.addEventListener("load", () => {
  for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = field.labels.length ? field.labels[0].textContent.trim() : field.name;
    const drawn = field.nextElementSibling;
    for (const part of drawn.querySelectorAll("[role=combobox], [role=textbox]")) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", name);
    }
  }
});
