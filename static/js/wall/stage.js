/**
 * What is being drawn on the stage, in a large frame; once it is signed, it settles into its place
 * on the scroll. If nothing comes of it, the frame closes by itself.
 */
const SETTLE = 700
const LINGER = 2500

export function stage(body) {
  const frame = body.querySelector("[data-stage]")
  const svg = frame.querySelector("svg")
  const path = frame.querySelector("path")
  const company = frame.querySelector("[data-stage-company]")
  const still = matchMedia("(prefers-reduced-motion: reduce)")
  let closing = null

  function close() {
    clearTimeout(closing)
    frame.hidden = true
    frame.style.transform = ""
    frame.classList.remove("is-settling")
    path.setAttribute("d", "")
  }

  return {
    show(drawn) {
      if (frame.classList.contains("is-settling")) return
      clearTimeout(closing)
      // Cleared: either nothing more comes, or the signature itself is about to.
      if (!drawn.path) { if (!frame.hidden) closing = setTimeout(close, LINGER); return }
      svg.setAttribute("viewBox", drawn.view_box)
      path.setAttribute("d", drawn.path)
      company.textContent = drawn.company
      frame.hidden = false
      closing = setTimeout(close, 60000)
    },
    signed(item) {
      if (frame.hidden || company.textContent !== item.company) return
      clearTimeout(closing)
      if (still.matches) { close(); return }
      const scroll = body.querySelector(".scroll").getBoundingClientRect()
      const from = frame.getBoundingClientRect()
      const scale = Math.min(1, scroll.height * 0.12 / from.height)
      const x = scroll.right - from.right + from.width * (1 - scale) / 2
      const y = scroll.bottom - from.bottom + from.height * (1 - scale) / 2
      frame.classList.add("is-settling")
      frame.style.transform = `translate(${x}px, ${y}px) scale(${scale})`
      closing = setTimeout(close, SETTLE)
    },
    end: close,
  }
}
