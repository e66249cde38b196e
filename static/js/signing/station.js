/**
 * A tablet that many sign on: a form that somebody has left is emptied, and on the stage the walls
 * see what is being drawn.
 */
const LEFT_ALONE = 90000
const EVERY = 70

export function station(form, pad) {
  let idle = null
  const touched = () => {
    clearTimeout(idle)
    idle = setTimeout(() => location.replace(location.pathname), LEFT_ALONE)
  }
  for (const kind of ["input", "pointerdown", "keydown"]) addEventListener(kind, touched)
  // A kept page would show the next one what the last one has entered.
  addEventListener("pageshow", event => { if (event.persisted) location.replace(location.pathname) })

  if (form.dataset.station !== "stage") return
  const showing = present(form, pad)
  pad.onChange(showing)
  form.elements.namedItem("publish").addEventListener("change", showing)
  addEventListener("pagehide", () => showing.clear())
}

/** Sends all of what is drawn so far, one message at a time; the newest takes the place of others. */
function present(form, pad) {
  const address = `${new URL(form.action).pathname}/strokes`
  let under_way = false
  let again = false
  let timer = null

  async function send() {
    timer = null
    if (under_way) { again = true; return }
    under_way = true
    again = false
    const { width, height, strokes } = pad.soFar()
    const consented = form.elements.namedItem("publish").checked
    try {
      await fetch(address, {
        method: "POST",
        body: new URLSearchParams({
          ink: strokes, width, height, company: form.elements.namedItem("company").value,
          publish: consented ? "yes" : "",
        }),
      })
    } catch {
      // The signature itself arrives whole, whatever the walls have missed.
    }
    under_way = false
    if (again) showing()
  }

  function showing() { if (!timer) timer = setTimeout(send, EVERY) }
  showing.clear = () => {
    if (navigator.sendBeacon) navigator.sendBeacon(address, new URLSearchParams({ ink: "" }))
  }
  return showing
}
