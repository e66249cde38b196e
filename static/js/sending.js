/** The sign button while its form is under way, and the eye on what needs attention. */
const form = document.querySelector("[data-sending]")
const button = document.querySelector(`[form="${form.id}"]`)
const words = button.textContent

form.addEventListener("submit", () => {
  // After this turn: a button that is disabled at once would keep some WebViews from sending.
  setTimeout(() => { button.disabled = true; button.textContent = form.dataset.sending })
})

// Back from the receipt, the page comes as it was left: with the button disabled.
addEventListener("pageshow", () => { button.disabled = false; button.textContent = words })

const attention = document.querySelector("[data-focus]")
if (attention) attention.focus()
