/**
 * In the end everybody has a cell. As many as fit are shown at once; with more, they take turns.
 * Nothing is kept but the page that is shown.
 */
import { nameOf } from "../feed.js"
import { drawing } from "./drawing.js"
import { listed } from "./list.js"

const PAGES = [[12, 4, 3], [60, 10, 6], [140, 14, 10], [320, 16, 20]]
const DENSE = 14
const LONG = 18
const MOST = 320
const MOST_NAMED = 60
const TURN = 12000

export function matrix(body, list) {
  const grid = body.querySelector("[data-matrix]")
  let on = false
  let after = 0
  let timer = null
  let ended = false
  // Where no representatives are shown, companies are named in full, and need the room for it.
  const most = "named" in body.dataset ? MOST_NAMED : MOST

  async function page() {
    clearTimeout(timer)
    if (!on || ended) return
    try {
      const answer = await listed(list, `limit=${most}&after=${after}`)
      if (!answer.ok) throw new Error(answer.status)
      const { items, next, total } = await answer.json()
      if (!on || ended) return
      show(items, Math.min(total, most))
      const first = after === 0
      after = next || 0
      if (next || !first) timer = setTimeout(page, TURN)
    } catch {
      timer = setTimeout(page, 2000)
    }
  }

  function show(items, expected) {
    const [, columns, rows] = PAGES.find(([cells]) => expected <= cells) || PAGES[PAGES.length - 1]
    grid.dataset.columns = columns
    grid.dataset.rows = rows
    grid.replaceChildren(...items.map(item => cell(item, columns >= DENSE)))
  }

  /** Where there is no room for a company's name, the representative's stands for the ink. */
  function cell(item, dense) {
    const element = document.createElement("li")
    element.dataset.number = item.number
    element.lang = "zh-CN"
    if (item.ink) element.append(drawing(item.ink, "ink"))
    const name = document.createElement("span")
    name.className = "co"
    if (dense) name.textContent = item.representative
    else name.append(nameOf(item.company))
    element.append(name)
    element.classList.toggle("has-ink", !!item.ink)
    element.classList.toggle("is-long", item.company.length > LONG)
    return element
  }

  return {
    on(is) {
      if (is === on) return
      on = is
      after = 0
      page()
    },
    signed() { if (on && after === 0) { clearTimeout(timer); timer = setTimeout(page, 1000) } },
    hidden(item) {
      const shown = grid.querySelector(`[data-number="${item.number}"]`)
      if (shown) shown.remove()
    },
    /** Some of the ink that there is. */
    async inks(most) {
      try {
        const { items } = await (await listed(list, "limit=500")).json()
        return items.filter(item => item.ink).slice(-most).map(item => item.ink)
      } catch {
        return []
      }
    },
    end() { ended = true; clearTimeout(timer) },
  }
}
