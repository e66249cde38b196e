/**
 * The live feed, while the page is visible.
 *
 * Phones freeze pages: WeChat keeps them without a connection and shows them again much later. So
 * the stream ends whenever the page is hidden and begins again after the last event that was seen.
 * An EventSource that has given up for good is replaced by a new one.
 */
export function follow(address, after, handlers) {
  let last = after
  let source = null
  let retry = null
  let pause = 1000

  function open() {
    if (source || document.hidden) return
    source = new EventSource(`${address}?after=${last}`)
    source.onopen = () => { pause = 1000; handlers.live(true) }
    source.onerror = () => {
      handlers.live(false)
      if (source && source.readyState === EventSource.CLOSED) {
        close()
        retry = setTimeout(open, pause)
        pause = Math.min(pause * 2, 30000)
      }
    }
    for (const kind of ["signed", "hidden", "state"]) {
      source.addEventListener(kind, event => {
        if (Number(event.lastEventId) <= last) return
        last = Number(event.lastEventId)
        handlers[kind](JSON.parse(event.data))
      })
    }
  }

  function close() {
    clearTimeout(retry)
    if (source) source.close()
    source = null
  }

  document.addEventListener("visibilitychange", () => document.hidden ? close() : open())
  addEventListener("pagehide", close)
  addEventListener("pageshow", open)
  addEventListener("online", () => { close(); open() })
  open()
}

/** Reloads when signing was opened or closed: the page then says something else. */
export function reloadOn(status) {
  const shown = document.querySelector("[data-status]").dataset.status
  if (status !== shown) location.reload()
}

/**
 * A company's name may break before its legal form, as on the server. Without a lookbehind: Safari
 * before 16.4 would refuse this whole module for one.
 */
export function nameOf(company) {
  const name = document.createDocumentFragment()
  const [, before, form] = company.match(/^(.+?)((?:股份)?有限(?:责任)?公司)$/) || [null, company, ""]
  name.append(before)
  if (form) name.append(document.createElement("wbr"), form)
  return name
}
