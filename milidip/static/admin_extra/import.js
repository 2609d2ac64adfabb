/* An import goes on by itself: short requests, one after the other, until it waits for a person. */
"use strict";
{
    const form = document.querySelector("form[data-import-step]");
    const bar = document.querySelector("[data-import-bar]");
    const told = document.querySelector("[data-import-told]");
    const button = form?.querySelector("[type=submit]");
    const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

    const goOn = async () => {
        let failures = 0;
        while (failures < 4) {
            try {
                const answer = await fetch(form.action || location.href, {
                    method: "POST",
                    body: new FormData(form),
                    headers: { Accept: "application/json" },
                    credentials: "same-origin",
                });
                if (!answer.ok || answer.redirected) {
                    throw new Error(answer.status);
                }
                const now = await answer.json();
                failures = 0;
                bar.max = now.rows;
                bar.value = now.done;
                told.textContent = `${now.label}: ${now.done} / ${now.rows}`;
                if (!now.working) {
                    location.replace(location.href);
                    return;
                }
                await pause(50);
            } catch {
                failures += 1;
                await pause(1000 * failures);
            }
        }
        button.hidden = false;
    };

    if (form) {
        button.hidden = true;
        goOn();
    }

    // Columns are matched only in a file of one's own.
    const own = document.querySelector("[data-import-own]");
    if (own) {
        const show = () => {
            const kind = document.querySelector("input[name=kind]:checked");
            own.hidden = Boolean(kind) && kind.value !== "own";
        };
        for (const radio of document.querySelectorAll("input[name=kind]")) {
            radio.addEventListener("change", show);
        }
        show();
    }
}
