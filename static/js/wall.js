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
const LENGTHS = ["short", "middle", "long", "longer", "longest"]

const leaves = document.querySelector("[data-live]")
const total = document.querySelector("[data-total]")
const offline = document.querySelector("[data-offline]")
const meeting = leaves.dataset.meeting
let waiting = []
let pacing = null

follow(leaves.dataset.live, Number(leaves.dataset.after), {
  live(is) { offline.hidden = is },
  signed(item) { meeting ? ask() : show([item], item.total) },
  hidden(item) {
    waiting = waiting.filter(one => one.index !== item.index)
    const shown = leafOf(item.index)
    if (shown) shown.remove()
    settle()
    meeting ? ask() : count(item.total)
  },
  state: item => reloadOn(item.status),
})

/**
 * The feed speaks of the whole initiative. A wall of one meeting takes it as a hint, and asks for
 * that meeting's newest and its count; hints that come meanwhile are answered by one more question.
 */
let asking = false
let askAgain = false
let asked = Math.max(0, ...indexes())

async function ask() {
  if (asking) { askAgain = true; return }
  asking = true
  try {
    do {
      askAgain = false
      const answer = await fetch(`${leaves.dataset.list}?meeting=${meeting}&limit=500&after=${asked}`)
      if (!answer.ok) throw new Error(answer.statusText)
      const { total, items, next } = await answer.json()
      show(items, total)
      for (const item of items) asked = item.index
      if (next) askAgain = true
    } while (askAgain)
  } catch {
    setTimeout(ask, 2000)
  } finally {
    asking = false
  }
}

function show(items, companies) {
  count(companies)
  waiting.push(...items)
  if (!pacing) enter()
}

function enter() {
  const now = waiting.splice(0, Math.max(1, waiting.length - MOST_WAITING))
  for (const item of now.slice(-LEAVES)) {
    if (!leafOf(item.index)) leaves.prepend(leaf(item))
  }
  while (leaves.children.length > LEAVES) leaves.lastElementChild.remove()
  settle()
  pacing = waiting.length ? setTimeout(enter, PACE) : null
}

function settle() {
  leaves.parentElement.toggleAttribute("data-empty", !leaves.children.length)
  fit()
}

function count(companies) {
  total.textContent = companies
  total.dataset.digits = String(companies).length
}

function indexes() {
  return [...leaves.children].map(leaf => Number(leaf.dataset.index))
}

function leafOf(index) {
  return leaves.querySelector(`[data-index="${index}"]`)
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

/** Name sizes step with the number of characters, as in the template. */
function lengthOf(company) {
  const characters = [...company].length
  return LENGTHS[[10, 16, 28, 50].filter(most => characters > most).length]
}

/**
 * A name never runs into the next one: where the title or other letters leave less room than expected, it is
 * set as a longer one would be.
 */
function fit() {
  for (const leaf of leaves.children) {
    const name = leaf.querySelector("[data-company]")
    let step = LENGTHS.indexOf(leaf.dataset.length)
    while (step < LENGTHS.length - 1 && name.offsetWidth > leaf.clientWidth) {
      leaf.dataset.length = LENGTHS[++step]
    }
  }
}

fit()
