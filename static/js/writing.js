/** The text as it will look, while it is typed: the server renders it. */
const PAUSE = 250
const form = document.querySelector("[data-preview-at]")
let timer = null
let asking = null
let unsaved = false

function soon() {
  unsaved = true
  clearTimeout(timer)
  timer = setTimeout(show, PAUSE)
}

async function show() {
  if (asking) asking.abort()
  asking = new AbortController()
  try {
    const answer = await fetch(form.dataset.previewAt, {
      method: "POST", body: new FormData(form), signal: asking.signal,
    })
    // Logged out meanwhile, or refused: saving will say so.
    if (!answer.ok || answer.redirected) return
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    for (const fresh of page.querySelectorAll("[data-preview]")) {
      const shown = form.querySelector(`[data-preview="${fresh.dataset.preview}"]`)
      if (shown) shown.replaceChildren(...fresh.childNodes)
    }
  } catch {
    // Out of reach for a moment, or overtaken by the next key.
  }
}

if (form) {
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true
  form.addEventListener("input", soon)
  form.addEventListener("submit", () => { unsaved = false })
  addEventListener("beforeunload", event => { if (unsaved) event.preventDefault() })
}
