/** A tablet says now and then that it is there: the organizers see which are connected. */
const EVERY = 10000

export function here(form) {
  const tell = () => {
    if (!document.hidden) fetch(`${form}/here`, { method: "POST", keepalive: true }).catch(() => {})
  }
  tell()
  setInterval(tell, EVERY)
}
