/* Whoever signs out leaves nothing of what they typed in this browser (unsaved.js). */
"use strict";
for (const form of document.querySelectorAll('form[action$="/logout/"]')) {
    form.addEventListener("submit", () => {
        document.documentElement.dataset.signingOut = "yes";
        for (const key of Object.keys(localStorage)) {
            if (key.startsWith("unsaved:")) {
                localStorage.removeItem(key);
            }
        }
    });
}
