/* One screen for an engagement: outcomes and participants may name a source that is still being
   typed, what is folded away and filled in is opened, and nothing typed is left by mistake. */
"use strict";
{
    const form = document.getElementById("engagement_form");
    const sources = document.getElementById("sources-group");

    // --- the rows of the sources, as choices elsewhere ------------------------------------------

    const rowsOf = () =>
        sources ? [...sources.querySelectorAll(".inline-related:not(.empty-form)")] : [];

    // Which row each choice means: rows are counted anew when one is taken out.
    const meant = new WeakMap();

    const nameOf = (label, row, position) => {
        const words = ["title", "url"]
            .map((name) => row.querySelector(`[name$="-${name}"]`)?.value.trim())
            .find((value) => value);
        const number = label.replace("%d", position + 1);
        return words ? `${number}: ${words.slice(0, 60)}` : number;
    };

    const remember = (select) => {
        const rows = rowsOf();
        meant.set(
            select,
            [...select.selectedOptions].map((option) => rows[option.value]).filter(Boolean),
        );
    };

    const offer = () => {
        const rows = rowsOf();
        for (const select of document.querySelectorAll("select[data-source-rows]")) {
            if (select.name.includes("__prefix__")) {
                continue;
            }
            const chosen = meant.get(select) ?? [];
            const blank = select.multiple ? [] : [new Option("---------", "")];
            select.replaceChildren(
                ...blank,
                ...rows.map((row, position) => {
                    const here = chosen.includes(row);
                    return new Option(nameOf(select.dataset.sourceRows, row, position), position, here, here);
                }),
            );
        }
    };

    const start = () => {
        const template = document.querySelector("select[data-source-rows]");
        if (!sources || !template) {
            return;
        }
        for (const select of document.querySelectorAll("select[data-source-rows]")) {
            remember(select);
            select.addEventListener("change", () => remember(select));
        }
        sources.addEventListener("input", offer);
        offer();
    };

    document.addEventListener("formset:added", (event) => {
        for (const select of event.target.querySelectorAll("select[data-source-rows]")) {
            select.addEventListener("change", () => remember(select));
        }
        offer();
        event.target.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    });
    document.addEventListener("formset:removed", () => setTimeout(offer));

    // --- open what is folded away but filled in ---------------------------------------------------

    // A field says something when it differs from the same field of an empty row.
    const filled = (field) => {
        const name = field.name.replace(/-\d+-/, "-__prefix__-");
        const empty = name === field.name ? null : form.elements[name];
        if (!empty || field.type === "hidden") {
            return false;
        }
        if (field.type === "checkbox") {
            return field.checked;
        }
        return field.multiple ? field.selectedOptions.length > 0 : field.value !== empty.value;
    };

    for (const details of document.querySelectorAll("#engagement_form .inline-related details")) {
        if ([...details.querySelectorAll("input, select, textarea")].some(filled)) {
            details.open = true;
        }
    }

    // --- the details that fit the kind of activity --------------------------------------------------

    const activity = document.getElementById("id_activity");

    // Of a block with one row: does any field say something, or is one wrong?
    const says = (block) =>
        block.querySelector(".errorlist, .has_original") !== null ||
        [...block.querySelectorAll(".inline-related:not(.empty-form) :is(input, select, textarea)")].some(
            (field) =>
                field.type === "checkbox"
                    ? field.checked
                    : field.type !== "hidden" && !["", "unknown"].includes(field.value),
        );

    const fit = () => {
        for (const block of document.querySelectorAll(".details-of")) {
            const fits = block.dataset.activities.split(" ").includes(activity.value);
            block.hidden = !(fits || says(block));
            if (!block.hidden) {
                block.querySelector("details").open = true;
            }
        }
    };

    if (activity) {
        activity.addEventListener("change", fit);
        fit();
    }

    // --- is it logged already? ------------------------------------------------------------------------

    const box = document.getElementById("look-alikes");
    let asked = "";

    const ask = async () => {
        const all = new FormData(form);
        const sent = new FormData();
        sent.set("own", box.dataset.own);
        sent.set("csrfmiddlewaretoken", all.get("csrfmiddlewaretoken"));
        for (const [name, value] of all) {
            const place = /^places-\d+-(country|region)$/.test(name);
            if (place || /^(title|start|end|series)$/.test(name) || name.startsWith("look_alike_")) {
                sent.set(name, value);
            }
        }
        const said = JSON.stringify([...sent].filter(([name]) => !name.startsWith("look_alike_")));
        if (said === asked) {
            return;
        }
        asked = said;
        const answer = await fetch(box.dataset.address, { method: "POST", body: sent });
        // What was typed in the meantime is asked for again: only the newest answer is shown.
        if (answer.ok && said === asked) {
            box.innerHTML = await answer.text();
        }
    };

    if (box && form?.querySelector("#id_title")) {
        form.addEventListener("change", (event) => {
            if (/^(title|start|end|series|places-\d+-(country|region))$/.test(event.target.name)) {
                ask().catch(() => {
                    asked = "";
                });
            }
        });
        // A choice made by type-ahead is told by its own event, which only jQuery hears.
        window.django?.jQuery(form).on("change", "select", (event) => {
            if (!event.originalEvent && /^(series|places-\d+-(country|region))$/.test(event.target.name)) {
                ask().catch(() => {
                    asked = "";
                });
            }
        });
    }

    // --- nothing typed is left by mistake, unless it is kept already (unsaved.js) --------------------

    let typed = false;
    let leaving = false;
    form?.addEventListener("change", () => {
        typed = true;
    });
    form?.addEventListener("submit", () => {
        leaving = true;
    });
    window.addEventListener("beforeunload", (event) => {
        if (typed && !leaving && form.dataset.kept !== "yes") {
            event.preventDefault();
        }
    });

    start();
}
