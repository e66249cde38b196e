/** A form whose answer takes a moment says so: thousands of rows are being read. */
const form = document.querySelector("[data-working]")
const bar = form.querySelector("progress")

form.addEventListener("submit", event => {
  if (event.submitter && "stays" in event.submitter.dataset) return
  const button = event.submitter
  // After this turn: a button that is disabled at once is not sent with the form.
  setTimeout(() => {
    bar.hidden = false
    if (button) { button.disabled = true; button.textContent = form.dataset.working }
  })
})

// Back from the next page, this one is as it was.
addEventListener("pageshow", event => { if (event.persisted) location.reload() })
