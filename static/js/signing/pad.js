/**
 * The handwriting pad. Strokes are kept as points: a turned phone, an opening keyboard, a page that
 * comes back only change how they are shown.
 */
import SignaturePad from "../vendor/signature_pad.min.js"
import { boxOf, pressures, sent, viewOf } from "./view.js"

const THINNEST = 1.2
const BROADEST = 4.2
const SHARPEST = 3

export function pad(form, draft) {
  const field = form.querySelector("[data-pad]")
  const canvas = field.querySelector("canvas")
  const ask = field.querySelector("[data-pad-ask]")
  const count = field.querySelector("[data-pad-count]")
  const [undo, clear, full, back, use] = ["undo", "clear", "full", "back", "use"].map(name =>
    field.querySelector(`[data-pad-${name}]`))
  const input = form.elements.namedItem("ink")
  const state = draft.state
  const changed = []
  let view = null
  let shown = { width: 0, height: 0, turned: false }
  let drawing = false

  field.hidden = false
  if (field.classList.contains("is-error")) state.strokes = []
  else if (!state.strokes.length) state.strokes = fromServer(input.value)

  const drawn = new SignaturePad(canvas, {
    penColor: getComputedStyle(canvas).color, minWidth: THINNEST, maxWidth: BROADEST, throttle: 0, minDistance: 2,
  })
  drawn.addEventListener("beginStroke", () => { drawing = true; ask.hidden = true })
  drawn.addEventListener("afterUpdateStroke", () => changed.forEach(tell => tell()))
  drawn.addEventListener("endStroke", () => {
    drawing = false
    const stroke = inkOf(drawn.toData().slice(-1)[0])
    if (!state.frame || !state.strokes.length) state.frame = { width: view.across, height: view.down }
    state.strokes.push(stroke)
    update()
    resized()
  })
  undo.addEventListener("click", () => { state.strokes.pop(); redraw(); update() })
  clear.addEventListener("click", () => { state.strokes.length = 0; redraw(); update() })
  full.addEventListener("click", open)
  back.addEventListener("click", () => history.back())
  use.addEventListener("click", () => history.back())
  addEventListener("popstate", () => setFull(false))
  addEventListener("resize", resized)
  addEventListener("pageshow", event => { if (event.persisted) resized() })
  resized()
  update()

  /** Full screen has a place in the history of its own: the phone's own Back leads out of it. */
  function open() {
    history.pushState({ ...history.state, pad: true }, "")
    setFull(true)
    back.focus()
  }

  function setFull(on) {
    if (on === field.classList.contains("pad-full")) return
    field.classList.toggle("pad-full", on)
    document.documentElement.classList.toggle("is-writing", on)
    if (on) { field.setAttribute("role", "dialog"); field.setAttribute("aria-modal", "true") }
    else { field.removeAttribute("role"); field.removeAttribute("aria-modal"); full.focus() }
    resized()
  }

  /** Anew only if the width or the turn has changed: keyboards and address bars change heights. */
  function resized() {
    if (drawing) return
    const turned = field.classList.contains("pad-full") && innerHeight > innerWidth
    const now = { width: canvas.clientWidth, height: canvas.clientHeight, turned }
    if (!now.width || (now.width === shown.width && turned === shown.turned)) return
    shown = now
    const sharpness = Math.min(window.devicePixelRatio || 1, SHARPEST)
    canvas.width = now.width * sharpness
    canvas.height = now.height * sharpness
    canvas.getContext("2d").scale(sharpness, sharpness)
    redraw()
  }

  function redraw() {
    const box = state.strokes.length ? boxOf(state.strokes, state.frame || frameOf(state.strokes)) : null
    view = viewOf(shown.width, shown.height, shown.turned, box)
    drawn.fromData(state.strokes.map(stroke => ({
      penColor: drawn.penColor,
      dotSize: drawn.dotSize,
      minWidth: THINNEST * Math.min(1.6, view.scale),
      maxWidth: BROADEST * Math.min(1.6, view.scale),
      velocityFilterWeight: drawn.velocityFilterWeight,
      compositeOperation: drawn.compositeOperation,
      points: stroke.map(([x, y, pressure, time], place) => {
        const [across, down] = view.toCanvas(x, y)
        return { x: across, y: down, pressure, time: time === undefined ? 1 + place * 16 : time + 1 }
      }),
    })))
  }

  function inkOf(group) {
    const breadths = pressures(group.points)
    const began = group.points[0].time
    return group.points.map((point, place) => [
      ...view.toInk(point.x, point.y), breadths[place], point.time - began,
    ])
  }

  function update() {
    input.value = sent(state.strokes)
    const some = state.strokes.length > 0
    ask.hidden = some
    undo.disabled = clear.disabled = !some
    count.textContent = some ? count.dataset.words.replace("{}", state.strokes.length) : ""
    if (some) field.classList.remove("is-error")
    draft.soon()
    changed.forEach(tell => tell())
  }

  return {
    /** Calls back while strokes are drawn and whenever they have changed. */
    onChange(tell) { changed.push(tell) },
    /** All there is, the stroke under the finger too, where it stands on the canvas. */
    soFar() {
      const groups = drawn.toData().filter(group => group.points.length)
      return {
        width: shown.width,
        height: shown.height,
        strokes: sent(groups.map(group => group.points.map((point, place, all) =>
          [Math.max(0, point.x), Math.max(0, point.y), pressures(all)[place]]))),
      }
    },
  }
}

/** Ink that came back with the form, after a mistake elsewhere in it. */
function fromServer(text) {
  try {
    const strokes = JSON.parse(text)
    return Array.isArray(strokes) ? strokes.filter(stroke => Array.isArray(stroke) && stroke.length) : []
  } catch {
    return []
  }
}

function frameOf(strokes) {
  const all = strokes.flat()
  return {
    width: Math.max(1, ...all.map(point => point[0])),
    height: Math.max(1, ...all.map(point => point[1])),
  }
}
