/**
 * Parts of a page that are fetched anew whenever something happens, and, if the page says so, every
 * so many seconds: the server renders them. Without any of them marked, all of it is one.
 */
import { follow } from "./feed.js"

const PAUSE = 1000
const root = document.querySelector("[data-refresh]")
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
    const parts = [...root.querySelectorAll("[data-part]")]
    if (!parts.length) replace(root, page.querySelector("[data-refresh]"))
    for (const part of parts) replace(part, page.getElementById(part.id))
  } catch {
    // Out of reach for a moment: the next event brings it up to date.
  }
}

function replace(part, fresh) {
  if (!fresh || isBusy(part)) return
  const focused = part.contains(document.activeElement) && nameOf(document.activeElement)
  for (const open of part.querySelectorAll("details[open][id]")) {
    const same = fresh.querySelector(`#${open.id}`)
    if (same) same.open = true
  }
  const scrolled = [...part.querySelectorAll(".table__scroll")].map(one => one.scrollLeft)
  part.replaceChildren(...fresh.childNodes)
  part.querySelectorAll(".table__scroll").forEach((one, place) => { one.scrollLeft = scrolled[place] || 0 })
  const same = focused && [...part.querySelectorAll("a, button, summary, [tabindex]")].find(one => nameOf(one) === focused)
  if (same) same.focus({ preventScroll: true })
}

/** Whoever is choosing, typing or marking something there is not disturbed. */
function isBusy(part) {
  const active = document.activeElement
  if (part.contains(active) && active.matches("input, select, textarea")) return true
  if (part.querySelector("input:checked")) return true
  const marked = getSelection()
  return !marked.isCollapsed && part.contains(marked.anchorNode)
}

/** What tells an element from the others of its part, before and after. */
function nameOf(element) {
  const form = element.form ? element.form.action : ""
  return [element.tagName, element.id, element.name, element.value, element.href, element.dataset.copy, form].join(" ")
}

if (root) {
  follow(root.dataset.refresh, Number(root.dataset.after), {
    live(is) { root.dataset.connected = is ? "yes" : "no" },
    signed: soon, counted: soon, hidden: soon, state: soon, scene: soon,
  })
  const every = Number(root.dataset.every)
  if (every) setInterval(() => { if (!document.hidden && !timer) refresh() }, every * 1000)
}
