/* Nothing typed is lost: a form with data-unsaved-address (on the form, or on something inside it)
   is sent there some seconds after each change. Until the server has it, it is kept in this browser,
   by person and form; whatever was left behind is handed in when the next page opens. */
"use strict";
{
    const PREFIX = "unsaved:";
    const TYPING = 400; // milliseconds without a key, until it is kept in this browser
    const SENDING = 2500; // and until it is sent
    const BEAT = 60 * 1000;
    const AWAY = 5 * 60 * 1000; // whoever touched nothing for so long is not at the record
    const BOUNCED = 60 * 60 * 1000; // a form that met the sign-in is taken up again by itself
    const KEPT = 30 * 24 * 3600 * 1000;
    const LARGEST = 60000; // what a page may still send while it closes

    const cookie = (name) =>
        document.cookie
            .split("; ")
            .find((each) => each.startsWith(`${name}=`))
            ?.slice(name.length + 1);

    const post = (address, body, options = {}) =>
        fetch(address, {
            method: "POST",
            body,
            redirect: "manual",
            headers: {
                "X-CSRFToken":
                    cookie("csrftoken") ??
                    document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
                    "",
                "X-Unsaved": "1",
            },
            ...options,
        });

    // What the server says, in three words: kept, signed out, or nothing at all.
    const ask = async (send) => {
        try {
            const answer = await send();
            if (answer.type === "opaqueredirect" || answer.status === 401) {
                const said = answer.status === 401 ? await answer.json() : {};
                return { state: "signed out", ...said };
            }
            if (!answer.ok) {
                return { state: answer.status < 500 ? "refused" : "offline" };
            }
            return { state: "ok", ...(await answer.json()) };
        } catch {
            return { state: "offline" };
        }
    };

    // --- this browser --------------------------------------------------------------------------

    let here = null; // a browser may refuse to keep anything
    try {
        here = window.localStorage;
    } catch {
        here = null;
    }

    const entries = function* () {
        for (const key of Object.keys(here ?? {})) {
            if (key.startsWith(PREFIX)) {
                try {
                    yield [key, JSON.parse(here.getItem(key))];
                } catch {
                    here.removeItem(key);
                }
            }
        }
    };

    const store = (key, entry) => {
        try {
            here.setItem(key, JSON.stringify(entry));
            return true;
        } catch {
            return false; // full, or not allowed: the server has to do
        }
    };

    // Hand in what an earlier page left behind: how much it was, and what to take up by itself.
    const handIn = async (address, own) => {
        let again = "";
        let number = 0;
        for (const [key, entry] of entries()) {
            if (!entry || Date.now() - entry.at > KEPT) {
                here.removeItem(key);
                continue;
            }
            if (key === own) {
                continue;
            }
            const body = new URLSearchParams(entry.body);
            body.set("unsaved_old", "1");
            const said = await ask(() => post(entry.address, body));
            if (said.state !== "ok") {
                continue;
            }
            here.removeItem(key);
            number += 1;
            const bounced = entry.leaving && Date.now() - entry.leaving < BOUNCED;
            if (!said.settled && bounced && entry.address === address) {
                again = body.get("unsaved_slot");
            }
        }
        return { again, number };
    };

    // --- one form --------------------------------------------------------------------------------

    const NOT_TYPED = /^(csrfmiddlewaretoken|action|select_across|_.*|.*-__prefix__-.*)$/;

    const keep = (form, holder) => {
        const address = holder.dataset.unsavedAddress;
        const filledIn = "unsavedFilledIn" in holder.dataset; // the server fills it in
        const unsaved = "unsavedTyped" in holder.dataset; // what stands in it was never saved
        const taken = new URLSearchParams(location.search).get("unsaved") ?? "";
        let user = holder.dataset.unsavedUser ?? "";
        let words = {};
        let confirmed = Date.now(); // when the session was last known to be there
        let state = "ok";
        let touched = Date.now();
        let last = ""; // what the server has
        let saving = null;
        let passing = false;
        let leaving = 0; // when it was last sent, unless somebody has typed since
        let typing = 0;
        let sending = 0;

        const hidden = (name, value) => {
            let field = form.elements[name];
            if (!field) {
                field = document.createElement("input");
                field.type = "hidden";
                field.name = name;
                field.value = value;
                form.prepend(field);
            }
            return field;
        };
        const slot = hidden("unsaved_slot", crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`);
        const key = () => `${PREFIX}${user}:${slot.value}`;

        const near = (id, place) => {
            let found = document.getElementById(id);
            if (!found) {
                found = document.createElement("div");
                found.id = id;
                place(found);
            }
            return found;
        };
        const notice = near("unsaved-notice", (made) => {
            made.className = "unsaved-notice";
            made.setAttribute("role", "alert");
            form.before(made);
        });
        const offers = near("unsaved-offers", (made) => form.before(made));
        let status = form.querySelector(".unsaved-status");
        if (!status) {
            status = document.createElement("p");
            status.className = "unsaved-status";
            form.append(status);
        }
        // Said once when it changes its kind, and not every minute.
        const spoken = document.createElement("span");
        spoken.className = "visually-hidden";
        spoken.setAttribute("role", "status");
        status.after(spoken);

        const body = () => {
            const sent = new URLSearchParams();
            for (const [name, value] of new FormData(form)) {
                if (typeof value === "string" && !NOT_TYPED.test(name)) {
                    sent.append(name, value);
                }
            }
            if (user) {
                sent.set("unsaved_user", user);
            }
            return sent;
        };
        let start = body().toString();
        const isTyped = () => unsaved || body().toString() !== start;

        const tell = (text, kind) => {
            status.textContent = text;
            if (status.dataset.kind !== kind) {
                status.dataset.kind = kind;
                spoken.textContent = text;
            }
        };

        const warn = (text, signIn = "") => {
            if (notice.dataset.text === text) {
                return;
            }
            notice.dataset.text = text;
            notice.replaceChildren();
            if (!text) {
                return;
            }
            const said = document.createElement("p");
            said.textContent = text;
            notice.append(said);
            if (signIn) {
                const next = `${location.pathname}?unsaved=${encodeURIComponent(slot.value)}`;
                const link = document.createElement("a");
                link.className = "button";
                link.href = `${signIn}?next=${encodeURIComponent(next)}`;
                link.target = "_blank";
                link.rel = "noopener";
                link.textContent = words.sign_in ?? "Sign in";
                notice.append(link);
            }
        };

        // The page may have been opened in another session: its token is replaced with today's.
        const refresh = () => {
            const token = cookie("csrftoken");
            for (const field of token ? document.querySelectorAll("[name=csrfmiddlewaretoken]") : []) {
                field.value = token;
            }
        };

        const hear = (said) => {
            const before = state;
            state = said.state;
            if (state === "signed out") {
                signIn = said.sign_in ?? signIn;
                tell(words.here ?? "", "here");
                warn(words.signed_out ?? "", signIn);
                return;
            }
            if (state === "offline" || state === "refused") {
                tell(words.here ?? "", "here");
                return;
            }
            confirmed = Date.now();
            if (before === "signed out") {
                refresh();
                warn(words.again ?? "");
            } else if (before !== "ok") {
                warn("");
            }
            if (said.said) {
                tell(said.said, "saved");
            }
            if ("others" in said) {
                const others = document.getElementById("told-others");
                if (others && others.dataset.said !== said.others) {
                    others.dataset.said = said.others;
                    others.innerHTML = said.others;
                }
            }
            if (said.checklist) {
                const typed = document.getElementById("checklist-typed");
                if (typed && !typed.contains(document.activeElement)) {
                    typed.innerHTML = said.checklist;
                    const count = typed.querySelector(".count")?.textContent.trim() ?? "";
                    const shown = document.getElementById("checklist-count");
                    if (shown.textContent.trim() !== count) {
                        shown.textContent = count;
                    }
                }
            }
        };
        let signIn = "/admin/account/login/";

        const keepHere = () => {
            const signingOut = "signingOut" in document.documentElement.dataset; // sign_out.js
            const kept =
                user &&
                !signingOut &&
                store(key(), { address, body: body().toString(), at: Date.now(), leaving });
            form.dataset.kept = kept ? "yes" : "";
            return kept;
        };

        const save = async () => {
            clearTimeout(sending);
            const sent = body();
            const text = sent.toString();
            const said = await ask(() => post(address, sent));
            hear(said);
            if (said.state === "ok") {
                last = text;
                if (body().toString() === text) {
                    form.dataset.kept = "yes";
                    here?.removeItem(key());
                }
            }
            return said;
        };
        // One at a time: an older answer must not come after a newer one.
        const send = () => {
            saving = (saving ?? Promise.resolve()).then(save, save);
            return saving;
        };

        const changed = () => {
            touched = Date.now();
            leaving = 0;
            form.dataset.kept = "";
            clearTimeout(typing);
            typing = setTimeout(() => isTyped() && keepHere(), TYPING);
            clearTimeout(sending);
            sending = setTimeout(() => isTyped() && send(), SENDING);
        };
        form.addEventListener("input", changed);
        form.addEventListener("change", changed);
        document.addEventListener("formset:added", changed);
        document.addEventListener("formset:removed", changed);
        // A choice made by type-ahead is told by its own event, which only jQuery hears.
        window.django?.jQuery(form).on("change", "select", (event) => event.originalEvent || changed());

        // The last words of a page that closes, or goes into the background of a phone.
        const leave = () => {
            if (passing || !isTyped() || body().toString() === last) {
                return;
            }
            keepHere();
            const sent = body();
            if (sent.toString().length < LARGEST && state === "ok") {
                post(address, sent, { keepalive: true }).catch(() => {});
            }
        };
        window.addEventListener("pagehide", leave);

        const beat = async () => {
            const away = document.hidden || Date.now() - touched > AWAY;
            if (state !== "ok" && isTyped()) {
                await send();
            } else if (!away) {
                const sent = body();
                const short = new URLSearchParams([
                    ["unsaved_beat", "1"],
                    ["unsaved_user", user],
                    ["seen", sent.get("seen") ?? ""],
                ]);
                hear(await ask(() => post(address, short)));
            }
        };
        setInterval(beat, BEAT);
        for (const sign of ["keydown", "pointerdown", "scroll"]) {
            document.addEventListener(sign, () => (touched = Date.now()), { passive: true });
        }
        window.addEventListener("online", beat);
        document.addEventListener("visibilitychange", () => {
            if (document.hidden) {
                leave();
            } else if (state !== "ok" || Date.now() - confirmed > BEAT) {
                beat();
            }
        });

        // Before it is sent: is there a session, and a connection? If not, the page stays.
        form.addEventListener("submit", async (event) => {
            if (passing) {
                return;
            }
            leaving = Date.now();
            keepHere();
            if (state === "ok" && Date.now() - confirmed < BEAT) {
                passing = true;
                setTimeout(() => (passing = false), 5000); // something else held it up
                return;
            }
            event.preventDefault();
            const submitter = event.submitter;
            const said = await send();
            if (said.state === "ok" || said.state === "refused") {
                leaving = Date.now();
                keepHere();
                refresh();
                passing = true;
                form.requestSubmit(submitter);
                return;
            }
            if (said.state === "offline") {
                warn(words.offline ?? "");
            }
            notice.tabIndex = -1;
            notice.focus();
        });

        // --- what was typed earlier ------------------------------------------------------------------

        // A form that the server does not fill in again is filled in here, as far as it has fields.
        const fill = (fields) => {
            for (const [name, values] of Object.entries(fields)) {
                const found = form.elements[name];
                const each = found instanceof RadioNodeList ? [...found] : found ? [found] : [];
                for (const field of each) {
                    if (field.type === "checkbox" || field.type === "radio") {
                        field.checked = values.includes(field.value);
                    } else if (field.multiple) {
                        for (const option of field.options) {
                            option.selected = values.includes(option.value);
                        }
                    } else {
                        field.value = values[0] ?? "";
                    }
                    field.dispatchEvent(new Event("input", { bubbles: true }));
                    field.dispatchEvent(new Event("change", { bubbles: true }));
                }
            }
        };
        const with_ = (more) => `${address}${address.includes("?") ? "&" : "?"}${more}`;

        const takeUp = async (chosen, more = "") => {
            if (filledIn) {
                location.replace(`${location.pathname}?unsaved=${encodeURIComponent(chosen)}${more}`);
                return;
            }
            const said = await ask(() => fetch(with_(`slot=${encodeURIComponent(chosen)}`)));
            if (said.fields) {
                slot.value = chosen;
                fill(said.fields);
                offers.replaceChildren();
            }
        };

        let discarded = false; // an answer on its way may still offer it
        offers.addEventListener("click", async (event) => {
            const link = event.target.closest("a[data-slot]");
            const discard = event.target.closest("button[name=unsaved_discard]");
            if (link && !filledIn) {
                event.preventDefault();
                takeUp(link.dataset.slot);
            } else if (discard) {
                event.preventDefault();
                const sent = new URLSearchParams(new FormData(discard.form));
                sent.set("unsaved_discard", "1");
                discarded = true;
                const said = await ask(() => post(address, sent));
                if (said.state === "ok") {
                    here?.removeItem(`${PREFIX}${user}:${sent.get("unsaved_slot")}`);
                    discard.closest(".unsaved-offer").remove();
                    form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
                }
            }
        });

        const open = async () => {
            const fresh = () => fetch(with_(`slot=${encodeURIComponent(slot.value)}`), { redirect: "manual" });
            const said = await ask(fresh);
            words = said.words ?? {};
            user = user || String(said.user ?? "");
            if (said.state !== "ok") {
                hear(said);
                return;
            }
            // Once: another window that is still open on it goes on writing.
            const newest = new URLSearchParams(location.search).has("newest");
            const left = taken && !newest ? here?.getItem(`${PREFIX}${user}:${taken}`) : null;
            const { again, number } = await handIn(address, left ? "" : key());
            if (left && !here.getItem(`${PREFIX}${user}:${taken}`)) {
                takeUp(taken, "&newest=1"); // this browser knew more than the server, which has it by now
                return;
            }
            if (again && !isTyped()) {
                takeUp(again);
                return;
            }
            const now = number ? await ask(fresh) : said;
            if (now.state === "ok" && !discarded && !offers.contains(document.activeElement)) {
                offers.innerHTML = now.offers;
            }
            if (unsaved) {
                send();
            }
            beat();
        };
        // Other scripts of the page put its fields in order first.
        window.addEventListener("load", () => {
            start = form.dataset.kept === undefined ? body().toString() : start;
            open();
        });
    };

    // --- the checklist ---------------------------------------------------------------------------

    const list = document.getElementById("checklist");
    if (list && matchMedia("(min-width: 1200px)").matches) {
        list.open = true;
    }
    // A link leads to the field itself, out of what is folded away.
    document.addEventListener("click", (event) => {
        const link = event.target.closest(".checklist a[href^='#'], .meeting a[href^='#']");
        const target = link && document.getElementById(link.hash.slice(1));
        if (!target) {
            return;
        }
        event.preventDefault();
        for (let at = target; at; at = at.parentElement) {
            if (at.tagName === "DETAILS") {
                at.open = true;
            }
        }
        const fields = "input:not([type=hidden]), textarea, select, .add-row a";
        let field = target.matches(fields) ? target : null;
        field ??= [...target.querySelectorAll(fields)].find((each) => each.offsetParent && !each.closest(".empty-form"));
        // A type-ahead has put a box of its own in the place of its field.
        const box = field?.matches(".select2-hidden-accessible") && field.parentElement.querySelector(".select2-selection");
        target.scrollIntoView({ block: "center" });
        (box || field || target).focus({ preventScroll: true });
    });

    // --- start -------------------------------------------------------------------------------------

    const holders = document.querySelectorAll("[data-unsaved-address]");
    for (const holder of holders) {
        const form = holder.closest("form");
        if (form) {
            keep(form, holder);
        }
    }
    if (!holders.length) {
        handIn("", "");
    }
}
