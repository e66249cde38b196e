/**
 * Verifies a receipt here, by docs/register.md: nothing is sent anywhere.
 *
 * `verify(text)` gives what the receipt proves, or throws Refused, whose `reason` is one of the words
 * below; the page has sentences for them. It proves that the receipt is whole under the key that it
 * names: whether that key is the register's, the page knows.
 */
import { verifies } from "./ed25519.js"

export class Refused extends Error {
  constructor(reason) { super(reason); this.reason = reason }
}

const encoder = new TextEncoder()
const FIRST = "c2sp.org/tlog-proof@v1"
/** What an entry of a signing says, and nothing else. */
const ENTRY = {
  at: "string", company: "string", ink: "string", initiative: "string", kind: "string", meeting: "string",
  number: "number", person: "string", text: "object", version: "number", vouched: "string",
}

export async function verify(text) {
  if (!globalThis.crypto?.subtle) throw new Refused("insecure")
  const receipt = read(text)
  const key = await readKey(receipt.key)
  const entry = readEntry(receipt.entry)
  for (const [part, fields] of Object.entries(receipt.fields)) {
    if (part !== "company" && part !== "person") throw new Refused("fields")
    const made = hex(await commitment(fields, unhex(receipt.salts[part] ?? "")))
    if (made !== entry[part]) throw new Refused("fields")
  }
  const proof = readProof(receipt.proof)
  const checkpoint = await openCheckpoint(proof.note, key)
  const leaf = await hash(Uint8Array.of(0), encoder.encode(receipt.entry))
  await checkInclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
  return { entry, fields: receipt.fields, leaf, size: checkpoint.size, index: proof.index, key: receipt.key }
}

function read(text) {
  let receipt
  try { receipt = JSON.parse(text) } catch { throw new Refused("receipt") }
  const texts = [receipt?.entry, receipt?.proof, receipt?.key]
  const parts = [receipt?.fields, receipt?.salts]
  if (!texts.every(value => typeof value === "string") || !parts.every(isObject)
    || !Object.values(receipt.fields).every(isFlat) || !isFlat(receipt.salts)
    || receipt.version !== 1) throw new Refused("receipt")
  return receipt
}

function readEntry(text) {
  let entry
  try { entry = JSON.parse(text) } catch { throw new Refused("entry") }
  if (!isObject(entry) || canonical(entry) !== text) throw new Refused("entry")
  if (entry.version !== 1 || entry.kind !== "signed") throw new Refused("entry")
  const names = Object.keys(ENTRY)
  if (Object.keys(entry).length !== names.length || !names.every(name => typeof entry[name] === ENTRY[name])
    || !Number.isInteger(entry.number) || !isFlat(entry.text)) throw new Refused("entry")
  return entry
}

/** RFC 8785, which is how JSON.stringify writes, with the keys sorted. */
function canonical(value) {
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value).sort().map(name => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${members.join(",")}}`
}

async function commitment(fields, salt) {
  if (salt.length !== 32) throw new Refused("fields")
  const key = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(canonical(fields))))
}

function readProof(text) {
  const end = text.indexOf("\n\n")
  const [first, ...lines] = text.slice(0, Math.max(0, end)).split("\n")
  if (first !== FIRST) throw new Refused("proof")
  if (lines[0]?.startsWith("extra ")) lines.shift()
  const index = /^index (0|[1-9]\d{0,14})$/.exec(lines[0] ?? "")
  if (!index) throw new Refused("proof")
  const hashes = lines.slice(1).map(unbase64)
  if (hashes.some(found => found.length !== 32)) throw new Refused("proof")
  return { index: Number(index[1]), hashes, note: text.slice(end + 2) }
}

async function readKey(text) {
  const [name, id, encoded] = [...text.split("+", 2), text.split("+").slice(2).join("+")]
  const raw = unbase64(encoded)
  if (!name || raw.length !== 33 || raw[0] !== 1) throw new Refused("key")
  const digest = await hash(encoder.encode(name), Uint8Array.of(10), raw)
  if (hex(digest.slice(0, 4)) !== id) throw new Refused("key")
  return { name, id, public: raw.slice(1) }
}

async function openCheckpoint(note, key) {
  const end = note.lastIndexOf("\n\n")
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2).split("\n").slice(0, -1)
  let verified = false
  for (const line of end < 0 ? [] : lines) {
    const [dash, name, encoded] = line.split(" ")
    const raw = unbase64(encoded ?? "")
    if (dash !== "—" || name !== key.name || hex(raw.slice(0, 4)) !== key.id) continue
    let right = false
    try {
      right = await verifies(key.public, raw.slice(4), encoder.encode(text))
    } catch {
      throw new Refused("browser") // too old
    }
    if (!right) throw new Refused("signature")
    verified = true
  }
  if (!verified) throw new Refused("signature")
  const [origin, size, root] = text.split("\n")
  if (origin !== key.name || !/^(0|[1-9]\d{0,14})$/.test(size)) throw new Refused("checkpoint")
  const hash = unbase64(root ?? "")
  if (hash.length !== 32) throw new Refused("checkpoint")
  return { size: Number(size), root: hash }
}

/** RFC 9162, 2.1.3.2. */
async function checkInclusion(leaf, index, size, hashes, root) {
  if (index >= size) throw new Refused("inclusion")
  let place = index, last = size - 1, found = leaf
  const half = () => { place = Math.floor(place / 2); last = Math.floor(last / 2) }
  for (const sibling of hashes) {
    if (last === 0) throw new Refused("inclusion")
    if (place % 2 || place === last) {
      found = await hash(Uint8Array.of(1), sibling, found)
      while (place % 2 === 0 && place) half()
    } else {
      found = await hash(Uint8Array.of(1), found, sibling)
    }
    half()
  }
  if (last || hex(found) !== hex(root)) throw new Refused("inclusion")
}

async function hash(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()))
}

function isObject(value) { return typeof value === "object" && value !== null && !Array.isArray(value) }

function isFlat(part) { return isObject(part) && Object.values(part).every(value => typeof value === "string") }

function hex(bytes) { return [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("") }

function unhex(text) {
  return Uint8Array.from(/^([0-9a-f]{2})*$/.test(text) ? text.match(/../g) ?? [] : [], pair => parseInt(pair, 16))
}

function unbase64(text) {
  try { return Uint8Array.from(atob(text), character => character.charCodeAt(0)) } catch { return new Uint8Array() }
}
