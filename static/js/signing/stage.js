/** On the stage the walls see what is being drawn, once the box to publish is ticked. */
const EVERY = 70

export function stage(form, pad) {
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
