/** A list of signatories that grows while it is looked at. */
import { follow, nameOf, reloadOn } from "./feed.js"

const list = document.querySelector("[data-live]")
const total = document.querySelector("[data-total]")

if (list) {
  follow(list.dataset.live, Number(list.dataset.after), {
    live() {},
    signed(item) {
      total.textContent = item.total
      // Shown again after it was hidden or approved, a signature has a newer index.
      for (const shown of list.querySelectorAll("[data-index]")) {
        if (shown.querySelector("[data-number]").textContent === String(item.number)) shown.remove()
      }
      const none = document.querySelector("[data-none]")
      if (none) none.remove()
      list.prepend(row(item))
      while (list.children.length > Number(list.dataset.most)) list.lastElementChild.remove()
    },
    counted(item) { total.textContent = item.total },
    hidden(item) {
      total.textContent = item.total
      const shown = list.querySelector(`[data-index="${item.index}"]`)
      if (shown) shown.remove()
    },
    state: reloadOn,
  })
}

function row(item) {
  const filled = document.getElementById("ledger-row").content.firstElementChild.cloneNode(true)
  filled.dataset.index = item.index
  filled.querySelector("[data-number]").textContent = item.number
  filled.querySelector("[data-company]").append(nameOf(item.company))
  filled.querySelector("[data-representative]").textContent = item.representative
  filled.querySelector("[data-moment]").textContent = moment(item.signed_at)
  return filled
}

/** Day and minute in the meeting's own zone, read off the text: the phone's zone is another. */
function moment(signedAt) {
  const [, month, day, time] = signedAt.match(/^\d+-(\d+)-(\d+)T(\d+:\d+)/)
  if (document.documentElement.lang !== "en") return `${Number(month)}月${Number(day)}日 ${time}`
  const names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ")
  return `${Number(day)} ${names[month - 1]} ${time}`
}
