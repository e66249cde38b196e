/**
 * The handscroll: the newest company enters as a column, older ones move on.
 *
 * At most one column each 800 ms is seen entering; when more wait than fit into three seconds,
 * several enter at once. In between, the columns beside the newest go through all who have signed,
 * so that every company is seen.
 */
import { nameOf } from "../feed.js"
import { drawing } from "./drawing.js"
import { listed } from "./list.js"

const PACE = 800
const MOST_WAITING = 2
const LEAVES = 12
const LENGTHS = ["short", "middle", "long", "longer", "longest"]
const CALM = 3000
const TURN = 5000
const MOST_OLDER = 500
const CHUNK = 20

export function scroll(body, list) {
  const leaves = body.querySelector("[data-leaves]")
  const template = body.querySelector("#leaf")
  let waiting = []
  let pacing = null
  let entered = 0
  let asked = Math.max(0, ...[...leaves.children].map(leaf => Number(leaf.dataset.index)))
  let looking = false
  let lookAgain = false
  let older = []
  let turnedTo = 0
  let ended = false

  fit()
  const turning = setInterval(turn, TURN)

  function enter() {
    const now = waiting.splice(0, Math.max(1, waiting.length - MOST_WAITING))
    // More than the scroll holds: those that nobody can have seen come by again soon.
    older.unshift(...now.slice(0, Math.max(0, now.length - LEAVES)))
    older.splice(MOST_OLDER)
    entered = Date.now()
    for (const again of leaves.querySelectorAll("[data-again]")) again.remove()
    for (const item of now) {
      const shown = leafOf(item.number)
      if (shown) shown.remove()
      leaves.prepend(leaf(item))
    }
    trim()
    // Only now: while it enters, its width is not yet the one that its name must fit into.
    leaves.firstElementChild.classList.add("is-entering")
    pacing = setTimeout(() => { pacing = null; if (waiting.length) enter() }, PACE)
  }

  function trim() {
    while (leaves.children.length > LEAVES) leaves.lastElementChild.remove()
    leaves.parentElement.toggleAttribute("data-empty", !leaves.children.length)
    fit()
  }

  /** Whenever nobody has entered for a moment, one who signed earlier comes by again. */
  async function turn() {
    const busy = pacing || Date.now() - entered < CALM
    if (busy || leaves.children.length < LEAVES || body.dataset.scene !== "signing") return
    try {
      await bringBack()
    } catch {
      // Out of reach for a moment: the next turn will tell.
    }
  }

  async function bringBack() {
    if (!older.length) {
      const answer = await listed(list, `limit=${CHUNK}&after=${turnedTo}`)
      if (!answer.ok) return
      const { items, next } = await answer.json()
      older = items
      turnedTo = next || 0
    }
    const item = older.shift()
    if (!item || pacing || leafOf(item.number)) return
    const back = leaf(item)
    back.dataset.again = ""
    leaves.firstElementChild.after(back)
    trim()
  }

  function leafOf(number) {
    return [...leaves.children].find(leaf => leaf.querySelector("[data-number]").textContent === String(number))
  }

  function leaf(item) {
    const filled = template.content.firstElementChild.cloneNode(true)
    filled.dataset.index = item.index
    filled.dataset.length = lengthOf(item.company)
    filled.querySelector("[data-number]").textContent = item.number
    filled.querySelector("[data-company]").append(nameOf(item.company))
    const who = filled.querySelector("[data-representative]")
    if (item.ink) {
      who.classList.add("vh")
      who.after(drawing(item.ink, "ink"))
    }
    who.textContent = item.representative
    return filled
  }

  /**
   * A name never runs into the next one: where the title or other letters leave less room than
   * expected, it is set as a longer one would be.
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

  return {
    signed(item) {
      waiting.push(item)
      if (!pacing) enter()
    },
    hidden(item) {
      waiting = waiting.filter(one => one.number !== item.number)
      older = older.filter(one => one.number !== item.number)
      const shown = leafOf(item.number)
      if (shown) shown.remove()
      trim()
    },
    /** The feed speaks of all meetings; a wall of one asks for that one's newest. */
    async look() {
      if (looking) { lookAgain = true; return }
      looking = true
      try {
        do {
          lookAgain = false
          const answer = await listed(list, `limit=500&after=${asked}`)
          if (!answer.ok) throw new Error(answer.status)
          const { items, next } = await answer.json()
          for (const item of items) {
            asked = item.index
            waiting.push(item)
          }
          if (waiting.length && !pacing) enter()
          if (next) lookAgain = true
        } while (lookAgain && !ended)
      } catch {
        if (!ended) setTimeout(() => this.look(), 2000)
      } finally {
        looking = false
      }
    },
    end() {
      ended = true
      clearTimeout(pacing)
      clearInterval(turning)
    },
  }
}

/** Name sizes step with the number of characters, as in the template. */
function lengthOf(company) {
  const characters = [...company].length
  return LENGTHS[[10, 16, 28, 50].filter(most => characters > most).length]
}
