/* A button copies what stands in the field that it names, and says so. */
"use strict";
{
    const told = document.querySelector("[data-copied]");
    for (const button of document.querySelectorAll("[data-copy]")) {
        const field = document.getElementById(button.dataset.copy);
        button.hidden = false;
        button.addEventListener("click", async () => {
            field.focus();
            field.select();
            try {
                await navigator.clipboard.writeText(field.value);
            } catch {
                document.execCommand("copy"); // where the page may not use the clipboard itself
            }
            told.textContent = "";
            setTimeout(() => {
                told.textContent = told.dataset.copied;
            });
        });
    }
}
