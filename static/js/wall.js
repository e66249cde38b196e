/**
 * The hall's screen. Events tell it what happens, and `wall.json` how it stands; a screen that has
 * slept, lost its connection or seen its server start anew is led back by the same two.
 */
import { follow } from "./feed.js"
import { code } from "./wall/code.js"
import { matrix } from "./wall/matrix.js"
import { scenes } from "./wall/scenes.js"
import { screen } from "./wall/screen.js"
import { scroll } from "./wall/scroll.js"
import { stage } from "./wall/stage.js"

const ASK_AGAIN = 2000

let wall = begin()
screen()

function begin() {
  const body = document.body
  const { state: address, live, list, after, meeting, revision } = body.dataset
  const total = body.querySelectorAll("[data-total]")
  const offline = body.querySelector("[data-offline]")
  const invited = body.querySelector("[data-invited]")
  const leaves = scroll(body, list)
  const cells = matrix(body, list)
  const shown = scenes(body, cells)
  const scan = code(body)
  const frame = stage(body)
  let asking = null
  let timer = null
  let ended = false

  // The meeting is that of the question: by both the organizers see that this wall is there.
  const query = ["stage", address.split("?")[1]].filter(Boolean).join("&")
  const stream = follow(`${live}?${query}`, Number(after), {
    live(is) { offline.hidden = is; ask() },
    signed(item) {
      frame.signed(item)
      if (meeting) { ask(); leaves.look() } else { count(item.total); leaves.signed(item) }
      cells.signed(item)
    },
    counted(item) { meeting ? ask() : count(item.total) },
    hidden(item) {
      leaves.hidden(item)
      cells.hidden(item)
      shown.hidden(item)
      meeting ? ask() : count(item.total)
    },
    state: ask,
    scene: ask,
  }, { stage: frame.show })
  ask()

  /** One question at a time; what happens meanwhile is answered by one more. */
  function ask() {
    if (ended) return
    if (asking) { asking.again = true; return }
    clearTimeout(timer)
    asking = { again: false }
    fetch(address, { cache: "no-store" }).then(async answer => {
      if (answer.status === 404) return renew()
      if (!answer.ok) throw new Error(answer.status)
      stands(await answer.json())
    }).catch(() => later(ASK_AGAIN)).then(() => {
      const again = asking && asking.again
      asking = null
      if (again) ask()
    })
  }

  function later(pause) {
    clearTimeout(timer)
    if (!ended) timer = setTimeout(ask, pause)
  }

  function stands(state) {
    if (ended) return
    if (state.revision !== revision) { renew(); return }
    body.dataset.status = state.status
    count(state.total)
    if (invited) {
      invited.hidden = !state.invited
      invited.querySelector("b").textContent = state.invited
    }
    shown.show(state)
    scan.show(state.code)
    stream.reached(state.cursor)
    const pause = state.ask * 1000
    later(state.code && state.code.next ? Math.min(pause, state.code.next * 1000 + 60) : pause)
  }

  function count(companies) {
    for (const element of total) {
      element.textContent = companies
      element.dataset.digits = String(companies).length
    }
  }

  /** The text or the meeting has changed: the page anew, without leaving full screen. */
  async function renew() {
    if (ended) return
    ended = true
    try {
      const answer = await fetch(location.href, { cache: "no-store" })
      if (!answer.ok) throw new Error(answer.status)
      const page = new DOMParser().parseFromString(await answer.text(), "text/html")
      end()
      document.title = page.title
      body.replaceWith(document.adoptNode(page.body))
      wall = begin()
    } catch {
      ended = false
      later(ASK_AGAIN)
    }
  }

  function end() {
    clearTimeout(timer)
    stream.end()
    for (const part of [leaves, cells, shown, scan, frame]) part.end()
  }

  return { end }
}
