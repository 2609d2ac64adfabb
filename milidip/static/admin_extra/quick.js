/* Quick log: what is typed is read back by the server while one types, names are offered, and
   everything stays a plain form that works as well when none of this runs. */
"use strict";
{
    const form = document.getElementById("quick-form");
    const piece = (name) => form.querySelector(`[data-reading="${name}"]`);
    const field = (name) => form.elements[name];

    // --- read back ------------------------------------------------------------------------------

    // What else has to be read again: where and who depend on the day, look-alikes on all three.
    const ALSO = {
        title: ["what", "alike"],
        when: ["when", "where", "who", "alike"],
        where: ["where", "alike"],
        who: ["who"],
        how: ["how"],
    };
    const newest = {};
    let tickets = 0;

    const put = (name, html) => {
        const box = piece(name);
        const focused = box.contains(document.activeElement) ? document.activeElement.name : "";
        const opened = focused && box.querySelector("details")?.open;
        box.innerHTML = html;
        if (focused) {
            box.querySelector("details")?.toggleAttribute("open", Boolean(opened));
            box.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
        }
    };

    const read = async (names, more = {}) => {
        const sent = new FormData(form);
        for (const [name, value] of Object.entries(more)) {
            sent.set(name, value);
        }
        tickets += 1;
        const ticket = tickets;
        for (const name of names) {
            sent.append("read", name);
            newest[name] = ticket;
        }
        try {
            const answer = await fetch(form.dataset.read, { method: "POST", body: sent });
            if (!answer.ok || answer.redirected) {
                return;
            }
            const said = await answer.json();
            // What was typed in the meantime is asked for again: only the newest answer counts.
            for (const name of names.filter((each) => newest[each] === ticket)) {
                put(name, said[name]);
                if (name === "who") {
                    document.getElementById("who-count").textContent = said.count;
                }
            }
        } catch {
            // The network is gone: the form can still be sent, and is read then.
        }
    };

    const waiting = new Set();
    let timer = 0;
    const flush = () => {
        clearTimeout(timer);
        if (waiting.size) {
            const names = [...waiting];
            waiting.clear();
            read(names);
        }
    };
    const readSoon = (names, milliseconds) => {
        for (const name of names) {
            waiting.add(name);
        }
        clearTimeout(timer);
        timer = setTimeout(flush, milliseconds);
    };

    const mended = (input) => {
        const around = input.closest(".quick-field.wrong");
        const errors = around?.querySelector(".errorlist");
        if (!errors) {
            return;
        }
        around.classList.remove("wrong");
        input.removeAttribute("aria-invalid");
        const described = (input.getAttribute("aria-describedby") ?? "").split(" ");
        input.setAttribute("aria-describedby", described.filter((id) => id !== errors.id).join(" "));
        errors.remove();
    };

    form.addEventListener("input", (event) => {
        const { name } = event.target;
        if (ALSO[name]) {
            mended(event.target);
            readSoon(ALSO[name].slice(0, 1), 350);
        }
    });
    form.addEventListener("change", (event) => {
        const { name } = event.target;
        if (ALSO[name]) {
            readSoon(ALSO[name], 0);
        } else if (name === "series") {
            readSoon(["alike"], 0);
        } else if (name === "who_create" || /^who-\d+-(take|kind)$/.test(name)) {
            readSoon(["who"], 0);
        }
    });

    const set = (input, value) => {
        input.value = value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
    };

    // One of several readings is taken by its button.
    form.addEventListener("click", (event) => {
        const { put: name, text, for: part } = event.target.dataset ?? {};
        if (!name) {
            return;
        }
        const input = field(name);
        const parts = input.value.split(";").map((each) => each.trim());
        const whole = parts.map((each) => (each === part ? text : each)).join("; ");
        set(input, name === "where" ? whole : text);
        input.focus();
    });

    // --- type-ahead -----------------------------------------------------------------------------

    const said = document.createElement("p");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    form.append(said);

    // A text field that offers names: arrows choose, Enter takes, Escape closes. Nothing is taken
    // that was not chosen.
    const offer = (input, { query, take, enter }) => {
        const list = document.createElement("ul");
        list.id = `${input.id}_found`;
        list.className = "found";
        list.hidden = true;
        list.setAttribute("role", "listbox");
        list.setAttribute("aria-label", form.querySelector(`label[for="${input.id}"]`).textContent);
        const frame = document.createElement("div");
        frame.className = "found-frame";
        input.before(frame);
        frame.append(input, list);
        input.setAttribute("role", "combobox");
        input.setAttribute("aria-autocomplete", "list");
        input.setAttribute("aria-controls", list.id);
        input.setAttribute("aria-expanded", "false");
        const address = form.dataset.find.replace("WHAT", input.dataset.find);
        let found = [];
        let active = -1;
        let asked = 0;
        let pause = 0;

        const mark = (number) => {
            active = number;
            for (const [at, item] of [...list.children].entries()) {
                item.setAttribute("aria-selected", String(at === active));
            }
            if (active < 0) {
                input.removeAttribute("aria-activedescendant");
            } else {
                input.setAttribute("aria-activedescendant", list.children[active].id);
                list.children[active].scrollIntoView({ block: "nearest" });
            }
        };
        const close = () => {
            asked += 1;
            clearTimeout(pause);
            list.hidden = true;
            found = [];
            mark(-1);
            input.setAttribute("aria-expanded", "false");
        };
        const choose = (number) => {
            const chosen = found[number];
            close();
            take(chosen);
        };
        const show = () => {
            list.replaceChildren(
                ...found.map((each, at) => {
                    const item = document.createElement("li");
                    item.id = `${list.id}_${at}`;
                    item.setAttribute("role", "option");
                    const text = document.createElement("bdi");
                    text.textContent = each.text;
                    const note = document.createElement("span");
                    note.className = "quiet";
                    note.textContent = each.note;
                    item.append(text, " ", note);
                    // Before the field loses the focus, which would close the list.
                    item.addEventListener("mousedown", (event) => {
                        event.preventDefault();
                        choose(at);
                    });
                    return item;
                }),
            );
            list.hidden = !found.length;
            input.setAttribute("aria-expanded", String(!list.hidden));
            said.textContent = found.length ? `${found.length} ${form.dataset.found}` : "";
            mark(-1);
        };
        const ask = async () => {
            const words = query();
            asked += 1;
            const mine = asked;
            if (words.length < 2) {
                close();
                return;
            }
            try {
                const answer = await fetch(`${address}?${new URLSearchParams({ q: words })}`);
                if (answer.ok && !answer.redirected && mine === asked) {
                    ({ found } = await answer.json());
                    show();
                }
            } catch {
                close();
            }
        };
        input.addEventListener("input", () => {
            clearTimeout(pause);
            pause = setTimeout(ask, 150);
        });
        input.addEventListener("blur", close);
        input.addEventListener("keydown", (event) => {
            if (event.key === "Escape" && !list.hidden) {
                event.preventDefault();
                close();
            } else if (["ArrowDown", "ArrowUp"].includes(event.key) && found.length) {
                event.preventDefault();
                const step = event.key === "ArrowDown" ? 1 : -1;
                const from = active < 0 && step < 0 ? found.length : active;
                mark((from + step + found.length) % found.length);
            } else if (event.key === "Enter" && active >= 0) {
                event.preventDefault();
                choose(active);
            } else if (event.key === "Enter") {
                close();
                enter?.(event);
            }
        });
    };

    offer(field("title"), {
        query: () => field("title").value.trim(),
        take: (chosen) => {
            if (chosen.activity) {
                field("activity").value = chosen.activity;
                set(field("title"), "");
                said.textContent = chosen.text;
            } else {
                field("title").value = chosen.text;
                mended(field("title"));
                read(["what", "alike"], { series: chosen.series });
            }
        },
    });

    const where = field("where");
    const last = () => where.value.slice(where.value.lastIndexOf(";") + 1).trim();
    offer(where, {
        query: last,
        take: (chosen) => {
            const before = where.value.slice(0, where.value.lastIndexOf(";") + 1);
            set(where, before ? `${before} ${chosen.text}` : chosen.text);
        },
    });
    where.addEventListener("paste", (event) => {
        const text = event.clipboardData.getData("text");
        if (/\n/.test(text.trim())) {
            event.preventDefault();
            where.setRangeText(text.trim().split(/\s*\n\s*/).join("; "));
            set(where, where.value);
        }
    });

    const who = field("who");
    const add = document.getElementById("id_add");
    const append = (line) => {
        set(who, who.value.trim() ? `${who.value.trimEnd()}\n${line}` : line);
        add.value = "";
    };
    for (const helper of form.querySelectorAll("#quick-add, .quick-keys")) {
        helper.hidden = false;
    }
    offer(add, {
        query: () => add.value.trim(),
        take: (chosen) => append(chosen.text),
        enter: (event) => {
            if (add.value.trim()) {
                event.preventDefault();
                append(add.value.trim());
            }
        },
    });
    who.addEventListener("paste", () => readSoon(["who"], 0));

    form.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            form.requestSubmit(form.elements._save);
        }
    });

    // What was begun in the box goes along. What is not saved is kept: see unsaved.js.
    form.addEventListener("submit", () => {
        if (add.value.trim()) {
            append(add.value.trim());
        }
    });

    // A browser may leave out the autofocus of a page that was opened with a key.
    (document.getElementById("quick-note") ?? form.querySelector("[autofocus]"))?.focus();
}
