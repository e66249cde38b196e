/** The button of a form that is under way, and the eye on what needs attention. */

// On Wi-Fi that drops, an answer may never come. Sending again is safe: it is the same attempt.
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

// Back from the receipt, the page comes as it was left: with the button disabled.
addEventListener("pageshow", restore)

function restore() {
  clearTimeout(giveUp)
  button.disabled = false
  button.textContent = words
}

// A form belongs to its place in the history: gone back to, it is the same attempt, even where the
// browser has fetched the page anew.
const attempt = form.elements.namedItem("attempt")
if (history.state && history.state.attempt) attempt.value = history.state.attempt
else history.replaceState({ attempt: attempt.value }, "")

const attention = document.querySelector("[data-focus]")
if (attention) attention.focus()
