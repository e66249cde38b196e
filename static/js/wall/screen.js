/** What a screen is besides a page: it stays awake, fills the screen on a click, shows no pointer. */
const STILL = 3000

export function screen() {
  let hiding = null

  async function stayAwake() {
    if (!navigator.wakeLock || document.hidden) return
    try {
      await navigator.wakeLock.request("screen")
    } catch {
      // Refused, as when the battery is low: the screen may then go dark as it is set to.
    }
  }

  function moved() {
    document.documentElement.classList.remove("is-still")
    clearTimeout(hiding)
    hiding = setTimeout(() => document.documentElement.classList.add("is-still"), STILL)
  }

  document.addEventListener("visibilitychange", stayAwake)
  document.addEventListener("mousemove", moved)
  document.addEventListener("click", event => {
    if (event.target.closest("a, button")) return
    stayAwake()
    const page = document.documentElement
    if (document.fullscreenElement) document.exitFullscreen()
    else if (page.requestFullscreen) page.requestFullscreen().catch(() => {})
  })
  stayAwake()
  moved()
}
