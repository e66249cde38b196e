/**
 * Sends the form, again and again if need be, until there is an answer.
 *
 * Hall Wi-Fi drops. The form names its attempt, so that sending it twice signs once: whatever got no
 * answer is sent again as it was, also after the page was closed and opened anew.
 */
const LONGEST = 20000
const PAUSES = [1000, 2000, 4000, 8000, 15000, 30000]

export function sending(form, draft) {
  const button = document.querySelector("[data-submit]")
  const waiting = document.querySelector("[data-waiting]")
  const words = button.textContent
  let under_way = false
  let tries = 0
  let retry = null

  form.addEventListener("submit", event => {
    if (!window.fetch || !window.AbortController) return
    event.preventDefault()
    tries = 0
    send()
  })
  // Back from the receipt, the page comes as it was left: with the button disabled.
  addEventListener("pageshow", event => {
    if (!event.persisted) return
    atRest()
    if (draft.state.sending) send()
  })
  addEventListener("online", () => { if (draft.state.sending && !under_way) send() })
  if (draft.state.sending) send()

  async function send() {
    if (under_way) return
    under_way = true
    clearTimeout(retry)
    button.disabled = true
    button.textContent = form.dataset.sending
    draft.state.sending = true
    draft.save()
    const giveUp = new AbortController()
    const timer = setTimeout(() => giveUp.abort(), LONGEST)
    try {
      const body = new URLSearchParams(new FormData(form))
      const answer = await fetch(form.action, { method: "POST", body, signal: giveUp.signal })
      under_way = false
      if (answer.status === 429 || answer.status >= 500) again(Number(answer.headers.get("Retry-After")))
      else answered(answer)
    } catch {
      under_way = false
      again(0)
    } finally {
      clearTimeout(timer)
    }
  }

  function answered(answer) {
    draft.state.sending = false
    if (answer.ok && answer.redirected) {
      draft.forget()
      if (form.dataset.station) location.replace(answer.url)
      else location.assign(answer.url)
      return
    }
    // There is something to read. Sent once more, the same attempt leads to the same page.
    if (answer.status === 422) draft.save()
    else draft.forget()
    HTMLFormElement.prototype.submit.call(form)
  }

  function again(seconds) {
    waiting.hidden = false
    const pause = Math.max(PAUSES[Math.min(tries, PAUSES.length - 1)], seconds * 1000 || 0)
    tries += 1
    retry = setTimeout(send, pause)
  }

  function atRest() {
    clearTimeout(retry)
    under_way = false
    waiting.hidden = true
    button.disabled = false
    button.textContent = words
  }
}
