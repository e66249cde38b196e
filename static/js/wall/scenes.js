/** The scenes: which one is on is said by the server; how far it has come, by the time since. */
import { drawing } from "./drawing.js"

const INKS = 132

export function scenes(body, cells) {
  const pages = [...body.querySelectorAll("[data-reading] > *")].map(element => ({
    element, seconds: Number(element.dataset.seconds),
  }))
  const place = body.querySelector("[data-reading-place]")
  const number = body.querySelector("[data-countdown]")
  const frozen = body.querySelectorAll("[data-launched]")
  const ground = body.querySelector("[data-ground]")
  let timer = null
  let on = ""

  function show(state) {
    clearTimeout(timer)
    const began = performance.now()
    if (state.scene !== on) {
      body.dataset.scene = on = state.scene
      if (on === "launch") fill(ground, cells)
      cells.on(on === "closed")
    }
    if (on === "text") {
      const turn = () => {
        const elapsed = state.elapsed + (performance.now() - began) / 1000
        const at = state.page === null ? reached(pages, elapsed) : Math.min(state.page, pages.length - 1)
        read(at)
        if (state.page === null && at < pages.length - 1) timer = setTimeout(turn, 250)
      }
      turn()
    }
    if (on === "countdown") {
      const count = () => {
        const left = Math.max(0, state.left - (performance.now() - began) / 1000)
        number.textContent = Math.ceil(left)
        if (left > 0) timer = setTimeout(count, 100)
      }
      count()
    }
    if (state.launch) for (const total of frozen) total.textContent = state.launch.total
  }

  function read(at) {
    for (const [index, page] of pages.entries()) page.element.hidden = index !== at
    place.textContent = `${at + 1} / ${pages.length}`
    fit(pages[at].element)
  }

  return {
    show,
    hidden() { if (on === "launch") fill(ground, cells) },
    end() { clearTimeout(timer) },
  }
}

function reached(pages, elapsed) {
  let until = 0
  for (const [index, page] of pages.entries()) {
    until += page.seconds
    if (elapsed < until) return index
  }
  return pages.length - 1
}

/** As large as it fits: it is read out by four hundred. */
function fit(page) {
  for (let size = 6; size > 2; size -= 0.25) {
    page.style.fontSize = `${size}rem`
    if (page.scrollHeight <= page.parentElement.clientHeight) return
  }
}

async function fill(ground, cells) {
  const inks = await cells.inks(INKS)
  ground.replaceChildren(...Array.from({ length: inks.length ? INKS : 0 }, (_, index) =>
    drawing(inks[index % inks.length], "ink")))
}
