/** A part of a page that is fetched anew whenever something happens: the server renders it. */
import { follow } from "./feed.js"

const PAUSE = 500
const part = document.querySelector("[data-refresh]")
let timer = null

function soon() {
  if (!timer) timer = setTimeout(refresh, PAUSE)
}

async function refresh() {
  timer = null
  try {
    const answer = await fetch(location.href, { cache: "no-store" })
    if (!answer.ok || answer.redirected) return
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    const fresh = page.querySelector("[data-refresh]")
    // Whoever is in the middle of something there is not disturbed.
    const busy = part.contains(document.activeElement) || part.querySelector("input:checked")
    if (fresh && !busy) part.replaceChildren(...fresh.childNodes)
  } catch {
    // Out of reach for a moment: the next event brings it up to date.
  }
}

if (part) follow(part.dataset.refresh, Number(part.dataset.after), {
  live() {}, signed: soon, counted: soon, hidden: soon, state: soon, scene: soon,
})
