/**
 * The live feed, while the page is visible.
 *
 * Phones freeze pages: WeChat keeps them without a connection and shows them again much later. So
 * the stream ends whenever the page is hidden and begins again after the last event that was seen.
 * An EventSource that has given up for good is replaced by a new one, and so is one that a sleeping
 * laptop still takes for alive.
 *
 * `handlers` has a function for each kind of event, and `live` for whether there is a connection;
 * `passing` those for events that are not kept and have no cursor.
 */
const LOOK_EVERY = 5000
const LAG = 3000

export function follow(address, after, handlers, passing = {}) {
  let last = after
  let source = null
  let retry = null
  let pause = 1000
  let looked = Date.now()
  let lagging = null
  const withQuery = address + (address.includes("?") ? "&" : "?")

  function open() {
    if (source || document.hidden) return
    source = new EventSource(`${withQuery}after=${last}`)
    source.onopen = () => { pause = 1000; handlers.live(true) }
    source.onerror = () => {
      handlers.live(false)
      if (source && source.readyState === EventSource.CLOSED) {
        close()
        retry = setTimeout(open, pause)
        pause = Math.min(pause * 2, 30000)
      }
    }
    for (const kind of Object.keys(handlers)) {
      if (kind === "live") continue
      source.addEventListener(kind, event => {
        if (Number(event.lastEventId) <= last) return
        last = Number(event.lastEventId)
        handlers[kind](JSON.parse(event.data))
      })
    }
    for (const kind of Object.keys(passing)) {
      source.addEventListener(kind, event => passing[kind](JSON.parse(event.data)))
    }
  }

  function close() {
    clearTimeout(retry)
    if (source) source.close()
    source = null
  }

  function reopen() { close(); open() }
  function turn() { document.hidden ? close() : open() }

  const looking = setInterval(() => {
    if (Date.now() - looked > LOOK_EVERY * 3) reopen()
    looked = Date.now()
  }, LOOK_EVERY)
  document.addEventListener("visibilitychange", turn)
  addEventListener("pagehide", close)
  addEventListener("pageshow", open)
  addEventListener("online", reopen)
  open()

  return {
    /** Somebody else says how far the feed has come: a stream that does not follow is replaced. */
    reached(cursor) {
      clearTimeout(lagging)
      if (cursor > last) lagging = setTimeout(() => { if (cursor > last) reopen() }, LAG)
    },
    end() {
      close()
      clearInterval(looking)
      clearTimeout(lagging)
      document.removeEventListener("visibilitychange", turn)
      removeEventListener("pagehide", close)
      removeEventListener("pageshow", open)
      removeEventListener("online", reopen)
    },
  }
}

/** Reloads when signing was opened or closed, or when the public sees more or less than before. */
export function reloadOn({ status, shows }) {
  const shown = document.querySelector("[data-status]").dataset
  if (status !== shown.status || (shows && "shows" in shown && shows.join(" ") !== shown.shows)) location.reload()
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
