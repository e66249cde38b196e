/**
 * A tablet that many sign on: a form that somebody has left is emptied, unless it is on its way.
 */
const LEFT_ALONE = 90000

export function station(draft) {
  let idle = null
  const anew = () => location.replace(location.pathname)
  const touched = () => {
    clearTimeout(idle)
    idle = setTimeout(() => draft.state.sending ? touched() : anew(), LEFT_ALONE)
  }
  for (const kind of ["input", "pointerdown", "keydown"]) addEventListener(kind, touched)
  // A kept page would show the next one what the last one has entered.
  addEventListener("pageshow", event => { if (event.persisted) anew() })
  touched()
  import("../here.js").then(({ here }) => here(location.pathname))
}
