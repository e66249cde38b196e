/**
 * The signing form, better than plain: it survives a reload and a lost connection, and has a pad.
 *
 * The form works without any of this; the pad is fetched when everything else is there.
 */
import { draftOf } from "./signing/draft.js"
import { sending } from "./signing/sending.js"
import { station } from "./signing/station.js"

const form = document.getElementById("register")
const draft = draftOf(form)

draft.restore()
sending(form, draft)
if (form.dataset.station) station(draft)

const attention = document.querySelector("[data-focus]")
if (attention) attention.focus()

if (form.querySelector("[data-pad]")) {
  if (document.readyState === "complete") loadPad()
  else addEventListener("load", loadPad)
}

async function loadPad() {
  const { pad } = await import("./signing/pad.js")
  const drawn = pad(form, draft)
  if (form.dataset.station === "stage") (await import("./signing/stage.js")).stage(form, drawn)
}
