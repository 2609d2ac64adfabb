/* A permalink is copied with one press; without script it is selected in its field. */
"use strict";
{
    const told = document.getElementById("copied");
    for (const button of document.querySelectorAll("[data-copy]")) {
        if (!navigator.clipboard) {
            continue; // not offered where a browser does not allow it
        }
        button.hidden = false;
        button.addEventListener("click", async () => {
            try {
                await navigator.clipboard.writeText(button.dataset.copy);
                told.textContent = `${button.dataset.copied}: ${button.dataset.copy}`;
                button.classList.add("copied");
            } catch {
                button.parentElement.querySelector("input").select();
            }
        });
    }
}
