/**
 * Ed25519 (RFC 8032) by the browser itself; by a vendored implementation in one that is older. Which
 * of them is known before there is anything to verify, so that nothing is fetched by then.
 */
const GENERATOR = new Uint8Array(32).fill(0x66).fill(0x58, 0, 1)

const verifier = found()

/** Whether a key of 32 bytes has signed the message. Throws where that can't be told. */
export async function verifies(key, signature, message) {
  return (await verifier)(key, signature, message)
}

async function found() {
  if (!globalThis.crypto?.subtle) return unable
  try {
    await imported(GENERATOR)
    return native
  } catch {
    return vendored()
  }
}

function imported(key) {
  return crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"])
}

async function native(key, signature, message) {
  return crypto.subtle.verify({ name: "Ed25519" }, await imported(key), signature, message)
}

async function vendored() {
  try {
    const { verifyAsync } = await import("../vendor/noble-ed25519.js")
    return async (key, signature, message) => {
      try {
        return await verifyAsync(signature, message, key, { zip215: false })
      } catch {
        return false // not a signature, or not a key
      }
    }
  } catch {
    return unable
  }
}

async function unable() {
  throw new Error("no Ed25519")
}
