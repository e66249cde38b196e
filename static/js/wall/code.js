/**
 * The code to be scanned, and for how long it is still shown. A code that no longer admits is never
 * on the screen: without the next one in time, it is taken away. Times are counted from when they
 * were told, so that the clocks of wall and server may differ.
 */
import { drawing } from "./drawing.js"

const MARGIN = 10

export function code(body) {
  const boxes = body.querySelectorAll("[data-code]")
  const notes = body.querySelectorAll("[data-code-note]")
  const rings = body.querySelectorAll("[data-ring]")
  let shown = ""
  let ticking = null

  function take() {
    for (const box of boxes) box.replaceChildren()
    body.removeAttribute("data-code-kind")
    shown = ""
  }

  return {
    show(told) {
      clearInterval(ticking)
      if (!told) { take(); return }
      if (told.path !== shown) {
        for (const box of boxes) box.replaceChildren(drawing(told, "qr"))
        shown = told.path
      }
      body.dataset.codeKind = told.kind
      body.toggleAttribute("data-rotating", !!told.every)
      for (const note of notes) note.textContent = told.note || ""
      if (!told.every) return
      const [at, on] = [performance.now(), Date.now()]
      const tick = () => {
        // One of the two clocks stands still while a laptop sleeps.
        const gone = Math.max(performance.now() - at, Date.now() - on) / 1000
        const left = Math.max(0, Math.ceil(told.next - gone))
        for (const note of notes) note.textContent = note.dataset.words.replace("{}", left)
        for (const ring of rings) ring.style.strokeDasharray = `${Math.max(0, (told.next - gone) / told.every) * 100} 100`
        if (gone > told.admits - MARGIN) { clearInterval(ticking); take() }
      }
      tick()
      ticking = setInterval(tick, 250)
    },
    end() { clearInterval(ticking) },
  }
}
