/** Buttons that copy an address. Without this they are not shown: the address stands beside them. */
const SHOWN = 2000

document.documentElement.dataset.copies = ""

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]")
  if (!button || button.dataset.words) return
  if (!await copied(button.dataset.copy)) return
  button.dataset.words = button.textContent
  button.textContent = button.dataset.done
  setTimeout(() => {
    button.textContent = button.dataset.words
    delete button.dataset.words
  }, SHOWN)
})

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return selected(text)
  }
}

/** Only a page over TLS has a clipboard; in a hall without internet there may be none. */
function selected(text) {
  const field = document.createElement("textarea")
  field.value = text
  field.className = "vh"
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}
