/* Help where it is needed: the glossary as a drawer, keys and their list, the help of every field.
   Without script the glossary is a page, there are no keys, and the help of fields is shown. */
"use strict";
{
    const drawer = document.getElementById("glossary-drawer");
    const list = document.getElementById("shortcuts");

    // What this browser remembers; a browser that keeps nothing forgets it with the page.
    const remembered = (name) => {
        try {
            return localStorage.getItem(`milidip.${name}`);
        } catch {
            return null;
        }
    };
    const remember = (name, value) => {
        try {
            localStorage.setItem(`milidip.${name}`, value);
        } catch {
            // It holds for this page.
        }
    };

    // --- the glossary ---------------------------------------------------------------------------

    let asked = 0;
    const terms = drawer?.querySelector("[data-terms]");
    const find = document.getElementById("glossary-find");

    const readGlossary = async () => {
        const turn = (asked += 1);
        const address = `${drawer.dataset.address}?find=${encodeURIComponent(find.value)}`;
        const failed = drawer.querySelector("[data-failed]");
        try {
            const answer = await fetch(address, {
                credentials: "same-origin",
                headers: { "X-Requested-With": "XMLHttpRequest" },
            });
            if (!answer.ok || answer.redirected) {
                throw new Error(answer.status);
            }
            const text = await answer.text();
            if (turn !== asked) {
                return; // something else was typed meanwhile
            }
            terms.innerHTML = text;
            // Told by an element that stays: a new one is not read out.
            const number = terms.querySelector(".glossary-number");
            drawer.querySelector("[data-number]").textContent = number.textContent;
            number.remove();
            terms.scrollTop = 0;
            failed.hidden = true;
        } catch {
            failed.hidden = turn !== asked;
        }
    };

    const openGlossary = () => {
        drawer.showModal();
        if (!terms.firstElementChild) {
            readGlossary();
        }
    };

    if (drawer) {
        let waiting;
        find.addEventListener("input", () => {
            clearTimeout(waiting);
            waiting = setTimeout(readGlossary, 200);
        });
        find.form.addEventListener("submit", (event) => {
            event.preventDefault();
            readGlossary();
        });
    }

    // On its own page there is nothing to open.
    const hasDrawer = drawer && !document.body.classList.contains("glossary-page");

    for (const opener of document.querySelectorAll("[data-opens]")) {
        const isGlossary = opener.dataset.opens === "glossary-drawer";
        if (isGlossary && !hasDrawer) {
            continue;
        }
        opener.hidden = false;
        opener.setAttribute("aria-haspopup", "dialog");
        opener.addEventListener("click", (event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) {
                return; // a link in another tab
            }
            event.preventDefault();
            if (isGlossary) {
                openGlossary();
            } else {
                list.showModal();
            }
        });
    }

    // --- keys -----------------------------------------------------------------------------------

    const FIELDS =
        "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, " +
        "[contenteditable], .select2-container, [role=combobox], [role=listbox]";

    const save = () => {
        const button = document.querySelector("[data-save], input[name=_save]");
        button?.click();
        return Boolean(button);
    };

    const search = () => {
        const box = document.querySelector("#searchbar, .glossary-page #find");
        if (box) {
            box.focus();
            box.select();
        } else {
            location.assign(`${list.dataset.list}#searchbar`);
        }
        return true;
    };

    const add = () => {
        const link = document.querySelector(".object-tools .addlink");
        const address = link ? link.href : list.dataset.add;
        if (address) {
            location.assign(address);
        }
        return Boolean(address);
    };

    const KEYS = {
        "?": () => {
            list.showModal();
            return true;
        },
        "/": search,
        n: add,
        g: () => {
            if (hasDrawer) {
                openGlossary();
            }
            return hasDrawer;
        },
    };

    if (list) {
        const single = document.getElementById("single-keys");
        single.checked = remembered("keys") !== "off";
        single.addEventListener("change", () => remember("keys", single.checked ? "on" : "off"));

        document.addEventListener("keydown", (event) => {
            if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) {
                return;
            }
            const typing = event.target.closest?.(FIELDS);
            let done = false;
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                done = save();
            } else if (typing || event.ctrlKey || event.metaKey) {
                return;
            } else if (event.altKey) {
                done = event.code === "KeyS" && save();
            } else if (single.checked && document.readyState === "complete" && Object.hasOwn(KEYS, event.key)) {
                // Whoever types while a page is still loading means its first field.
                done = KEYS[event.key]();
            }
            if (done) {
                event.preventDefault();
            }
        });

        if (location.hash === "#searchbar") {
            document.getElementById("searchbar")?.focus();
        }
    }

    // --- the help of every field ------------------------------------------------------------------

    const button = document.getElementById("field-help");
    if (button && document.querySelector(".rows .help")) {
        const show = (on) => {
            document.body.classList.toggle("help-shown", on);
            button.setAttribute("aria-pressed", String(on));
        };
        button.hidden = false;
        show(remembered("help") === "on");
        button.addEventListener("click", () => {
            const on = button.getAttribute("aria-pressed") !== "true";
            show(on);
            remember("help", on ? "on" : "off");
        });
    }
}
