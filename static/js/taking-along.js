/** A receipt on a tablet that many sign on: after a while, or at a tap, the next one's form. */
import { here } from "./here.js"

const link = document.querySelector("[data-next]")
const seconds = document.querySelector("[data-seconds]")
let left = Number(link.dataset.next)

here(link.pathname)

link.addEventListener("click", event => { event.preventDefault(); next() })
addEventListener("pageshow", event => { if (event.persisted) next() })
setInterval(() => {
  left -= 1
  seconds.textContent = Math.max(0, left)
  if (left <= 0) next()
}, 1000)

/** In place of the receipt, so that nobody finds it by going back. */
function next() { location.replace(link.href) }
