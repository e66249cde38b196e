/**
 * Looks now and then whether signing has started, and only then loads the page anew: whoever reads
 * the text meanwhile keeps their place.
 */
const EVERY = 30000

setInterval(async () => {
  if (document.hidden) return
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" })
    if (answer.ok || answer.status === 410) location.reload()
  } catch {
    // Out of reach for a moment: the next look will tell.
  }
}, EVERY)
