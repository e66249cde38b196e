/** The button of a form that is under way, and the eye on what needs attention. */
const LONGEST = 20000

const form = document.querySelector("[data-sending]")
const button = [...form.elements].find(element => element.type === "submit")
const words = button.textContent
let giveUp = null

form.addEventListener("submit", () => {
  // After this turn: a button that is disabled at once would keep some WebViews from sending.
  setTimeout(() => { button.disabled = true; button.textContent = form.dataset.sending })
  giveUp = setTimeout(restore, LONGEST)
})

// Back from the next page, this one comes as it was left: with the button disabled.
addEventListener("pageshow", restore)

function restore() {
  clearTimeout(giveUp)
  button.disabled = false
  button.textContent = words
}

const attention = document.querySelector("[data-focus]")
if (attention) attention.focus()
