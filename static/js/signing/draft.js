/**
 * What has been entered, on this device alone, until it is signed: a reload, a closed page or an
 * empty battery loses nothing. A tablet that many sign on keeps nothing.
 */
import { sent } from "./view.js"

const KEY = "pledge.draft:"
const KEPT = 24 * 3600 * 1000

export function draftOf(form) {
  const key = KEY + form.dataset.draft
  const text = ["text", "terms"].map(name => form.elements.namedItem(name).value).join(" ")
  const kept = form.dataset.station ? { get() {}, set() {}, drop() {} } : storage(key)
  const found = kept.get() || {}
  // Only what was read is sent by itself: never to a newer text, nor for a rehearsal or after one.
  const same = found.text === text
  const state = { strokes: found.strokes || [], frame: found.frame || null, sending: !!found.sending && same }
  let saving = null

  const draft = {
    state,
    /** Fills in what the page came without: what the server has sent back counts more. */
    restore() {
      for (const [name, value] of Object.entries(found.fields || {})) {
        const field = form.elements.namedItem(name)
        if (!field || field.readOnly) continue
        if (field.type === "checkbox") field.checked = field.checked || value
        else if (!field.value) field.value = value
      }
      // The pad comes later; what is on its way must not wait for it, nor go without its ink.
      const ink = form.elements.namedItem("ink")
      if (ink && state.strokes.length) ink.value = sent(state.strokes)
      const attempt = form.elements.namedItem("attempt")
      // A form belongs to its place in the history: gone back to, it is the same attempt, even
      // where the browser has fetched the page anew. So does one that is still on its way. With a
      // revised text it is another form, that may sign in the place of the first.
      if (state.sending && found.attempt) attempt.value = found.attempt
      else if (history.state && history.state.text === text) attempt.value = history.state.attempt
      if (!form.dataset.station) history.replaceState({ attempt: attempt.value, text }, "")
    },
    save() {
      saving = clearTimeout(saving)
      const fields = {}
      for (const field of form.elements) {
        if (!field.name || field.type === "hidden") continue
        fields[field.name] = field.type === "checkbox" ? field.checked : field.value
      }
      const attempt = form.elements.namedItem("attempt").value
      kept.set({ at: Date.now(), attempt, text, fields, ...state })
    },
    soon() {
      clearTimeout(saving)
      saving = setTimeout(draft.save, 300)
    },
    forget() {
      saving = clearTimeout(saving)
      kept.drop()
    },
  }
  form.addEventListener("input", draft.soon)
  addEventListener("pagehide", () => { if (saving) draft.save() })
  return draft
}

/** Storage may be full or forbidden; then the form works without. */
function storage(key) {
  const quietly = work => { try { return work() } catch { return undefined } }
  quietly(() => {
    for (const other of Object.keys(localStorage)) {
      if (!other.startsWith(KEY)) continue
      if (!(JSON.parse(localStorage.getItem(other)).at > Date.now() - KEPT)) localStorage.removeItem(other)
    }
  })
  return {
    get: () => quietly(() => JSON.parse(localStorage.getItem(key))),
    set: value => quietly(() => localStorage.setItem(key, JSON.stringify(value))),
    drop: () => quietly(() => localStorage.removeItem(key)),
  }
}
