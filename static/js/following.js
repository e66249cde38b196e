/** Exports that are being made: the server renders their list anew until all of them are done. */
const EVERY = 1500

let part = document.querySelector("[data-following]")

async function follow() {
  if (part.dataset.following !== "yes") return
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" })
    if (answer.redirected) return
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"))
  } catch {
    // Out of reach for a moment: the next turn tries again.
  }
  setTimeout(follow, EVERY)
}

function show(page) {
  const fresh = page.querySelector("[data-following]")
  // Whoever is about to press something there is not disturbed, unless it is all over.
  const held = part.contains(document.activeElement)
  if (!fresh || fresh.outerHTML === part.outerHTML || (held && fresh.dataset.following === "yes")) return
  part.replaceWith(fresh)
  part = fresh
}

setTimeout(follow, EVERY)
