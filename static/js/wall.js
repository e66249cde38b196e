/**
 * The hall's screen: the newest company enters as a column, older ones move on.
 *
 * At most one column each 800 ms is seen entering; when more wait than fit into three seconds,
 * several enter at once. The count is always right at once.
 */
import { follow, nameOf, reloadOn } from "./feed.js"

const PACE = 800
const MOST_WAITING = 3
const LEAVES = 12

const leaves = document.querySelector("[data-live]")
const total = document.querySelector("[data-total]")
const offline = document.querySelector("[data-offline]")
const meeting = leaves.dataset.meeting
const waiting = []
let pacing = null

follow(leaves.dataset.live, Number(leaves.dataset.after), {
  live(is) { offline.hidden = is },
  signed(item) {
    if (meeting && item.meeting !== meeting) return
    count(meeting ? Number(total.textContent) + 1 : item.total)
    waiting.push(item)
    if (!pacing) enter()
  },
  hidden(item) {
    if (!meeting) count(item.total)
    const shown = leaves.querySelector(`[data-index="${item.index}"]`)
    if (shown) shown.remove()
  },
  state: item => reloadOn(item.status),
})

function enter() {
  const now = waiting.splice(0, Math.max(1, waiting.length - MOST_WAITING))
  for (const item of now.slice(-LEAVES)) {
    if (!leaves.querySelector(`[data-index="${item.index}"]`)) leaves.prepend(leaf(item))
  }
  delete leaves.parentElement.dataset.empty
  while (leaves.children.length > LEAVES) leaves.lastElementChild.remove()
  pacing = waiting.length ? setTimeout(enter, PACE) : null
}

function count(companies) {
  total.textContent = companies
  total.dataset.digits = String(companies).length
}

function leaf(item) {
  const filled = document.getElementById("leaf").content.firstElementChild.cloneNode(true)
  filled.dataset.index = item.index
  filled.dataset.length = lengthOf(item.company)
  filled.classList.add("is-entering")
  filled.querySelector("[data-number]").textContent = item.number
  filled.querySelector("[data-company]").append(nameOf(item.company))
  filled.querySelector("[data-representative]").textContent = item.representative
  return filled
}

/** Name sizes step at ten and sixteen characters, as in the template. */
function lengthOf(company) {
  const characters = [...company].length
  return characters > 16 ? "long" : characters > 10 ? "middle" : "short"
}
