/* A type-ahead says what it is for: its box gets the name of the label that stands above it. */
"use strict";
{
    const name = (root) => {
        for (const select of root.querySelectorAll("select.admin-autocomplete")) {
            const label = root.querySelector(`label[for="${select.id}"]`);
            const box = select.parentElement.querySelector(".select2-selection");
            const shown = box?.querySelector(".select2-selection__rendered");
            if (!label || !box) {
                continue;
            }
            label.id = `${select.id}_label`;
            box.setAttribute("aria-labelledby", [label.id, shown?.id].filter(Boolean).join(" "));
            shown?.setAttribute("aria-labelledby", label.id);
        }
    };
    // After the type-aheads are made, which happens when the document is ready.
    django.jQuery(() => setTimeout(() => name(document)));
    document.addEventListener("formset:added", (event) => setTimeout(() => name(event.target)));
}
